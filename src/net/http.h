/* Requests and replies, the same for HTTP/1.1, HTTP/2 and gRPC. Knows no votes.
 *
 * A handler is called on its connection's loop with a whole request, whose slices live until it returns. It answers
 * there and then, or keeps the vt_reply (a plain value) and answers later, on the same loop thread. Answering a reply
 * whose peer has gone, or which was answered already, does nothing.
 */
#ifndef VT_NET_HTTP_H
#define VT_NET_HTTP_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

typedef struct vt_loop vt_loop; /* net/loop.h */

typedef enum vt_protocol { VT_PROTOCOL_HTTP1, VT_PROTOCOL_HTTP2, VT_PROTOCOL_GRPC } vt_protocol;

/* One header or trailer field; names in lower case. */
typedef struct vt_header {
    vt_slice name;
    vt_slice value;
} vt_header;

/* The peer's address in 16 bytes: IPv6, or IPv4 mapped to ::ffff:a.b.c.d. */
typedef struct vt_peer {
    uint8_t address[16];
} vt_peer;

/* The place to answer one request: loop, slot and the slot's generation. */
typedef struct vt_reply {
    vt_loop *loop;
    uint32_t slot;
    uint32_t generation;
} vt_reply;

typedef struct vt_request {
    vt_protocol protocol;
    vt_slice method;          /* "GET"; "POST" for gRPC */
    vt_slice path;            /* without the query, percent-decoding not applied */
    vt_slice query;           /* behind the "?", or empty */
    vt_slice body;            /* the whole body; the message without its frame for gRPC */
    const vt_header *headers; /* names in lower case; pseudo-headers left out */
    uint32_t headers_count;
    vt_peer peer;
} vt_request;

/* The first header of that lower-case name, or an empty slice with ptr NULL. */
vt_slice vt_request_header(const vt_request *request, vt_slice name);

enum { VT_REPLY_HEADERS_MAX = 8 };

/* An HTTP answer. Everything is copied. `content_type` may be empty (then no body is expected). Content-Length is
 * derived; a HEAD answer carries it without the body. */
typedef struct vt_http_answer {
    int status;
    vt_slice content_type;
    const vt_header *headers; /* at most VT_REPLY_HEADERS_MAX */
    uint32_t headers_count;
    vt_slice body;
} vt_http_answer;

void vt_reply_http(vt_reply reply, const vt_http_answer *answer);

/* A gRPC answer: the trailers grpc-status, grpc-message (percent-encoded as the gRPC HTTP/2 protocol says) and
 * `trailers` (opaque pairs), preceded by the message when status is 0. Everything is copied. */
typedef struct vt_grpc_answer {
    int status;                /* 0..16 */
    vt_slice text;             /* grpc-message, empty for none */
    const vt_header *trailers; /* at most VT_REPLY_HEADERS_MAX */
    uint32_t trailers_count;
    vt_slice message; /* protobuf, without a frame */
} vt_grpc_answer;

void vt_reply_grpc(vt_reply reply, const vt_grpc_answer *answer);

/* Whether the reply can still be answered. */
bool vt_reply_is_open(vt_reply reply);

enum { VT_NOTE_NAME_MAX = 24, VT_NOTE_VALUE_MAX = 40 };

/* Notes one header (a trailer for gRPC) that goes out when the connection itself has to answer in the handler's place,
 * as for an expired deadline; the handler's own answer does not carry it. A second call replaces the first. Copied; at
 * most VT_NOTE_NAME_MAX and VT_NOTE_VALUE_MAX bytes. */
void vt_reply_note(vt_reply reply, vt_slice name, vt_slice value);

#endif
