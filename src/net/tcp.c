#include "net/tcp.h"

#include "base/assert.h"

#include <netinet/in.h>
#include <stdlib.h>

static void on_closed(uv_handle_t *handle) {
    vt_tcp *tcp = handle->data;
    vt_worker *worker = tcp->worker;
    vt_output_release(&tcp->sending, &worker->loop.spare);
    if (worker->spare_count == VT_WORKER_SPARE_MAX) {
        free(tcp);
        return;
    }
    tcp->next = worker->spare;
    worker->spare = tcp;
    worker->spare_count++;
}

static void unlink_tcp(vt_tcp *tcp) {
    *(tcp->prev == NULL ? &tcp->worker->first : &tcp->prev->next) = tcp->next;
    if (tcp->next != NULL) {
        tcp->next->prev = tcp->prev;
    }
}

void vt_tcp_close(vt_tcp *tcp) {
    vt_worker *worker = tcp->worker;
    vt_conn_release(&tcp->conn);
    unlink_tcp(tcp);
    if (tcp->is_turned_away) {
        worker->turned_away--;
    } else {
        atomic_fetch_sub_explicit(&worker->shared->connections, 1, memory_order_relaxed);
        vt_meter_connection(&worker->loop.meter, -1);
    }
    /* What a cut peer has not taken would otherwise stay in the kernel for minutes, and the peer would not know. */
    bool is_cut = tcp->conn.is_dead && !tcp->is_shut;
    if (!is_cut || uv_tcp_close_reset(&tcp->handle, on_closed) != 0) {
        uv_close((uv_handle_t *) &tcp->handle, on_closed);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void) suggested;
    const vt_tcp *tcp = handle->data;
    *buf = uv_buf_init(tcp->worker->read_buffer, VT_WORKER_READ_BYTES);
}

static void discard(vt_tcp *tcp, ssize_t len) {
    tcp->discarded += len > 0 ? (uint32_t) len : 0;
    if (len < 0 || tcp->discarded > VT_TCP_DISCARD_BYTES_MAX) {
        vt_tcp_close(tcp);
    }
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
    vt_tcp *tcp = stream->data;
    vt_worker *worker = tcp->worker;
    if (len == 0) {
        return;
    }
    vt_worker_touch(worker);
    if (tcp->is_shut) {
        discard(tcp, len);
        return;
    }
    if (len > 0) {
        vt_conn_feed(&tcp->conn, buf->base, (size_t) len);
    } else if (len == UV_EOF) {
        tcp->is_reading = false;
        vt_conn_feed_eof(&tcp->conn);
    } else {
        tcp->conn.is_dead = true;
        vt_loop_mark_dirty(&tcp->conn);
    }
    vt_worker_flush(worker);
}

static void set_reading(vt_tcp *tcp, bool wanted) {
    if (tcp->is_reading == wanted || tcp->conn.is_eof) {
        return;
    }
    tcp->is_reading = wanted;
    int failed = wanted ? uv_read_start((uv_stream_t *) &tcp->handle, on_alloc, on_read)
                        : uv_read_stop((uv_stream_t *) &tcp->handle);
    VT_ASSERT(failed == 0 || wanted);
    if (failed != 0) {
        tcp->conn.is_dead = true;
    }
}

static void on_written(uv_write_t *write, int status) {
    vt_tcp *tcp = write->data;
    if (uv_is_closing((uv_handle_t *) &tcp->handle)) {
        return; /* on_closed releases the output */
    }
    vt_worker *worker = tcp->worker;
    vt_worker_touch(worker);
    vt_output_release(&tcp->sending, &worker->loop.spare);
    tcp->is_writing = false;
    tcp->conn.blocked_ms = 0;
    if (status != 0) {
        tcp->conn.is_dead = true;
    }
    vt_loop_mark_dirty(&tcp->conn);
    vt_worker_flush(worker);
}

static unsigned buffers_of(const vt_output *output, uv_buf_t bufs[VT_OUTPUT_PARTS_MAX]) {
    vt_slice parts[VT_OUTPUT_PARTS_MAX];
    unsigned count = vt_output_parts(output, parts);
    for (unsigned i = 0; i < count; i++) {
        /* libuv takes buffers for writing as pointers to bytes that it does not change. */
        union {
            const char *read;
            char *base;
        } pointer = {.read = parts[i].ptr};
        bufs[i] = uv_buf_init(pointer.base, (unsigned) parts[i].len);
    }
    return count;
}

/* Hands what the socket did not take over to libuv. */
static void write_later(vt_tcp *tcp) {
    tcp->sending = tcp->conn.output;
    vt_output_init(&tcp->conn.output);
    uv_buf_t bufs[VT_OUTPUT_PARTS_MAX];
    unsigned count = buffers_of(&tcp->sending, bufs);
    tcp->write.data = tcp;
    if (uv_write(&tcp->write, (uv_stream_t *) &tcp->handle, bufs, count, on_written) != 0) {
        tcp->conn.is_dead = true;
        return;
    }
    tcp->is_writing = true;
    tcp->conn.blocked_ms = tcp->worker->loop.now_ms;
    tcp->queue_seen = uv_stream_get_write_queue_size((uv_stream_t *) &tcp->handle);
}

/* Writes as much as the socket takes. */
static void write_now(vt_tcp *tcp) {
    vt_conn *conn = &tcp->conn;
    uv_buf_t bufs[VT_OUTPUT_PARTS_MAX];
    unsigned count = buffers_of(&conn->output, bufs);
    int written = uv_try_write((uv_stream_t *) &tcp->handle, bufs, count);
    if (written < 0 && written != UV_EAGAIN) {
        conn->is_dead = true;
        return;
    }
    if (written > 0) {
        vt_output_consume(&conn->output, &conn->loop->spare, (size_t) written);
    }
    if (!vt_output_is_empty(&conn->output)) {
        write_later(tcp);
    }
}

