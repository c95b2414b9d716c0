/* Compares the hash of one partition in Redis with a recount of the ledger (tally/tally_fence.h describes the hash). */
#ifndef VT_COUNT_VERIFY_TALLY_H
#define VT_COUNT_VERIFY_TALLY_H

#include "count/difference.h"
#include "count/partition_recount.h"
#include "redis/redis_client.h"
#include "tally/fence_state.h"

/* What a partition's hash said at one instant, its ids and voters excepted. */
typedef struct vt_tally_pin {
    bool exists;
    int64_t next; /* the next offset: the recount goes up to here */
    bool has_mark;
    vt_id mark; /* of the record before `next` */
    uint64_t verdicts[VT_VERDICT_COUNT];
    int64_t fields;          /* how many the hash had */
    int64_t fields_of_state; /* how many of these were neither ids nor voters */
    uint32_t pairs_count;
    vt_fence_name *pairs; /* borrow from `reply` */
    vt_fence_sums *sums;  /* votes of -1: they cannot be read */
    void *reply;
} vt_tally_pin;

/* Reads the pin. A hash that is not there is VT_OK with exists false. VT_ERR_OTHER_LEDGER, VT_ERR_CORRUPT (its state or
 * its names are damaged, or the key holds something else), VT_ERR_BUSY also when it moves all the time, errors of
 * vt_redis_call, VT_ERR_NO_MEMORY. Release it also after an error. */
VT_MUST_CHECK vt_err vt_tally_pin_read(vt_redis *redis, const vt_id *ledger_id, int32_t partition, vt_tally_pin *out);
void vt_tally_pin_release(vt_tally_pin *pin); /* accepts a zeroed one */

/* Compares ids and voters while the recount tells them: a listener's context. Zeroed but for the first ones. */
typedef struct vt_tally_check {
    vt_redis *redis;
    int32_t partition;
    const vt_tally_pin *pin;
    uint32_t votes_per_voter;
    vt_differences *found;
    vt_patience *patience; /* for Redis; NULL: none */
    uint64_t missing;      /* ids and voters of the ledger that the hash does not have */
} vt_tally_check;

/* The listener's functions; context is a vt_tally_check. A live hash may have counted a voter further since the pin,
 * but never fewer times. VT_ERR_MOVED when the hash went back behind the pin or was emptied meanwhile; errors of
 * vt_redis_call, VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_tally_check_ids(void *context, const vt_recounted_id *ids, size_t count);
VT_MUST_CHECK vt_err vt_tally_check_voters(void *context, const vt_voter_count *voters, size_t count);

/* Compares verdicts, sums, the mark and the number of fields with the whole recount, whose sums are used up. */
void vt_tally_check_sums(const vt_tally_check *check, vt_partition_recount *recount);

#endif
