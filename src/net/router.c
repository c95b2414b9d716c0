#include "net/router.h"

#include "base/assert.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { METHODS_MAX = 4 };

/* The three spaces of paths, which are looked up apart. The path of PATHS_WILDCARD ends before the "*". */
typedef enum path_space { PATHS_HTTP, PATHS_WILDCARD, PATHS_GRPC } path_space;

typedef struct target {
    vt_slice method; /* empty for gRPC */
    const vt_route *route;
    void *context;
} target;

typedef struct node {
    vt_slice path; /* an empty one marks a free slot */
    path_space space;
    uint32_t targets_count;
    target targets[METHODS_MAX];
    char allow[sizeof((vt_route_match *) 0)->allow];
} node;

/* An open hash table that is at most half full and never changes after it was made. */
struct vt_router {
    _Atomic(const vt_router *) successor; /* NULL: none */
    vt_err unknown_http;                  /* what a path that is not here is */
    vt_err unknown_grpc;
    target no_page;     /* its route NULL: none */
    size_t slots_count; /* a power of two */
    node slots[];
};

/* Eight bytes a step: paths are short, and the table is ours, so that no peer can make its chains long. */
static uint64_t hash_path(vt_slice path) {
    const uint64_t multiplier = 0x9E3779B97F4A7C15U;
    uint64_t hash = path.len * multiplier;
    for (size_t at = 0; at < path.len; at += sizeof hash) {
        uint64_t bytes = 0;
        size_t left = path.len - at;
        memcpy(&bytes, path.ptr + at, left < sizeof bytes ? left : sizeof bytes);
        hash = (hash ^ bytes) * multiplier;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The index of the slot that holds the path, or of the free one where it would go. */
static size_t find_slot(const vt_router *router, path_space space, vt_slice path) {
    size_t at = (size_t) hash_path(path) & (router->slots_count - 1);
    for (;;) {
        const node *slot = &router->slots[at];
        if (slot->path.len == 0 || (slot->space == space && vt_slice_eq(slot->path, path))) {
            return at;
        }
        at = (at + 1) & (router->slots_count - 1);
    }
}

/* Keeps the targets in the order of their methods, so that Allow does not depend on the order of the tables. */
static vt_err add_target(node *slot, target added) {
    if (slot->targets_count == METHODS_MAX) {
        return VT_ERR_INTERNAL;
    }
    uint32_t at = slot->targets_count;
    while (at > 0 && vt_slice_cmp(slot->targets[at - 1].method, added.method) > 0) {
        slot->targets[at] = slot->targets[at - 1];
        at--;
    }
    if (at > 0 && vt_slice_eq(slot->targets[at - 1].method, added.method)) {
        return VT_ERR_INTERNAL;
    }
    slot->targets[at] = added;
    slot->targets_count++;
    return VT_OK;
}

static vt_err add_no_page(vt_router *router, target added) {
    if (router->no_page.route != NULL) {
        return VT_ERR_INTERNAL;
    }
    router->no_page = added;
    return VT_OK;
}

static vt_err add_route(vt_router *router, const vt_route *route, void *context) {
    target added = {.route = route, .context = context};
    if (route->kind == VT_ROUTE_NO_PAGE) {
        return add_no_page(router, added);
    }
    vt_slice path = vt_slice_str(route->path);
    path_space space = PATHS_GRPC;
    if (route->kind == VT_ROUTE_HTTP) {
        bool is_wildcard = path.len >= 2 && memcmp(path.ptr + path.len - 2, "/*", 2) == 0;
        space = is_wildcard ? PATHS_WILDCARD : PATHS_HTTP;
        path.len -= is_wildcard ? 1 : 0;
        added.method = vt_slice_str(route->method);
    }
    if (path.len == 0 || path.ptr[0] != '/') {
        return VT_ERR_INTERNAL;
    }
    node *slot = &router->slots[find_slot(router, space, path)];
    slot->path = path;
    slot->space = space;
    return add_target(slot, added);
}

static const target *find_target(const node *found, vt_slice method) {
    for (uint32_t i = 0; i < found->targets_count; i++) {
        if (vt_slice_eq(found->targets[i].method, method)) {
            return &found->targets[i];
        }
    }
    return NULL;
}

static vt_err append_allow(node *slot, vt_slice method) {
    vt_slice comma = slot->allow[0] == '\0' ? VT_SLICE("") : VT_SLICE(", ");
    size_t len = strlen(slot->allow);
    if (len + comma.len + method.len >= sizeof slot->allow) {
        return VT_ERR_INTERNAL;
    }
    memcpy(slot->allow + len, comma.ptr, comma.len);
    memcpy(slot->allow + len + comma.len, method.ptr, method.len);
    return VT_OK;
}

/* Writes the Allow text of a slot of the HTTP spaces. HEAD comes with GET (RFC 9110 §9.1). */
static vt_err make_allow(node *slot) {
    vt_err err = VT_OK;
    for (uint32_t i = 0; err == VT_OK && i < slot->targets_count; i++) {
        vt_slice method = slot->targets[i].method;
        err = append_allow(slot, method);
        if (err == VT_OK && vt_slice_eq(method, VT_SLICE("GET"))) {
            err = append_allow(slot, VT_SLICE("HEAD"));
        }
    }
    return err;
}

static vt_err fill(vt_router *router, const vt_route_table *tables, uint32_t tables_count) {
    for (uint32_t i = 0; i < tables_count; i++) {
        for (uint32_t j = 0; j < tables[i].routes_count; j++) {
            vt_err err = add_route(router, &tables[i].routes[j], tables[i].context);
            if (err != VT_OK) {
                return err;
            }
        }
    }
    for (size_t i = 0; i < router->slots_count; i++) {
        vt_err err = router->slots[i].space == PATHS_GRPC ? VT_OK : make_allow(&router->slots[i]);
        if (err != VT_OK) {
            return err;
        }
    }
    return VT_OK;
}

static vt_err open_router(const vt_route_table *tables, uint32_t tables_count, vt_router **out) {
    size_t routes_count = 0;
    for (uint32_t i = 0; i < tables_count; i++) {
        routes_count += tables[i].routes_count;
    }
    size_t slots_count = 2;
    while (slots_count < routes_count * 2) {
        slots_count *= 2;
    }
    vt_router *router = calloc(1, sizeof *router + slots_count * sizeof *router->slots);
    if (router == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    router->slots_count = slots_count;
    vt_err err = fill(router, tables, tables_count);
    if (err != VT_OK) {
        vt_router_close(router);
        return err;
    }
    *out = router;
    return VT_OK;
}

vt_err vt_router_open(const vt_route_table *tables, uint32_t tables_count, vt_router **out) {
    vt_err err = open_router(tables, tables_count, out);
    if (err == VT_OK) {
        (*out)->unknown_http = VT_ERR_NOT_FOUND;
        (*out)->unknown_grpc = VT_ERR_UNIMPLEMENTED;
    }
    return err;
}

vt_err vt_router_open_waiting(const vt_route_table *tables, uint32_t tables_count, vt_router **out) {
    vt_err err = open_router(tables, tables_count, out);
    if (err == VT_OK) {
        (*out)->unknown_http = VT_ERR_BUSY;
        (*out)->unknown_grpc = VT_ERR_BUSY;
    }
    return err;
}

void vt_router_hand_over(vt_router *router, const vt_router *successor) {
    VT_ASSERT(atomic_load(&router->successor) == NULL && atomic_load(&successor->successor) == NULL);
    atomic_store(&router->successor, successor);
}

void vt_router_close(vt_router *router) {
    free(router);
}

static const node *find_node(const vt_router *router, path_space space, vt_slice path) {
    const node *found = path.len == 0 ? NULL : &router->slots[find_slot(router, space, path)];
    return found == NULL || found->path.len == 0 ? NULL : found;
}

/* The node whose path is `path` up to its last slash; what follows must not be empty. */
static const node *find_wildcard(const vt_router *router, vt_slice path) {
    size_t len = path.len;
    while (len > 0 && path.ptr[len - 1] != '/') {
        len--;
    }
    return len == path.len ? NULL : find_node(router, PATHS_WILDCARD, vt_slice_of(path.ptr, len));
}

static const node *find_http_node(const vt_router *router, vt_slice path) {
    const node *found = find_node(router, PATHS_HTTP, path);
    if (found != NULL) {
        return found;
    }
    if (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
        found = find_node(router, PATHS_HTTP, path);
    }
    return found != NULL ? found : find_wildcard(router, path);
}

static void find_http(const vt_router *router, vt_slice method, vt_slice path, vt_route_match *match) {
    const node *found = find_http_node(router, path);
    if (found == NULL) {
        match->err = router->unknown_http;
        return;
    }
    memcpy(match->allow, found->allow, sizeof match->allow);
    const target *wanted = find_target(found, method);
    if (wanted == NULL && vt_slice_eq(method, VT_SLICE("HEAD"))) {
        wanted = find_target(found, VT_SLICE("GET"));
    }
    if (wanted != NULL) {
        match->route = wanted->route;
        match->context = wanted->context;
    } else if (!vt_slice_eq(method, VT_SLICE("OPTIONS"))) {
        match->err = VT_ERR_METHOD_NOT_ALLOWED;
    }
}

/* Who looks up in the router's place. */
static const vt_router *router_now(const vt_router *router) {
    const vt_router *successor = atomic_load_explicit(&router->successor, memory_order_acquire);
    return successor == NULL ? router : successor;
}

bool vt_router_find_no_page(const vt_router *router, vt_route_match *match) {
    const target *found = &router_now(router)->no_page;
    if (found->route != NULL) {
        *match = (vt_route_match){.err = VT_OK, .route = found->route, .context = found->context};
    }
    return found->route != NULL;
}

void vt_router_find(const vt_router *router, bool is_grpc, vt_slice method, vt_slice path, vt_route_match *match) {
    *match = (vt_route_match){.err = VT_OK};
    router = router_now(router);
    if (!is_grpc) {
        find_http(router, method, path, match);
        return;
    }
    const node *found = find_node(router, PATHS_GRPC, path);
    if (found == NULL) {
        match->err = router->unknown_grpc;
        return;
    }
    match->route = found->targets[0].route;
    match->context = found->targets[0].context;
}
