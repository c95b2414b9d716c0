/* Where a serving role is reached: its admin listener and, for most roles, a public one, with what both always answer:
 * health over HTTP and gRPC, metrics, status.
 *
 * Life: vt_listeners_open, then vt_listeners_wait when the role must wait for others, vt_listeners_serve,
 * vt_listeners_drain, and when nothing is posted to the loops any more vt_listeners_close. */
#ifndef VT_CMD_LISTENERS_H
#define VT_CMD_LISTENERS_H

#include "admin/admin.h"
#include "cmd/config.h"
#include "net/router.h"

enum { VT_LISTENERS_REASON_MAX = 512, VT_LISTENERS_TABLES_MAX = 8 };

/* Everything is borrowed and must outlive the vt_listeners. */
typedef struct vt_listeners_options {
    const vt_config *config;
    const char *listen;               /* of the public listener; NULL: there is none */
    const char *const *grpc_services; /* full names, for health and reflection */
    uint32_t grpc_services_count;     /* 0: no reflection */
    vt_metrics *metrics;
    vt_health *health;
    void (*state)(void *context, vt_admin_state *out); /* as in admin/admin.h */
    void *context;
} vt_listeners_options;

typedef struct vt_listeners vt_listeners;

/* Listens nowhere yet. To be called before threads are started, as it raises the limit of open files. The caller owns
 * *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_listeners_open(const vt_listeners_options *options, vt_listeners **out);

/* Listens before the role's routes are there: until vt_listeners_serve all that `table` does not have is answered 503,
 * and UNAVAILABLE. On error `reason` says why: VT_ERR_IN_USE, VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_listeners_wait(vt_listeners *listeners, const vt_route_table *table,
                                       char reason[VT_LISTENERS_REASON_MAX]);

/* Serves the role's routes, at most VT_LISTENERS_TABLES_MAX - 3 tables, from now on. Errors as vt_listeners_wait. */
VT_MUST_CHECK vt_err vt_listeners_serve(vt_listeners *listeners, const vt_route_table *tables, uint32_t tables_count,
                                        char reason[VT_LISTENERS_REASON_MAX]);

/* "127.0.0.1:8080", with the port that was picked; NULL when it does not listen. Borrowed. */
const char *vt_listeners_public_address(const vt_listeners *listeners);
const char *vt_listeners_admin_address(const vt_listeners *listeners);

/* Tells health checks that it ends, takes no connections any more and waits at most `timeout_ms` for requests in flight
 * on the public listener. Returns how many were not answered. No handler is called any more from then on. Accepts NULL.
 */
uint32_t vt_listeners_drain(vt_listeners *listeners, uint32_t timeout_ms);

/* Accepts NULL. */
void vt_listeners_close(vt_listeners *listeners);

#endif
