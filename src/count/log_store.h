/* The vote log as a worker's derived store. */
#ifndef VT_COUNT_LOG_STORE_H
#define VT_COUNT_LOG_STORE_H

#include "count/worker.h"
#include "mongo/mongo_url.h"

typedef struct vt_log_store_options {
    const vt_mongo_url *url; /* copied */
    vt_id ledger_id;
    uint32_t timeout_ms; /* 10..60,000, for each answer */
} vt_log_store_options;

/* Waits for no server; the first load makes the indexes. A log knows no verdicts: readable records are reported as
 * NONE, unreadable ones, which are left out, as BAD. The caller owns *out (out->kind->close). On error `reason` says
 * why: VT_ERR_BAD_CONFIG, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_log_store_open(const vt_log_store_options *options, vt_derived **out,
                                       char reason[VT_MONGO_REASON_MAX]);

#endif