static void on_shutdown(uv_shutdown_t *shutdown, int status) {
    (void) status; /* whatever it is, EOF, an error or the linger deadline closes */
    (void) shutdown;
}

/* All is said: closes, or waits for the peer to have read it. */
static void finish(vt_tcp *tcp) {
    bool is_lingering = tcp->conn.is_lingering && !tcp->conn.is_eof;
    tcp->shutdown.data = tcp;
    if (!is_lingering || uv_shutdown(&tcp->shutdown, (uv_stream_t *) &tcp->handle, on_shutdown) != 0) {
        vt_tcp_close(tcp);
        return;
    }
    set_reading(tcp, true);
    tcp->is_shut = true;
    vt_conn_linger(&tcp->conn);
}

void vt_tcp_flush(vt_tcp *tcp) {
    vt_conn *conn = &tcp->conn;
    if (tcp->is_shut) {
        if (conn->is_dead) {
            vt_tcp_close(tcp);
        }
        return;
    }
    bool has_more = true;
    while (has_more && !conn->is_dead && !tcp->is_writing) {
        vt_conn_pull(conn);
        bool was_full = vt_output_waiting(&conn->output) >= VT_OUTPUT_ENOUGH_BYTES;
        if (!conn->is_dead && !vt_output_is_empty(&conn->output)) {
            write_now(tcp);
        }
        has_more = was_full || (conn->kind == VT_CONN_HTTP1 && conn->pending_bytes > 0);
    }
    if (conn->is_dead) {
        vt_tcp_close(tcp);
        return;
    }
    if (conn->is_closing && !tcp->is_writing) {
        finish(tcp);
        return;
    }
    set_reading(tcp, !tcp->is_writing && vt_conn_wants_input(conn));
    vt_conn_settle(conn);
}

void vt_tcp_note_progress(vt_worker *worker) {
    for (vt_tcp *tcp = worker->first; tcp != NULL; tcp = tcp->next) {
        if (!tcp->is_writing) {
            continue;
        }
        size_t queue = uv_stream_get_write_queue_size((uv_stream_t *) &tcp->handle);
        if (queue != tcp->queue_seen) {
            tcp->queue_seen = queue;
            tcp->conn.blocked_ms = worker->loop.now_ms;
        }
    }
}

static vt_tcp *take_tcp(vt_worker *worker) {
    vt_tcp *tcp = worker->spare;
    if (tcp != NULL) {
        worker->spare = tcp->next;
        worker->spare_count--;
        memset(tcp, 0, sizeof *tcp);
        return tcp;
    }
    return calloc(1, sizeof *tcp);
}

static vt_peer peer_of(const uv_tcp_t *handle) {
    vt_peer peer = {{0}};
    struct sockaddr_storage storage = {0};
    int len = sizeof storage;
    if (uv_tcp_getpeername(handle, (struct sockaddr *) &storage, &len) != 0) {
        return peer;
    }
    if (storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &storage, sizeof in6);
        memcpy(peer.address, &in6.sin6_addr, sizeof peer.address);
    } else if (storage.ss_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, &storage, sizeof in4);
        peer.address[10] = 0xff;
        peer.address[11] = 0xff;
        memcpy(peer.address + 12, &in4.sin_addr, 4);
    }
    return peer;
}

/* Counts the connection in; false when it is one too many. */
static bool admit(vt_worker *worker) {
    uint32_t before = atomic_fetch_add_explicit(&worker->shared->connections, 1, memory_order_relaxed);
    if (before < worker->loop.limits.connections_max) {
        vt_meter_connection(&worker->loop.meter, 1);
        return true;
    }
    atomic_fetch_sub_explicit(&worker->shared->connections, 1, memory_order_relaxed);
    vt_meter_refused(&worker->loop.meter);
    return false;
}

static void begin(vt_tcp *tcp) {
    vt_worker *worker = tcp->worker;
    vt_peer peer = peer_of(&tcp->handle);
    tcp->next = worker->first;
    if (tcp->next != NULL) {
        tcp->next->prev = tcp;
    }
    worker->first = tcp;
    vt_conn_init(&tcp->conn, &worker->loop, &peer);
    vt_output_init(&tcp->sending);
    tcp->is_turned_away = !admit(worker);
    if (!tcp->is_turned_away) {
        vt_loop_mark_dirty(&tcp->conn);
    } else if (worker->turned_away++ < VT_WORKER_TURNED_AWAY_MAX) {
        vt_conn_turn_away(&tcp->conn);
    } else {
        tcp->conn.is_dead = true;
        vt_loop_mark_dirty(&tcp->conn);
    }
}

vt_err vt_tcp_open(vt_worker *worker, int fd) {
    vt_tcp *tcp = take_tcp(worker);
    if (tcp == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    tcp->worker = worker;
    tcp->handle.data = tcp;
    int failed = uv_tcp_init(&worker->uv, &tcp->handle);
    VT_ASSERT(failed == 0);
    if (uv_tcp_open(&tcp->handle, fd) != 0) {
        uv_close((uv_handle_t *) &tcp->handle, on_closed);
        return VT_ERR_SYSTEM;
    }
    begin(tcp);
    return VT_OK;
}

void vt_tcp_free_spare(vt_worker *worker) {
    while (worker->spare != NULL) {
        vt_tcp *next = worker->spare->next;
        free(worker->spare);
        worker->spare = next;
    }
    worker->spare_count = 0;
}
