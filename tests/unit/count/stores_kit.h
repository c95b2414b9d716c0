/* A Kafka ledger with both of its stores, for the tests of what works on all three. */
#ifndef VT_TESTS_COUNT_STORES_KIT_H
#define VT_TESTS_COUNT_STORES_KIT_H

#include "log_kit.h"
#include "server_kit.h"
#include "topic_kit.h"

#include "count/verify_topic.h"
#include "tally/tally_fence.h"

enum { STORES_KIT_PARTITIONS = 2 };

typedef struct stores_kit {
    topic_kit topic;
    vt_ledger *ledger; /* without a contest: its id is a candidate, which stays */
    vt_redis_url url;
    vt_redis *redis;
    log_kit log; /* its writer is of another ledger in the same collection */
    vt_log_writer *writer;
    vt_letter_reader *letters; /* NULL: letters are not verified */
    vt_topic_report report;    /* of the last stores_kit_verify */
} stores_kit;

/* Makes an empty topic and names for empty stores; skips the test when one of the three servers is missing. The caller
 * owns the result. */
stores_kit *stores_kit_open(void);
void stores_kit_close(stores_kit *self); /* accepts NULL */

/* Appends votes number first..first+count-1, which stand for identity and content. */
void stores_kit_vote(stores_kit *self, int32_t partition, uint64_t first, size_t count);

/* The same in the wrong partition: the votes that the next one would have under these numbers. */
void stores_kit_misplace(stores_kit *self, int32_t partition, uint64_t first, size_t count);

/* A live fence of a counter's own. */
vt_fence *stores_kit_fence(const stores_kit *self, vt_redis *redis, int32_t partition);
/* Counts up to the end of the log, as a counter does. */
void stores_kit_count(stores_kit *self, vt_fence *fence, int32_t partition);
/* Both stores, all partitions, up to the end of the log. */
void stores_kit_derive(stores_kit *self);

/* Writes letters of `count` records from `offset` on; from the first call on they are verified, too. */
void stores_kit_write_letters(stores_kit *self, int32_t partition, int64_t offset, size_t count);

/* Verifies both stores, which must be possible. */
void stores_kit_verify(stores_kit *self);
void stores_kit_assert_agrees(stores_kit *self);
/* Whether the last verification found a difference with this text. */
bool stores_kit_found(const stores_kit *self, const char *text);

/* Sets a field of a partition's live hash, as somebody with a shell might. */
void stores_kit_set(stores_kit *self, int32_t partition, const char *field, const char *value);

#endif
