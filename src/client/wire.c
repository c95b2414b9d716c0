#include "client/wire.h"

#include "base/assert.h"
#include "client/backoff.h"

static void connect_now(vt_wire *wire);
static void on_timer(uv_timer_t *timer);

static void on_timer_closed(uv_handle_t *handle) {
    vt_wire *wire = handle->data;
    wire->open_handles--;
}

static void wait_for_next(vt_wire *wire) {
    wire->state = VT_WIRE_WAITING;
    /* Connections that were lost together should not come back together. */
    uint32_t random = (uint32_t) uv_hrtime() * 2654435761U ^ (uint32_t) (uintptr_t) wire * 40503U;
    int64_t wait_ms = wire->failures == 0 ? 0 : vt_backoff_ms(wire->failures, -1, random);
    uv_timer_start(&wire->timer, on_timer, (uint64_t) wait_ms, 0);
}

static void on_tcp_closed(uv_handle_t *handle) {
    vt_wire *wire = handle->data;
    wire->open_handles--;
    vt_buf_clear(&wire->out);
    if (!wire->stopping) {
        wait_for_next(wire);
    }
}

static void close_tcp(vt_wire *wire) {
    wire->state = wire->stopping ? VT_WIRE_STOPPED : VT_WIRE_CLOSING;
    uv_timer_stop(&wire->timer);
    if (!uv_is_closing((uv_handle_t *) &wire->tcp)) {
        uv_close((uv_handle_t *) &wire->tcp, on_tcp_closed);
    }
}

static void lose(vt_wire *wire, int trouble) {
    if (wire->state != VT_WIRE_OPEN) {
        return;
    }
    wire->trouble = trouble;
    if (!wire->heard) {
        wire->failures++; /* a peer that only accepts and hangs up must not keep us busy */
    }
    close_tcp(wire);
    wire->options.events->lost(wire->options.owner);
}

/* The next address at once; after the last one a failure, and a back-off. */
static void fail_attempt(vt_wire *wire, int trouble) {
    wire->trouble = trouble;
    wire->address = (wire->address + 1) % wire->options.target->addresses_count;
    bool all_tried = wire->address == 0;
    close_tcp(wire);
    if (all_tried) {
        wire->failures++;
        wire->options.events->unreachable(wire->options.owner);
    }
}

