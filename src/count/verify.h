/* The recount: reads the whole ledger in SQLite again and compares it with all that was derived from it.
 *
 * It pins the position of the tally first and counts up to there, in short reads, so it works beside a server that goes
 * on counting. It shares no code with the counting but the readers of vote/. Memory does not grow with the ledger.
 *
 * It finds: positions that are missing; records that were changed, inserted or removed later (link.h); texts that no
 * vote can have; fingerprints that are not those of the texts; ids that the index does not lead to; voters with too
 * many votes; bands that the log would not find; sums, or the position of the tally, that differ; versions of the
 * contest that are missing or were changed.
 */
#ifndef VT_COUNT_VERIFY_H
#define VT_COUNT_VERIFY_H

#include "count/difference.h"
#include "sqlite/store.h"
#include "vote/record.h"

typedef struct vt_verify_report {
    int64_t position;   /* pinned: where the tally stands */
    int64_t ledger_end; /* pinned: the last record of the ledger at that moment; the recount went up to here */
    uint64_t records;   /* found in the ledger */
    uint64_t votes;     /* counted up to `position` */
    uint64_t points;    /* of these */
    uint32_t pairs;     /* distinct band and album of these */
    vt_differences found;
} vt_verify_report;

/* Told after each page how far the recount is. */
typedef void vt_verify_progress(void *context, int64_t position, int64_t ledger_end);

/* Recounts. `store` is opened in either mode; `votes_per_voter` is the contest's limit, 0 for none; `progress` may be
 * NULL. VT_OK: the recount is complete, see report->found. Otherwise it could not be made: VT_ERR_NO_MEMORY,
 * errors of vt_sql_err; VT_ERR_CORRUPT for a file that cannot be read, the report then names where. */
VT_MUST_CHECK vt_err vt_verify(const vt_store *store, uint32_t votes_per_voter, vt_verify_progress *progress,
                               void *context, vt_verify_report *report);

#endif
