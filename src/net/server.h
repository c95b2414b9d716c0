/* A listener served by one or more loops, each in a thread of its own with its own SO_REUSEPORT socket.
 *
 * One port takes HTTP/1.1 and HTTP/2 with prior knowledge (the connection preface decides); gRPC is HTTP/2 with
 * content-type application/grpc or application/grpc+proto. Errors that the server itself answers (400, 404, 405, 408,
 * 413, 415, 431, 503 and their gRPC statuses) have the body {"error":{"code","message"}}.
 */
#ifndef VT_NET_SERVER_H
#define VT_NET_SERVER_H

#include "net/router.h"
#include "obs/metrics.h"

typedef struct vt_server vt_server;

typedef struct vt_server_limits {
    uint32_t connections_max;   /* over all loops; further ones get 503 (HTTP/1.1) and are closed */
    uint32_t headers_bytes_max; /* 16 KiB */
    uint32_t headers_ms;        /* until all headers are there: 10 s */
    uint32_t body_ms;           /* until the body is there: 30 s */
    uint32_t write_ms;          /* a peer that takes nothing is cut: 30 s */
    uint32_t idle_ms;           /* keep-alive: 75 s */
    uint32_t streams_max; /* HTTP/2 concurrent streams of a connection: 128, as nghttp2 keeps as many closed ones */
} vt_server_limits;

/* The limits that api.md promises. */
vt_server_limits vt_server_limits_default(void);

typedef struct vt_server_options {
    const char *listen;      /* "HOST:PORT", "[::1]:8080"; port 0 picks one */
    uint32_t threads;        /* loops, 1..64 */
    const vt_router *router; /* must outlive the server */
    vt_metrics *metrics;     /* must outlive the server */
    const char *name;        /* label `listener` of the metrics: "public", "admin" */
    vt_server_limits limits;
} vt_server_options;

/* Binds (after a probe without SO_REUSEPORT, so that a port in use is an error) and starts the threads.
 * VT_ERR_IN_USE, VT_ERR_BAD_CONFIG (address), VT_ERR_SYSTEM, VT_ERR_NO_MEMORY; `reason`, 256 bytes, then says why. */
VT_MUST_CHECK vt_err vt_server_open(const vt_server_options *options, vt_server **out, char reason[256]);

/* "127.0.0.1:8080": with the port that was picked. Borrowed from the server. */
const char *vt_server_address(const vt_server *server);

uint32_t vt_server_loops_count(const vt_server *server);
vt_loop *vt_server_loop(const vt_server *server, uint32_t i);

/* Stops taking connections, sends GOAWAY (RFC 9113 §6.8) or Connection: close, ends streams, and waits until every
 * request in flight is answered and sent, at most `timeout_ms`. Returns how many were not. Handlers must still be able
 * to answer meanwhile. */
uint32_t vt_server_drain(vt_server *server, uint32_t timeout_ms);

/* Closes what is left, joins the threads, frees. Accepts NULL. Nothing may be posted to its loops any more. */
void vt_server_close(vt_server *server);

#endif
