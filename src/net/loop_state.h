/* What the parts of the engine know of their loop: pools, clocks, deadlines. Does no I/O; net/worker.c drives it. */
#ifndef VT_NET_LOOP_STATE_H
#define VT_NET_LOOP_STATE_H

#include "net/account.h"
#include "net/exchange.h"
#include "net/h2_memory.h"
#include "net/loop.h"
#include "net/meter.h"
#include "net/server.h"
#include "net/spare.h"

enum { VT_DATE_LEN = 29, VT_CALL_TICK_MS = 10, VT_CONN_TICK_MS = 50 };

struct vt_loop {
    uint32_t index;
    const vt_router *router;
    vt_server_limits limits;
    vt_meter meter;
    int64_t now_ms;  /* monotonic */
    int64_t wall_ms; /* time of day */
    int64_t date_s;
    char date[VT_DATE_LEN + 1]; /* of the second date_s (RFC 9110 §5.6.7) */
    bool is_draining;
    bool is_sealed; /* no handler is called any more */
    vt_account account;
    vt_exchange_table exchanges;
    vt_inbound_pool inbounds;
    vt_spare spare;
    vt_h2_memory h2_memory;
    vt_wheel calls;                                /* vt_exchange.deadline */
    vt_wheel conns;                                /* vt_conn.timer */
    vt_conn *dirty;                                /* those with something to send or to do: see vt_loop_next_dirty */
    vt_header headers[VT_INBOUND_HEADERS_MAX + 1]; /* of the request whose handler runs */
    _Atomic(vt_task *) inbox;                      /* newest first */
    void (*wake)(void *context);                   /* makes the loop call vt_loop_run_inbox soon; any thread */
    void *wake_context;
};

typedef struct vt_loop_options {
    uint32_t index;
    const vt_router *router;
    vt_server_limits limits;
    vt_metrics *metrics;
    const char *name;
    void (*wake)(void *context);
    void *wake_context;
    int64_t now_ms;
    int64_t wall_ms;
} vt_loop_options;

/* `loop` is the caller's storage and must not move. */
void vt_loop_init(vt_loop *loop, const vt_loop_options *options);

/* Frees the pools; every connection must be gone. */
void vt_loop_release(vt_loop *loop);

/* Sets the clocks of this turn. */
void vt_loop_set_time(vt_loop *loop, int64_t now_ms, int64_t wall_ms);

/* The text for a date header. */
vt_slice vt_loop_date(vt_loop *loop);

/* Runs the tasks that were posted. */
void vt_loop_run_inbox(vt_loop *loop);

/* Acts on every deadline that has passed. */
void vt_loop_run_deadlines(vt_loop *loop);

/* Marks a connection that has something to send or to do; once is enough. */
void vt_loop_mark_dirty(vt_conn *conn);

/* Takes the next marked connection, or NULL. */
vt_conn *vt_loop_next_dirty(vt_loop *loop);

/* Forgets the mark of a connection that goes away. */
void vt_loop_forget_dirty(vt_conn *conn);

#endif
