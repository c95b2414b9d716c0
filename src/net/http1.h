/* HTTP/1.1 requests and answers (RFC 9112), one at a time: pipelined requests wait until the one before is answered. */
#ifndef VT_NET_HTTP1_H
#define VT_NET_HTTP1_H

#include "net/exchange.h"
#include "net/fold.h"

#include <llhttp.h>

typedef enum vt_http1_phase {
    VT_HTTP1_IDLE,    /* between requests */
    VT_HTTP1_HEADERS, /* a request line or headers are arriving */
    VT_HTTP1_BODY,
    VT_HTTP1_BUSY, /* the request is with its handler, or its answer goes on */
} vt_http1_phase;

enum {
    VT_HTTP1_STASH_BYTES_MAX = 256 * 1024,  /* pipelined bytes that wait; reading stops at a quarter of it */
    VT_HTTP1_DISCARD_BYTES_MAX = 64 * 1024, /* of a refused body; beyond it the connection is closed */
    VT_HTTP1_CHUNK_EXTENSION_BYTES_MAX = 1024,
};

typedef struct vt_http1 {
    llhttp_t parser;
    vt_http1_phase phase;
    vt_exchange *exchange;
    vt_err err;         /* why a callback stopped the parser */
    bool is_keep_alive; /* of the request in hand */
    bool is_old;        /* HTTP/1.0 */
    bool is_chunked;    /* the answer under way is sent in chunks */
    uint32_t extension_bytes;
    vt_fold fold;
    vt_buf stash;
    size_t stash_used;
    bool is_deaf; /* there was no room to stash what came; nothing behind it is read */
} vt_http1;

/* `conn` speaks HTTP/1.1 from now on. */
void vt_http1_open(vt_conn *conn);

/* Frees what is stashed; the exchange is ended by the caller. */
void vt_http1_release(vt_conn *conn);

/* These do for HTTP/1.1 what the functions of net/conn.h with the same names do. */
void vt_http1_feed(vt_conn *conn, const char *bytes, size_t len);
void vt_http1_feed_eof(vt_conn *conn);
void vt_http1_pull(vt_conn *conn);
bool vt_http1_wants_input(const vt_conn *conn);
void vt_http1_drain(vt_conn *conn, bool is_final);

/* Forgets the requests that wait behind the one in hand: they were not accepted. */
void vt_http1_drop_stash(vt_conn *conn);

/* The time of the next deadline but for a blocked socket, or VT_TIME_NEVER. */
int64_t vt_http1_deadline(const vt_conn *conn);

/* That deadline has passed. */
void vt_http1_expire(vt_conn *conn);

/* Sends a whole answer; the exchange is over. */
void vt_http1_answer(vt_exchange *exchange, const vt_http_answer *answer);

/* Sends the headers of a streamed answer. For HEAD the exchange is over. */
void vt_http1_start(vt_exchange *exchange, const vt_http_answer *answer);

/* Closes after the answer to the request in hand. */
void vt_http1_make_last(vt_conn *conn);

#endif
