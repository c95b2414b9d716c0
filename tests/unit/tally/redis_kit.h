/* What the tests of the tally in Redis share: a key of their own on the server that REDIS names, and fences to fold
 * votes with. */
#ifndef VT_TESTS_TALLY_REDIS_KIT_H
#define VT_TESTS_TALLY_REDIS_KIT_H

#include "kit.h"
#include "server_kit.h"

#include "tally/tally_fence.h"

enum { REDIS_KIT_PARTITIONS_MAX = 8 };

typedef struct redis_kit {
    vt_redis_url url; /* its key is random */
    vt_redis *redis;
    redisContext *raw; /* for what only a test does */
    vt_id ledger_id;
    int32_t partitions;
    vt_fence *fences[REDIS_KIT_PARTITIONS_MAX];
    int64_t next[REDIS_KIT_PARTITIONS_MAX];
} redis_kit;

/* Whether REDIS names a server. */
bool redis_kit_has_server(void);
/* For main() without one: a group with one test, skipped, that says why. */
int redis_kit_skip(const char *group);

/* Connects; no hash is made. */
void redis_kit_init(redis_kit *self, int32_t partitions);
/* Makes the hash of every partition, at offset `first`. */
void redis_kit_begin(redis_kit *self, int64_t first);
/* Deletes all keys that begin with the kit's, or with the kit's in braces. */
void redis_kit_release(redis_kit *self);

/* Folds votes, in order, each in the partition that its id chooses; positions are set. */
void redis_kit_append(redis_kit *self, vt_append *items, size_t count);
/* Folds one row at the partition's next offset; `row->position` is set. */
void redis_kit_fold(redis_kit *self, int32_t partition, vt_ledger_row *row);

/* One command, as redisCommand takes it; fails the test when Redis refuses it. The caller owns the reply. */
redisReply *redis_kit_command(redis_kit *self, const char *format, ...);
/* The same, when the reply does not matter. */
void redis_kit_run(redis_kit *self, const char *format, ...);

#endif
