/* The life of a serving role: what `run`, `ingest`, `count`, `archive` and `web` share, in the right order.
 *
 * A role that depends on servers which may be away waits for them: its listeners are up meanwhile, alive and not ready,
 * and say what is missing. Then it opens the rest, serves until a signal comes or it cannot go on, drains and closes.
 */
#ifndef VT_CMD_SERVICE_H
#define VT_CMD_SERVICE_H

#include "cmd/listeners.h"
#include "vote/contest.h"

#include <stdatomic.h>

enum { VT_SERVICE_REASON_MAX = 640 };

/* What a role may use from connect or open on. Borrowed. */
typedef struct vt_service {
    const vt_config *config;
    vt_metrics *metrics;
    vt_health *health;
    atomic_bool is_broken;
} vt_service;

/* What a role does itself. All calls come from one thread, but `state`. On an error `reason` says in one line what is
 * wrong. */
typedef struct vt_role {
    const char *listen;               /* of the public listener; NULL: none */
    const char *const *grpc_services; /* that it serves there */
    uint32_t grpc_services_count;
    const char *needs; /* what connect asks first: "kafka"; static text */
    /* Opens what other servers are needed for. A retryable error means that one of them is away: it is called again
     * after a pause and goes on where it stopped. NULL: the role needs no other server. */
    vt_err (*connect)(void *self, vt_service *service, char reason[VT_SERVICE_REASON_MAX]);
    /* Opens the rest, once. VT_ERR_GONE: a signal came. */
    vt_err (*open)(void *self, vt_service *service, char reason[VT_SERVICE_REASON_MAX]);
    /* What is answered at the public listener besides health until the role's routes are there; NULL: nothing. */
    vt_route_table (*waiting)(void);
    /* The role's routes; returns how many tables. NULL without a public listener. */
    uint32_t (*routes)(void *self, vt_route_table tables[VT_LISTENERS_TABLES_MAX]);
    /* Fills what /status says, between open and stop; on the admin's loop. */
    void (*state)(void *self, vt_admin_state *out);
    /* What to say besides when the role is ready; NULL: nothing. */
    void (*ready)(void *self, const char *address, const char *admin_address);
    /* Ends what may post to loops; the listeners are drained. Also after a connect or open that failed. */
    void (*stop)(void *self);
    /* Closes what is left. */
    void (*close)(void *self);
} vt_role;

/* Runs the role to its end; the process's exit code. */
int vt_service_run(const vt_config *config, const vt_role *role, void *self);

/* Fills in what /status says of a contest and its ledger's partitions. */
void vt_service_state_contest(vt_admin_state *out, const vt_contest *contest);

/* Says that the role cannot go on: the process ends, with VT_EXIT_FAILED. The first call is a log line of that event.
 * Any thread. */
void vt_service_fail(vt_service *service, const char *event, vt_err err, const char *reason);

#endif
