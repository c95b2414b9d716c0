/* The recount of one partition of a Kafka ledger, from nothing but its records: the verdict of each, and the sums.
 *
 * It reads the partition two or three times. First it parts the records by identity (spill.h) and decides part by part
 * who was first, who repeated and who contradicted; then, where votes are limited, it parts the first ones by voter and
 * decides who had votes left; last it sums up, in the order of the log, what was counted. Memory is bounded by a part,
 * not by the partition; at most 113 bytes a record lie in temporary files meanwhile.
 */
#ifndef VT_COUNT_PARTITION_RECOUNT_H
#define VT_COUNT_PARTITION_RECOUNT_H

#include "count/patience.h"
#include "count/sums.h"
#include "count/verdict_map.h"
#include "count/voter_counts.h"
#include "ledger/ledger.h"

enum { VT_RECOUNT_PAGE_RECORDS = 1000 };

/* What the recount found of one identity or voter, for a comparison with a store. */
typedef struct vt_recounted_id {
    vt_id id;           /* first, as in vt_voter_count */
    vt_id fingerprint;  /* of its first record */
    int64_t offset;     /* of its first record */
    vt_verdict verdict; /* COUNTED or QUOTA: of its first record */
} vt_recounted_id;

/* Told what a part came to: at most VT_RECOUNT_PAGE_RECORDS entries a call, in no order. An error ends the recount. */
typedef struct vt_recount_listener {
    void *context;
    vt_err (*ids)(void *context, const vt_recounted_id *ids, size_t count);
    vt_err (*voters)(void *context, const vt_voter_count *voters, size_t count);
} vt_recount_listener;

typedef struct vt_partition_recount {
    uint64_t records;
    uint64_t verdicts[VT_VERDICT_COUNT];
    uint64_t ids;            /* distinct identities, anonymous records left out */
    uint64_t voters;         /* distinct voters with a counted vote */
    uint64_t misplaced;      /* of the bad ones, those with an id that belongs to another partition */
    int64_t first_misplaced; /* the first one's offset, when there is one */
    uint64_t gaps;           /* offsets without a record: markers of transactions */
    vt_position last;        /* the last record, and its mark; when there is one */
    vt_id mark;
    vt_sums *sums;             /* of what was counted */
    vt_verdict_map verdict_of; /* each record */
} vt_partition_recount;

/* Called after each page with the records that it had, and with 0 in between. Each record is read
 * vt_partition_recount_readings times. False: nobody waits any more, which is VT_ERR_GONE. */
typedef bool vt_recount_progress(void *context, uint64_t records);

typedef struct vt_partition_input {
    vt_ledger *ledger; /* borrowed, as all that is pointed at */
    int32_t partition;
    int64_t first;                       /* the first offset */
    int64_t end;                         /* behind the last */
    uint32_t votes_per_voter;            /* 0: no limit */
    const vt_recount_listener *listener; /* or NULL */
    vt_recount_progress *progress;       /* or NULL */
    void *progress_context;
    vt_patience *patience; /* for the ledger; NULL: none */
} vt_partition_input;

/* How often each record is read: 2, or 3 where votes are limited. */
uint32_t vt_partition_recount_readings(uint32_t votes_per_voter);

/* Recounts. The caller releases *out, also after an error. Errors of vt_ledger_read, VT_ERR_NO_MEMORY, VT_ERR_SYSTEM,
 * VT_ERR_IO and VT_ERR_FULL (temporary files), those of the listener. */
VT_MUST_CHECK vt_err vt_partition_recount_run(const vt_partition_input *input, vt_partition_recount *out);
void vt_partition_recount_release(vt_partition_recount *out); /* accepts a zeroed one */

#endif
