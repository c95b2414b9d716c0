/* What operators ask a running process: is it alive, is it ready, what does it do. Routes; it serves nothing itself.
 *
 *   GET /livez             200 as long as the process answers at all
 *   GET /readyz, /healthz  200 when every condition of the health holds, else 503; both with what is missing
 *   GET /metrics           Prometheus text
 *   GET /status            one JSON object: version, role, uptime, readiness, stores, contest, configuration
 *
 * The first three are for both listeners, the others for the admin listener only, behind the token if there is one.
 */
#ifndef VT_ADMIN_ADMIN_H
#define VT_ADMIN_ADMIN_H

#include "net/router.h"
#include "obs/health.h"
#include "obs/metrics.h"

enum { VT_ADMIN_CONTEST_NAME_MAX = 256 };

/* What /status says besides. Texts are static; those that are NULL are left out. */
typedef struct vt_admin_state {
    const char *role;                            /* "run", "ingest", … */
    const char *ledger;                          /* its kind: "sqlite", "null", "kafka" */
    const char *tally;                           /* its kind: "sqlite", "redis" */
    const char *log;                             /* its kind: "sqlite", "mongodb" */
    uint64_t queue_depth;                        /* votes that wait for the ledger */
    int32_t partitions;                          /* of the ledger; 0: it has none */
    char contest[VT_ADMIN_CONTEST_NAME_MAX + 1]; /* its title; empty when there is none */
    uint64_t contest_version;
} vt_admin_state;

/* Everything is borrowed and must outlive the vt_admin. */
typedef struct vt_admin_options {
    vt_metrics *metrics;
    vt_health *health;
    const char *token;                                 /* NULL or empty: none is asked for */
    const char *configuration;                         /* a JSON object without secrets */
    void (*state)(void *context, vt_admin_state *out); /* fills *out, which is zeroed; called on the admin's loop */
    void *context;
} vt_admin_options;

typedef struct vt_admin vt_admin;

/* The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_admin_open(const vt_admin_options *options, vt_admin **out);

/* /metrics and /status. Borrowed from the object. */
vt_route_table vt_admin_routes(vt_admin *admin);

/* /livez, /readyz and /healthz. Borrowed from the object. */
vt_route_table vt_admin_health_routes(vt_admin *admin);

/* Frees it, once no loop can call it any more. Accepts NULL. */
void vt_admin_close(vt_admin *admin);

#endif