static void on_timer(uv_timer_t *timer) {
    vt_wire *wire = timer->data;
    if (wire->state == VT_WIRE_CONNECTING) {
        fail_attempt(wire, UV_ETIMEDOUT);
    } else if (wire->state == VT_WIRE_WAITING) {
        connect_now(wire);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void) suggested;
    vt_wire *wire = handle->data;
    *buf = uv_buf_init(wire->options.read_bytes, VT_WIRE_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
    vt_wire *wire = stream->data;
    if (wire->state != VT_WIRE_OPEN || len == 0) {
        return;
    }
    if (len > 0) {
        wire->heard = true;
        wire->failures = 0;
    }
    if (len < 0) {
        if (len == UV_EOF && wire->options.events->ended != NULL) {
            wire->options.events->ended(wire->options.owner);
        }
        lose(wire, (int) len);
    } else if (!wire->options.events->bytes(wire->options.owner, vt_slice_of(buf->base, (size_t) len))) {
        lose(wire, UV_EPROTO);
    }
}

static void on_connected(uv_connect_t *request, int status) {
    vt_wire *wire = request->data;
    if (wire->state != VT_WIRE_CONNECTING) {
        return;
    }
    uv_timer_stop(&wire->timer);
    if (status == 0) {
        status = uv_read_start((uv_stream_t *) &wire->tcp, on_alloc, on_read);
    }
    if (status != 0) {
        fail_attempt(wire, status);
        return;
    }
    uv_tcp_nodelay(&wire->tcp, 1);
    wire->state = VT_WIRE_OPEN;
    wire->heard = false;
    wire->trouble = 0;
    wire->options.events->connected(wire->options.owner);
}

static void connect_now(vt_wire *wire) {
    wire->state = VT_WIRE_CONNECTING;
    int status = uv_tcp_init(wire->options.loop, &wire->tcp);
    VT_ASSERT(status == 0); /* without flags it opens no socket yet */
    wire->open_handles++;
    wire->tcp.data = wire;
    wire->connect.data = wire;
    wire->writing = false;
    uv_timer_start(&wire->timer, on_timer, wire->options.connect_timeout_ms, 0);
    const struct sockaddr_storage *address = &wire->options.target->addresses[wire->address];
    status = uv_tcp_connect(&wire->connect, &wire->tcp, (const struct sockaddr *) address, on_connected);
    if (status != 0) {
        fail_attempt(wire, status);
    }
}

vt_err vt_wire_open(vt_wire *wire, const vt_wire_options *options) {
    *wire = (vt_wire){.options = *options};
    if (uv_timer_init(options->loop, &wire->timer) != 0) {
        wire->state = VT_WIRE_STOPPED;
        return VT_ERR_SYSTEM;
    }
    vt_buf_init(&wire->out, options->write_bytes_max);
    vt_buf_init(&wire->sending, options->write_bytes_max);
    wire->open_handles = 1;
    wire->timer.data = wire;
    wait_for_next(wire);
    return VT_OK;
}

vt_buf *vt_wire_out(vt_wire *wire) {
    return &wire->out;
}

static void on_written(uv_write_t *request, int status) {
    vt_wire *wire = request->data;
    wire->writing = false;
    vt_buf_clear(&wire->sending);
    if (wire->state != VT_WIRE_OPEN) {
        return;
    }
    if (status != 0) {
        lose(wire, status);
        return;
    }
    vt_wire_flush(wire);
    if (wire->state == VT_WIRE_OPEN && !wire->writing && wire->options.events->drained != NULL) {
        wire->options.events->drained(wire->options.owner);
    }
}

/* What the socket did not take at once goes to libuv; `out` is free again. */
static int send_rest(vt_wire *wire) {
    vt_buf rest = wire->out;
    wire->out = wire->sending;
    wire->sending = rest;
    uv_buf_t piece = uv_buf_init(rest.ptr, (unsigned) rest.len);
    wire->write.data = wire;
    int status = uv_write(&wire->write, (uv_stream_t *) &wire->tcp, &piece, 1, on_written);
    wire->writing = status == 0;
    return status;
}

void vt_wire_flush(vt_wire *wire) {
    if (wire->state != VT_WIRE_OPEN || wire->writing || wire->out.len == 0) {
        return;
    }
    uv_buf_t piece = uv_buf_init(wire->out.ptr, (unsigned) wire->out.len);
    int sent = uv_try_write((uv_stream_t *) &wire->tcp, &piece, 1);
    if (sent >= 0) {
        vt_buf_consume(&wire->out, (size_t) sent);
    }
    int status = sent >= 0 || sent == UV_EAGAIN ? 0 : sent;
    if (status == 0 && wire->out.len > 0) {
        status = send_rest(wire);
    }
    if (status != 0) {
        lose(wire, status);
    }
}

bool vt_wire_is_busy(const vt_wire *wire) {
    return wire->writing;
}

void vt_wire_reset(vt_wire *wire) {
    lose(wire, UV_ECONNRESET);
}

void vt_wire_stop(vt_wire *wire) {
    if (wire->stopping || wire->open_handles == 0) {
        return;
    }
    wire->stopping = true;
    if (wire->state == VT_WIRE_CONNECTING || wire->state == VT_WIRE_OPEN) {
        close_tcp(wire);
    }
    wire->state = VT_WIRE_STOPPED;
    uv_close((uv_handle_t *) &wire->timer, on_timer_closed);
}

bool vt_wire_is_closed(const vt_wire *wire) {
    return wire->open_handles == 0;
}

void vt_wire_release(vt_wire *wire) {
    vt_buf_release(&wire->out);
    vt_buf_release(&wire->sending);
}

const char *vt_wire_trouble(vt_wire *wire) {
    if (wire->trouble == 0) {
        return "the server broke the request off";
    }
    if (wire->trouble == UV_EOF) {
        return "the server closed the connection";
    }
    return uv_strerror_r(wire->trouble, wire->trouble_text, sizeof wire->trouble_text);
}
