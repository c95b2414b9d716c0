/* Any method and path against a router: it answers, and what it finds is what was asked for. */
#include "base/assert.h"
#include "net/router.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void handle(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    (void) reply;
}

static const vt_route routes[] = {
    {VT_ROUTE_HTTP, "GET", "/", 0, handle, NULL},          {VT_ROUTE_HTTP, "POST", "/", 0, handle, NULL},
    {VT_ROUTE_HTTP, "POST", "/v1/votes", 0, handle, NULL}, {VT_ROUTE_HTTP, "GET", "/v1/votes/*", 0, handle, NULL},
    {VT_ROUTE_HTTP, "GET", "/log", 0, handle, NULL},       {VT_ROUTE_GRPC, NULL, "/v.V/Cast", 0, handle, NULL},
};

/* Whether the route's path covers `path`, said as plainly as possible. */
static bool covers(const vt_route *route, vt_slice path) {
    vt_slice pattern = vt_slice_str(route->path);
    if (vt_slice_eq(pattern, path)) {
        return true;
    }
    if (route->kind != VT_ROUTE_HTTP || path.len == 0) {
        return false;
    }
    bool has_slash = path.len > 1 && path.ptr[path.len - 1] == '/';
    vt_slice bare = vt_slice_of(path.ptr, path.len - (has_slash ? 1 : 0));
    if (vt_slice_eq(pattern, bare)) {
        return true;
    }
    pattern.len--;
    return route->path[pattern.len] == '*' && bare.len > pattern.len && vt_slice_starts_with(bare, pattern) &&
           memchr(bare.ptr + pattern.len, '/', bare.len - pattern.len) == NULL;
}

/* Input: one byte (bit 0: gRPC; the others: the method's length), the method, the path. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static vt_router *router;
    if (router == NULL) {
        const vt_route_table table = {routes, sizeof routes / sizeof *routes, NULL};
        VT_ASSERT(vt_router_open(&table, 1, &router) == VT_OK);
    }
    size_t method_len = len == 0 ? 0 : bytes[0] >> 1;
    if (len < 1 + method_len) {
        return 0;
    }
    bool is_grpc = (bytes[0] & 1) != 0;
    vt_slice method = vt_slice_of((const char *) bytes + 1, method_len);
    vt_slice path = vt_slice_of((const char *) bytes + 1 + method_len, len - 1 - method_len);
    vt_route_match match;
    vt_router_find(router, is_grpc, method, path, &match);
    bool is_covered = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        is_covered |= (routes[i].kind == VT_ROUTE_GRPC) == is_grpc && covers(&routes[i], path);
    }
    VT_ASSERT(is_covered == (match.err != VT_ERR_NOT_FOUND && match.err != VT_ERR_UNIMPLEMENTED));
    VT_ASSERT(match.route == NULL || (match.err == VT_OK && covers(match.route, path)));
    VT_ASSERT(is_grpc || match.err == VT_ERR_NOT_FOUND || match.allow[0] != '\0');
    return 0;
}
