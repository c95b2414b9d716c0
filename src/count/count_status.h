/* What the workers of one store in this process tell operators: metrics, lags, and what keeps them from working.
 *
 * One for each store, shared by its workers: a series or a condition of health belongs to the process, not to a thread.
 */
#ifndef VT_COUNT_COUNT_STATUS_H
#define VT_COUNT_COUNT_STATUS_H

#include "obs/health.h"
#include "obs/metrics.h"
#include "vote/positions.h"

enum { VT_COUNT_WORKERS_MAX = 64 };

typedef struct vt_count_status vt_count_status;

/* Registers the metrics, each at 0, for the store `name` ("tally", "log": static text). Borrows both; to be closed when
 * neither is rendered any more. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_count_status_open(const char *name, vt_metrics *metrics, vt_health *health,
                                          vt_count_status **out);
void vt_count_status_close(vt_count_status *status); /* accepts NULL */

/* What a worker may wait for: conditions of health. */
typedef enum vt_count_need {
    VT_COUNT_NEEDS_GROUP,   /* condition "kafka": a member of the group, with brokers that answer */
    VT_COUNT_NEEDS_STORE,   /* condition "tally" or "log" */
    VT_COUNT_NEEDS_LETTERS, /* condition "dead_letters" */
    VT_COUNT_NEEDS,
} vt_count_need;

/* A worker's own place in it, 0..VT_COUNT_WORKERS_MAX-1; VT_ERR_FULL. Its conditions hold until it says otherwise. */
VT_MUST_CHECK vt_err vt_count_status_join(vt_count_status *status, size_t *place);

/* What is missing does not matter any more. */
void vt_count_status_leave(vt_count_status *status, size_t place);

/* Says why the worker at `place` has to wait (copied, cut to VT_HEALTH_REASON_MAX), or NULL: it has what it needs. The
 * condition holds when that is so for all workers. */
void vt_count_status_set(vt_count_status *status, size_t place, vt_count_need need, const char *reason);

/* How far a partition is behind the end of the ledger; -1: not known, or none of our workers has it. */
void vt_count_status_lag(vt_count_status *status, int32_t partition, int64_t lag);

/* A batch was applied: what it came to, its records, and how long the store took. */
void vt_count_status_applied(vt_count_status *status, const uint64_t verdicts[VT_VERDICT_COUNT], size_t records,
                             double seconds);

/* The store answered an error to loading or applying: VT_ERR_MOVED counts as a refusal of the fence. */
void vt_count_status_failed(vt_count_status *status, vt_err err);

void vt_count_status_letters(vt_count_status *status, uint64_t count);
void vt_count_status_rebalanced(vt_count_status *status, uint64_t count);

#endif
