/* One connection without its socket: bytes go in, bytes come out. Tests and fuzzers drive it as the socket does.
 *
 *            bytes                       handlers (net/router.h)
 *   socket ─────────► vt_conn_feed            ▲        │ vt_reply_http, vt_reply_grpc, vt_stream_…
 *     ▲                │ first bytes decide   │        ▼
 *     │                ├─► http1.c (llhttp) ──┴── exchange: slot + generation in the loop's table
 *     │                └─► http2.c (nghttp2) ─┘        │
 *     └──────────── vt_conn.output ◄── vt_conn_pull ◄──┘ the connection is marked dirty
 *
 * One read is fed whole, handlers run inside, and what they answered leaves in one write. A connection never frees
 * itself: it says is_dead (close now) or is_closing (close when the output is sent).
 */
#ifndef VT_NET_CONN_H
#define VT_NET_CONN_H

#include "net/exchange.h"
#include "net/http1.h"
#include "net/output.h"

typedef struct vt_http2 vt_http2; /* net/http2.h */

typedef enum vt_conn_kind { VT_CONN_DETECT, VT_CONN_HTTP1, VT_CONN_HTTP2 } vt_conn_kind;

struct vt_conn {
    vt_loop *loop;
    vt_peer peer;
    vt_conn_kind kind;
    bool is_dirty;
    bool is_dead;
    bool is_closing;
    bool is_lingering; /* the peer may still be sending: shut down and drain before closing */
    bool is_eof;       /* the peer sends no more */
    bool is_draining;
    uint8_t preface_len; /* bytes of the HTTP/2 preface that have matched */
    vt_conn *next_dirty;
    vt_output output;
    int64_t blocked_ms; /* since when the socket takes nothing although there is output; 0 when it does */
    int64_t since_ms;   /* when the connection was opened or last became idle */
    int64_t linger_ms;  /* until when the rest of the input is thrown away; 0 before */
    int64_t swept_ms;   /* when the streams were last looked at for stalls */
    vt_wheel_node timer;
    vt_exchange_list receiving; /* requests that still arrive, oldest first */
    vt_exchange_list answering;
    size_t input_bytes;   /* what the requests hold whose handlers have not returned */
    size_t pending_bytes; /* sum of vt_outbound_waiting over the exchanges */
    vt_http1 http1;
    vt_http2 *http2;
};

enum { VT_TIME_NEVER = 0, VT_CONN_LINGER_MS = 2000, VT_CONN_DRAIN_LINGER_MS = 200 };

/* `conn` is the caller's storage and must not move. */
void vt_conn_init(vt_conn *conn, vt_loop *loop, const vt_peer *peer);

/* Ends all exchanges: replies to them are dead. */
void vt_conn_release(vt_conn *conn);

/* Takes all `len` bytes. */
void vt_conn_feed(vt_conn *conn, const char *bytes, size_t len);

/* The peer has closed its side. */
void vt_conn_feed_eof(vt_conn *conn);

/* Moves what can be sent into conn->output, up to about VT_OUTPUT_ENOUGH_BYTES, and goes on with requests that waited
 * for room. */
void vt_conn_pull(vt_conn *conn);

/* Whether more input is welcome now (backpressure). */
bool vt_conn_wants_input(const vt_conn *conn);

/* Whether an accepted request is unanswered or output is unsent. */
bool vt_conn_is_busy(const vt_conn *conn);

/* No further requests: says so to the peer, ends streams, closes when idle. `is_final`, a while later: no longer waits
 * for requests that have not arrived whole, nor for peers that did not react. */
void vt_conn_drain(vt_conn *conn, bool is_final);

/* The loop is sealed (vt_loop.is_sealed), so that no handler may be called: resets requests that have not arrived
 * whole. From then on input is ignored. */
void vt_conn_seal(vt_conn *conn);

/* Arms the timer for the connection's next deadline. To be called after anything happened. */
void vt_conn_settle(vt_conn *conn);

/* Acts on deadlines that have passed; the timer has fired. */
void vt_conn_expire(vt_conn *conn);

/* Writes the answer of HTTP/1.1 to a peer that cannot be served at all: 503 and Connection: close. Returns its length.
 */
enum { VT_CONN_REFUSAL_MAX = 512 };
size_t vt_conn_refusal(char out[VT_CONN_REFUSAL_MAX]);

/* Sends that answer and closes: there are too many connections, or no memory for the request. */
void vt_conn_turn_away(vt_conn *conn);

/* All output is sent and the socket is shut down: the rest of the input is thrown away for a while, as closing at once
 * could destroy the last answer on its way, or answer a request that was on its way with a reset (RFC 9112 §9.6). */
void vt_conn_linger(vt_conn *conn);

/* Lingers no longer than a drain waits. */
void vt_conn_hurry(vt_conn *conn);

/* Appends to the output; without memory the connection is dead. */
void vt_conn_write(vt_conn *conn, const void *bytes, size_t len);

#endif
