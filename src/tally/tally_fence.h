/* The fence: the writing side of the tally in Redis, one for each partition.
 *
 * One hash for each partition holds all that must move together. Its fields:
 *
 *   ledger   16 bytes     the ledger's id
 *   off      decimal      the next offset
 *   last     16 bytes     mark of the record before `off`; absent when off is where the fold began
 *   born     16 bytes     random, made with the hash: one that was rebuilt is another one, wherever it stands
 *   n        decimal      records folded, and of these: dup, conflict, quota, bad
 *   names    bytes        the pairs: for each u8 name length, u8 album length, u8 year length, then the three texts;
 *                         `year` is that of the pair's first counted vote
 *   b:<i>    "votes points"  of the i-th pair of `names`
 *   i<id>    verdict byte, 16 bytes fingerprint, the record's offset (big-endian without leading zero bytes)
 *   q<voter> decimal      how often the voter was counted
 *
 * A batch is folded here, in C, by what the hash says (only the ids and voters of the batch are read; sums and names
 * are kept in memory, at most VT_FOLD_PAIRS_MAX + 1 pairs). Then one function call in Redis compares (ledger, off,
 * born) with what was believed and, if they agree, writes all new values, absolute ones, by one HSET: the only write
 * command, so that a torn append-only file cannot hold half of a batch. Else nothing is written and the answer is
 * VT_ERR_MOVED. */
#ifndef VT_TALLY_TALLY_FENCE_H
#define VT_TALLY_TALLY_FENCE_H

#include "ledger/ledger.h"
#include "redis/redis_client.h"
#include "vote/fold.h"

enum { VT_FENCE_RECORDS_MAX = 1000 }; /* of one call: at most 3 fields each, and Lua's unpack takes 3,999 pairs */

typedef struct vt_fence vt_fence;

typedef enum vt_fence_place {
    VT_FENCE_LIVE,   /* what everybody reads */
    VT_FENCE_SHADOW, /* a rebuild on its way */
} vt_fence_place;

typedef struct vt_fence_options {
    vt_redis *redis; /* borrowed, shared by all fences of one thread */
    vt_fence_place place;
    int32_t partition;
    vt_id ledger_id;
    uint32_t votes_per_voter; /* 0: no limit */
} vt_fence_options;

/* Asks nothing yet. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM (no entropy). */
VT_MUST_CHECK vt_err vt_fence_open(const vt_fence_options *options, vt_fence **out);
void vt_fence_close(vt_fence *fence); /* accepts NULL */

/* Where the partition's fold stands. */
typedef struct vt_fence_state {
    bool exists;
    int64_t next;  /* the next offset */
    bool has_mark; /* `mark` is that of the record before `next` */
    vt_id mark;
} vt_fence_state;

/* Why the last call failed, one line; lives until the next call. */
const char *vt_fence_reason(const vt_fence *fence);

/* Reads the state afresh; the next vt_fence_apply goes on from there. VT_ERR_OTHER_LEDGER when the hash is another
 * ledger's, VT_ERR_CORRUPT when it is damaged, and those of vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_load(vt_fence *fence, vt_fence_state *out);

/* Makes the hash, empty, at offset `next`; vt_fence_apply goes on from there. VT_ERR_MOVED when it exists;
 * VT_ERR_SYSTEM (no entropy), those of vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_create(vt_fence *fence, int64_t next);

/* Whether what is known of the hash, by the last load, create or apply, is that its next offset is `next`. */
bool vt_fence_stands_at(const vt_fence *fence, int64_t next);

/* What a batch came to. */
typedef struct vt_fence_outcome {
    uint64_t verdicts[VT_VERDICT_COUNT];
    int64_t next;
} vt_fence_outcome;

/* Folds `count` (1..VT_FENCE_RECORDS_MAX) rows of this partition, the first at or behind the state's `next`, in order.
 * VT_ERR_MOVED: another position stands in Redis than the state that was loaded; nothing was written: load and seek.
 * VT_ERR_BUSY: whether it was written is not known: load. VT_ERR_FULL: Redis has no memory for it; nothing was written.
 * Other errors of vt_redis_call; VT_ERR_CORRUPT, also when a number would go beyond 2^53 - 1. After any error
 * vt_fence_load comes next: until then everything is VT_ERR_MOVED. */
VT_MUST_CHECK vt_err vt_fence_apply(vt_fence *fence, const vt_ledger_row *rows, size_t count, vt_fence_outcome *out);

/* Puts the shadow in the live place. With `replaces` a live hash is unlinked first (`votaton rebuild`), and so is what
 * is known of the published views, which follow the new one wherever it stands; else one that exists is VT_ERR_MOVED.
 * VT_ERR_NOT_FOUND without a shadow. Those of vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_swap(vt_redis *redis, int32_t partition, bool replaces);

/* Which making of the hash this fence has created or loaded last; without meaning before. */
vt_id vt_fence_born(const vt_fence *fence);

/* Whether the live hash is this making: tells a shadow that went live from one that was thrown away. False without a
 * live hash. VT_ERR_CORRUPT, those of vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_is_live(vt_redis *redis, int32_t partition, const vt_id *born, bool *out);

/* Throws a shadow away. */
VT_MUST_CHECK vt_err vt_fence_drop_shadow(vt_redis *redis, int32_t partition);

/* Whether Redis is fit to hold a tally: maxmemory-policy noeviction (VT_ERR_BAD_CONFIG otherwise, `reason` says so); a
 * Redis that forbids INFO is taken as it is. *is_durable tells whether the append-only file is on. Those of
 * vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_check_redis(vt_redis *redis, bool *is_durable, char reason[VT_REDIS_REASON_MAX]);

/* Copies the newest version of the contest into the tally, so that readers need no ledger: {key}:contest, with the
 * version; an older version never replaces a newer one. VT_ERR_OTHER_LEDGER. */
VT_MUST_CHECK vt_err vt_fence_put_contest(vt_redis *redis, const vt_id *ledger_id, uint32_t version, vt_slice json);

#endif
