/* The ledger in SQLite: one thread commits groups of votes.
 *
 * There is no timer: a group is what queued up while the one before was committed. Per group: one transaction with the
 * votes and the fold, one fsync, then one answer for each sink. So a single vote waits for one fsync, and under load
 * thousands share it.
 *
 * When something fails:
 *   disk full, or another program holds the file
 *             the group is taken back and answered VT_ERR_RETRY (VT_ERR_UNKNOWN if it may be in the log), all that
 *             arrives VT_ERR_RETRY, until an attempt, one each second, succeeds; the condition "ledger" says why
 *             (a store that could not be settled at its start is such a failure: not even a repeated vote is answered)
 *   anything else
 *             the group is answered VT_ERR_RETRY, or VT_ERR_UNKNOWN when the commit itself failed; nothing is
 *             acknowledged any more, and on_fatal is called. A failed fsync is never tried again: the kernel may have
 *             dropped what it could not write and report success the next time.
 */
#ifndef VT_LEDGER_LEDGER_SQLITE_H
#define VT_LEDGER_LEDGER_SQLITE_H

#include "ledger/ledger.h"
#include "obs/health.h"
#include "obs/metrics.h"
#include "sqlite/store.h"

enum {
    VT_LEDGER_QUEUE_RECORDS_MAX = 16384, /* the usual queue_records_max */
    VT_LEDGER_GROUP_RECORDS_MAX = 5000,  /* the usual group_records_max */
};

/* Called once, on the ledger's thread, when every vote that was taken has its answer. `reason` lives until the ledger
 * is closed, which must not happen in here. */
typedef void vt_ledger_fatal(void *context, vt_err err, const char *reason);

typedef struct vt_ledger_sqlite_options {
    size_t queue_records_max; /* votes that may wait; >= 1 */
    size_t group_records_max; /* votes in a transaction; >= 1 */
    vt_metrics *metrics;      /* borrowed */
    vt_health *health;        /* borrowed; the condition "ledger" */
    vt_ledger_fatal *on_fatal;
    void *context; /* of on_fatal */
} vt_ledger_sqlite_options;

/* Opens the ledger in a store that was opened with VT_STORE_SERVE and that it borrows. The caller owns *out; its
 * vt_ledger_close also empties the write-ahead log. Errors of vt_sql_err, VT_ERR_SYSTEM (no thread). */
VT_MUST_CHECK vt_err vt_ledger_sqlite_open(vt_store *store, const vt_ledger_sqlite_options *options, vt_ledger **out);

#endif
