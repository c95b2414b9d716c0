/* A request while it arrives: its target, headers and body, owned. Lives from the first byte until its handler has
 * returned; a loop keeps a few spare ones. */
#ifndef VT_NET_INBOUND_H
#define VT_NET_INBOUND_H

#include "net/account.h"
#include "net/grpc.h"
#include "net/http.h"

enum {
    VT_INBOUND_HEADERS_MAX = 100,
    VT_INBOUND_TEXT_BYTES_MAX = 65535, /* offsets have 16 bits */
    VT_INBOUND_SPARE_MAX = 256,
    VT_INBOUND_HEADER_OVERHEAD = 32, /* counted for each header, as RFC 9113 §6.5.2 does */
};

/* A piece of `text`. */
typedef struct vt_inbound_span {
    uint16_t at;
    uint16_t len;
} vt_inbound_span;

typedef struct vt_inbound_field {
    vt_inbound_span name;
    vt_inbound_span value;
} vt_inbound_field;

typedef struct vt_inbound {
    struct vt_inbound *next; /* while spare */
    vt_buf text;
    vt_buf body;
    vt_grpc_reader grpc;
    uint32_t messages; /* complete gRPC messages */
    uint32_t headers_count;
    uint32_t headers_bytes; /* as limits count them */
    uint32_t headers_bytes_max;
    uint64_t body_bytes; /* arrived, kept or not */
    vt_account *account; /* of the loop */
    size_t *input_bytes; /* of the connection */
    vt_slice method;     /* static text or in `text` by method_span */
    vt_inbound_span method_span;
    vt_inbound_span target;
    vt_inbound_span authority; /* :authority, or that of an absolute target */
    vt_inbound_field headers[VT_INBOUND_HEADERS_MAX];
} vt_inbound;

/* Spare ones of a loop, whose account counts the others with all that they hold. */
typedef struct vt_inbound_pool {
    vt_inbound *spare;
    size_t spare_count;
    vt_account *account;
} vt_inbound_pool;

/* An empty one, owned by the caller until it is given back. What it holds is counted in the account and in
 * *input_bytes, the sum of its connection, which must outlive it. NULL without memory or room in one of them. */
vt_inbound *vt_inbound_take(vt_inbound_pool *pool, size_t *input_bytes, uint32_t headers_bytes_max);
void vt_inbound_give(vt_inbound_pool *pool, vt_inbound *inbound); /* accepts NULL */
void vt_inbound_pool_release(vt_inbound_pool *pool);

/* Appends text, lower-cased if asked, and widens `span` by it (an empty span is started). VT_ERR_HEADERS_TOO_LARGE,
 * VT_ERR_OVERLOADED, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_inbound_append(vt_inbound *inbound, vt_inbound_span *span, vt_slice text, bool lower);

/* Counts `len` bytes of headers that are not kept. VT_ERR_HEADERS_TOO_LARGE. */
VT_MUST_CHECK vt_err vt_inbound_count(vt_inbound *inbound, size_t len);

/* The header that is being read: the one behind the last complete one. VT_ERR_HEADERS_TOO_LARGE when there are too
 * many. */
VT_MUST_CHECK vt_err vt_inbound_header_now(vt_inbound *inbound, vt_inbound_field **out);

/* Appends to the body. VT_ERR_BODY_TOO_LARGE beyond `body_bytes_max`, VT_ERR_OVERLOADED, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_inbound_append_body(vt_inbound *inbound, vt_slice bytes, uint32_t body_bytes_max);

/* Reads a gRPC message into the body: vt_grpc_read, but for VT_ERR_OVERLOADED. */
vt_grpc_progress vt_inbound_read_message(vt_inbound *inbound, uint32_t message_bytes_max, vt_slice *bytes,
                                         vt_err *out_err);

static inline vt_slice vt_inbound_slice(const vt_inbound *inbound, vt_inbound_span span) {
    return span.len == 0 ? (vt_slice){"", 0} : (vt_slice){inbound->text.ptr + span.at, span.len};
}

/* The first header of that name, or an empty slice with ptr NULL; how many there are goes to *count if not NULL. */
vt_slice vt_inbound_header(const vt_inbound *inbound, vt_slice name, uint32_t *count);

/* Writes the headers as slices; VT_INBOUND_HEADERS_MAX + 1 of them at most: the authority becomes "host" when there is
 * no such header. Returns how many. */
uint32_t vt_inbound_headers(const vt_inbound *inbound, vt_header out[VT_INBOUND_HEADERS_MAX + 1]);

/* Splits the target into path and query. Takes the origin form, the absolute form (whose authority is dropped) and,
 * for OPTIONS, "*" (RFC 9112 §3.2). VT_ERR_MALFORMED_REQUEST. */
VT_MUST_CHECK vt_err vt_inbound_split_target(const vt_inbound *inbound, vt_slice *out_path, vt_slice *out_query);

#endif
