/* Maps (method, path) to handlers; derives 404, 405 with Allow, HEAD from GET, and OPTIONS. */
#ifndef VT_NET_ROUTER_H
#define VT_NET_ROUTER_H

#include "net/http.h"

typedef void vt_handler(void *context, const vt_request *request, vt_reply reply);

typedef enum vt_route_kind {
    VT_ROUTE_HTTP,        /* any HTTP version; `method` and `path` */
    VT_ROUTE_GRPC,        /* unary gRPC: `path` is "/package.Service/Method", one call with the whole message */
    VT_ROUTE_GRPC_STREAM, /* streaming gRPC: one call for each message that arrives; answers by vt_stream_write */
    VT_ROUTE_NO_PAGE,     /* GET and HEAD by browsers of what no route answers; at most one, without method and path */
} vt_route_kind;

typedef struct vt_route {
    vt_route_kind kind;
    const char *method; /* "GET" or "POST" for HTTP; else NULL */
    /* Exact, or ending in "/" "*" to match one more non-empty segment (only the handler looks at it).
     * An HTTP path also matches with one slash added at its end. */
    const char *path;
    uint32_t body_bytes_max; /* larger bodies get 413 (RESOURCE_EXHAUSTED) before they are read */
    vt_handler *handle;
    vt_handler *half_close; /* GRPC_STREAM: the client has sent all; must end the stream, now or later. Else NULL */
} vt_route;

/* A table of routes and what their handlers get as context. */
typedef struct vt_route_table {
    const vt_route *routes;
    uint32_t routes_count;
    void *context;
} vt_route_table;

typedef struct vt_router vt_router;

typedef struct vt_route_match {
    vt_err err; /* OK, NOT_FOUND, METHOD_NOT_ALLOWED; UNIMPLEMENTED for an unknown gRPC method; BUSY */
    const vt_route *route;
    void *context;
    char allow[32]; /* "GET, HEAD, POST": for 405 and OPTIONS */
} vt_route_match;

/* Makes a router over tables that must outlive it. HTTP and gRPC are looked up apart, so POST /x and gRPC /x can both
 * exist. VT_ERR_INTERNAL: two routes of one kind, method and path, more than 4 methods of a path, a path without its
 * first slash. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_router_open(const vt_route_table *tables, uint32_t tables_count, vt_router **out);
void vt_router_close(vt_router *router); /* accepts NULL */

/* The same for a server that is not ready yet: what the tables do not have is VT_ERR_BUSY (503, UNAVAILABLE), so that
 * clients come again, until vt_router_hand_over. */
VT_MUST_CHECK vt_err vt_router_open_waiting(const vt_route_table *tables, uint32_t tables_count, vt_router **out);

/* From now on requests are looked up in `successor` alone, which must outlive the router. At most once; any thread,
 * while others look up. */
void vt_router_hand_over(vt_router *router, const vt_router *successor);

/* The route of VT_ROUTE_NO_PAGE, for a request that vt_router_find has found NOT_FOUND, METHOD_NOT_ALLOWED or BUSY;
 * false, and *match is as it was, when there is none. */
bool vt_router_find_no_page(const vt_router *router, vt_route_match *match);

/* Looks a request up. `path` is without the query. An exact path comes before a wildcard. HEAD finds the route of GET.
 * OPTIONS without a route of its own gives VT_OK with `route` NULL and `allow`: answer 204 with it. For gRPC `method`
 * is not looked at. Allocates nothing; any thread. */
void vt_router_find(const vt_router *router, bool is_grpc, vt_slice method, vt_slice path, vt_route_match *match);

#endif
