/* The producers' side: takes votes over HTTP and gRPC, hands them to the ledger, answers when they are durable. */
#ifndef VT_INGEST_INGEST_H
#define VT_INGEST_INGEST_H

#include "ingest/accept.h"
#include "net/router.h"
#include "obs/metrics.h"
#include "vote/core.h"

typedef struct vt_ingest vt_ingest;

typedef struct vt_ingest_options {
    vt_ledger *ledger;
    vt_accept_rules rules;
    vt_metrics *metrics;
    uint32_t loops;     /* of the server that will serve the routes */
    uint32_t items_max; /* votes in flight on one loop */
    /* For each loop: who reads votes, and who reads those of the paths that ask for the sandbox. NULL: natively. */
    vt_core *const *cores;
    vt_core *const *sandboxes;
} vt_ingest_options;

/* Everything that the options point to must outlive the ingest. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM.
 */
VT_MUST_CHECK vt_err vt_ingest_open(const vt_ingest_options *options, vt_ingest **out);

/* The ledger must have answered everything, and no loop may serve the routes any more. Accepts NULL. */
void vt_ingest_close(vt_ingest *ingest);

/* POST /v1/votes and all paths of earlier clients; VoteService/Cast, VoteService/CastBatch, getInfo/returnInfo.
 * Borrowed from the ingest. */
vt_route_table vt_ingest_routes(vt_ingest *ingest);

#endif
