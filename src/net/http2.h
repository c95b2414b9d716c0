/* HTTP/2 (RFC 9113) and gRPC over it: an nghttp2 server session. */
#ifndef VT_NET_HTTP2_H
#define VT_NET_HTTP2_H

#include "net/conn.h"

enum {
    VT_HTTP2_WINDOW_BYTES = 1 << 20, /* of the connection; streams have the default of 64 KiB */
    /* Streams that a client may cancel at once, and each second, before it is told to calm down (CVE-2023-44487). */
    VT_HTTP2_RESETS_BURST = 400,
    VT_HTTP2_RESETS_PER_SECOND = 100,
    /* PING, SETTINGS, PRIORITY and empty DATA frames; each answer that is sent earns one more. */
    VT_HTTP2_CONTROLS_BURST = 1000,
    VT_HTTP2_CONTROLS_PER_SECOND = 200,
    VT_HTTP2_ACKS_MAX = 256,                /* SETTINGS and PING acknowledgements that wait to be sent */
    VT_HTTP2_DISCARD_BYTES_MAX = 64 * 1024, /* of a refused body; beyond it the stream is ended */
    VT_HTTP2_PENDING_BYTES_MAX = 8 << 20,   /* of answers: beyond it new streams are refused */
    VT_HTTP2_STREAM_CALLS_MAX = 16, /* streaming gRPC calls of a connection; a further one is RESOURCE_EXHAUSTED */
};

/* `conn` speaks HTTP/2 from now on. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_http2_open(vt_conn *conn);

/* Frees the session, if there is one; the exchanges are ended by the caller. */
void vt_http2_release(vt_conn *conn);

/* These do for HTTP/2 what the functions of net/conn.h with the same names do. */
void vt_http2_feed(vt_conn *conn, const char *bytes, size_t len);
void vt_http2_pull(vt_conn *conn);
void vt_http2_drain(vt_conn *conn, bool is_final);

/* The time of the next deadline but for a blocked socket. */
int64_t vt_http2_deadline(const vt_conn *conn);

/* Acts on the deadlines of the connection and its streams that have passed. */
void vt_http2_expire(vt_conn *conn);

/* Sends a whole answer. */
void vt_http2_answer(vt_exchange *exchange, const vt_http_answer *answer);

/* Sends the headers of a streamed answer; `answer` NULL: those of a gRPC one. */
void vt_http2_start(vt_exchange *exchange, const vt_http_answer *answer);

/* Sends what exchange->outbound holds and, once exchange->is_answered, the end: exchange->trailers for gRPC. An answer
 * that was not started and has no message becomes a trailers-only one. */
void vt_http2_continue(vt_exchange *exchange);

#endif
