/* What the tests of the fence share: a log of one partition, what vt_fold says of it, and the comparison with Redis. */
#ifndef VT_TESTS_FENCE_KIT_H
#define VT_TESTS_FENCE_KIT_H

#include "server_kit.h"
#include "tally/tally_fence.h"

enum { FENCE_LOG_PARTITION = 3, FENCE_LOG_FIRST = 7 };

/* How a log is made. */
typedef struct fence_log_recipe {
    size_t rows;
    uint32_t bands;           /* different pairs */
    uint32_t ids;             /* different identities: fewer than rows makes duplicates and conflicts */
    uint32_t voters;          /* 0: nobody has a voter */
    uint32_t votes_per_voter; /* 0: no limit */
    unsigned bad_percent;
    unsigned anonymous_percent;
    bool has_gaps; /* offsets without a record */
} fence_log_recipe;

typedef struct fence_log {
    fence_log_recipe recipe;
    vt_id ledger_id;
    vt_ledger_row *rows;
    vt_verdict *verdicts; /* by vt_fold */
    uint64_t random;
} fence_log;

/* Makes a log by a seed and folds it by vt_fold. */
void fence_log_make(fence_log *log, const fence_log_recipe *recipe, uint64_t seed);
void fence_log_release(fence_log *log);
/* 0..below-1 */
uint32_t fence_log_random(fence_log *log, uint32_t below);
/* The first row at or behind an offset. */
size_t fence_log_row_at(const fence_log *log, int64_t offset);
/* The verdicts of rows begin..end-1. */
void fence_log_sum(const fence_log *log, size_t begin, size_t end, uint64_t verdicts[VT_VERDICT_COUNT]);

vt_fence *fence_kit_open(vt_redis *redis, const fence_log *log, vt_fence_place place);
/* Loads, waiting while Redis is away, and returns the row where the fence stands. */
size_t fence_kit_load(vt_fence *fence, const fence_log *log);
/* Applies rows begin..end-1, which must succeed and give what vt_fold gave. */
void fence_kit_apply(vt_fence *fence, const fence_log *log, size_t begin, size_t end);
/* Folds from the row where the fence stands up to the end, in random batches. */
void fence_kit_finish(vt_fence *fence, fence_log *log);

/* Every field of the hash is what vt_fold makes of the first `rows` rows, and there is no other. */
void fence_kit_compare(vt_redis *redis, const fence_log *log, vt_fence_place place, size_t rows);

#endif
