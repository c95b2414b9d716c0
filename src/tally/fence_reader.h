/* Reads a tally in Redis: all partitions at one instant. One thread at a time.
 *
 * One transaction asks for the state of every partition and for as many sums as it had last time and a few more. Only
 * when a partition turns out to have even more pairs it is asked again, at last for as many as there may be, so that
 * the number of tries is bounded and none ends between two instants. Hashes that hold identities are never read whole.
 */
#ifndef VT_TALLY_FENCE_READER_H
#define VT_TALLY_FENCE_READER_H

#include "redis/redis_client.h"
#include "tally/fence_state.h"
#include "vote/positions.h"

typedef struct vt_fence_reader vt_fence_reader;

/* For a ledger of `partitions` (1..VT_PARTITIONS_MAX). Asks nothing yet. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_fence_reader_open(const vt_id *ledger_id, int32_t partitions, vt_fence_reader **out);
void vt_fence_reader_close(vt_fence_reader *reader); /* accepts NULL */

/* The sums of one (name, album) over all partitions. */
typedef struct vt_fence_pair {
    vt_slice name;
    vt_slice album;
    vt_slice year; /* the first one that is not empty, in the order of partitions */
    uint64_t votes;
    uint64_t points;
    int32_t partition; /* the first one that has it */
} vt_fence_pair;

/* Borrows from the reader until its next call. */
typedef struct vt_fence_instant {
    vt_positions positions; /* of each partition the next offset minus 1, also where the fold began behind 0 */
    uint64_t generation;    /* made of all hashes' `born`: another one once any of them was put in another's place */
    uint64_t verdicts[VT_VERDICT_COUNT];
    const vt_fence_pair *pairs; /* sorted by name, then album (bytes) */
    uint32_t pairs_count;
} vt_fence_instant;

/* Reads everything. VT_ERR_NOT_FOUND when a partition has no hash, VT_ERR_OTHER_LEDGER, VT_ERR_CORRUPT (also when the
 * votes of a partition's pairs are not as many as were counted), VT_ERR_NO_MEMORY; errors of vt_redis_call. */
VT_MUST_CHECK vt_err vt_fence_reader_read(vt_fence_reader *reader, vt_redis *redis, vt_fence_instant *out);

/* Only positions and generation, in one flight; each partition's at an instant of its own. Errors as
 * vt_fence_reader_read. */
VT_MUST_CHECK vt_err vt_fence_reader_positions(vt_fence_reader *reader, vt_redis *redis, vt_positions *out,
                                               uint64_t *generation);

#endif
