/* One TCP connection to the target that comes back: it connects, reports, and after a loss connects again by itself.
 *
 * Life: vt_wire_open → (connected → bytes* → lost)* → vt_wire_stop, then the loop must run until vt_wire_is_closed.
 * An attempt that fails is reported as `unreachable`, and the next one follows after a back-off. */
#ifndef VT_CLIENT_WIRE_H
#define VT_CLIENT_WIRE_H

#include "base/buf.h"
#include "client/target.h"

#include <uv.h>

enum { VT_WIRE_READ_BYTES = 65536, VT_WIRE_TROUBLE_BYTES = 96 };

typedef struct vt_wire_events {
    void (*connected)(void *owner);
    /* Borrowed until it returns. False: the peer breaks the protocol, and the connection is given up (`lost`). */
    bool (*bytes)(void *owner, vt_slice bytes);
    void (*drained)(void *owner);     /* everything written has left; may be NULL */
    void (*ended)(void *owner);       /* the peer has closed its side; `lost` follows; may be NULL */
    void (*lost)(void *owner);        /* an open connection is gone */
    void (*unreachable)(void *owner); /* no address could be connected to; why: vt_wire_trouble */
} vt_wire_events;

typedef struct vt_wire_options {
    uv_loop_t *loop;
    const vt_target *target; /* resolved; borrowed */
    const vt_wire_events *events;
    void *owner;
    char *read_bytes;       /* VT_WIRE_READ_BYTES that all wires of a loop share; borrowed */
    size_t write_bytes_max; /* that may wait to be sent */
    uint32_t connect_timeout_ms;
} vt_wire_options;

typedef enum vt_wire_state {
    VT_WIRE_CONNECTING,
    VT_WIRE_OPEN,
    VT_WIRE_CLOSING, /* the handle is on its way out */
    VT_WIRE_WAITING, /* for the next attempt */
    VT_WIRE_STOPPED,
} vt_wire_state;

typedef struct vt_wire {
    vt_wire_options options;
    vt_wire_state state;
    bool stopping;
    bool writing;
    bool heard;        /* whether the open connection has brought any byte */
    uint32_t address;  /* index of the one to try next */
    uint32_t failures; /* in a row: attempts on every address, and connections that brought nothing */
    int trouble;       /* the latest libuv error */
    char trouble_text[VT_WIRE_TROUBLE_BYTES];
    uint32_t open_handles;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    vt_buf out;     /* what vt_wire_flush will send */
    vt_buf sending; /* what libuv holds */
} vt_wire;

/* In the caller's storage, which must stay until vt_wire_is_closed. Starts to connect. VT_ERR_SYSTEM: nothing is open.
 */
VT_MUST_CHECK vt_err vt_wire_open(vt_wire *wire, const vt_wire_options *options);

/* The buffer to append to while the wire is open; vt_wire_flush sends it. */
vt_buf *vt_wire_out(vt_wire *wire);
void vt_wire_flush(vt_wire *wire);

/* Whether bytes wait for the peer to read. */
bool vt_wire_is_busy(const vt_wire *wire);

/* Gives an open connection up (`lost` is called) and connects again at once. Nothing in any other state. */
void vt_wire_reset(vt_wire *wire);

/* Ends everything without further events. */
void vt_wire_stop(vt_wire *wire);
bool vt_wire_is_closed(const vt_wire *wire);

/* Frees the buffers of a closed or zeroed wire. */
void vt_wire_release(vt_wire *wire);

/* Why the latest attempt or connection failed, one English phrase; while it is open, that the server gave up a request.
 * Borrowed until the next call. */
const char *vt_wire_trouble(vt_wire *wire);

#endif
