/* The gRPC health checking protocol (grpc.health.v1.Health) over obs/health: for Kubernetes probes and load balancers.
 *
 * Check answers SERVING or NOT_SERVING for "" and every registered service, and the status NOT_FOUND for others. Watch
 * sends the status now and whenever it changes; for an unknown service it sends SERVICE_UNKNOWN once and stays open. A
 * watch may be silent for as long as it likes.
 */
#ifndef VT_NET_GRPC_HEALTH_H
#define VT_NET_GRPC_HEALTH_H

#include "net/router.h"
#include "obs/health.h"

/* Watches that one loop keeps open; a further one is refused with RESOURCE_EXHAUSTED. */
enum { VT_GRPC_HEALTH_WATCHES_MAX = 64 };

typedef struct vt_grpc_health vt_grpc_health;

/* Serves one server of at most 64 loops. `services` are full names ("votaton.v1.VoteService"); they and `health` must
 * outlive the object, which becomes the listener of `health`. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_grpc_health_open(vt_health *health, const char *const *services, uint32_t services_count,
                                         vt_grpc_health **out);

/* The two methods. Borrowed from the object. */
vt_route_table vt_grpc_health_routes(vt_grpc_health *self);

/* Ends every watch with UNAVAILABLE, after the status that then is, and posts nothing to loops any more. Once, before
 * vt_server_drain, which would wait for the watches. */
void vt_grpc_health_stop(vt_grpc_health *self);

/* Frees it, once no loop can call it any more. Accepts NULL. */
void vt_grpc_health_close(vt_grpc_health *self);

#endif
