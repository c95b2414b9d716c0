#include "wire.h"

#include "base/assert.h"

#include <stdlib.h>

static void wake(void *context) {
    (void) context;
}

test_wire *wire_open(const vt_server_limits *limits) {
    test_wire *made = calloc(1, sizeof *made);
    VT_ASSERT(made != NULL);
    vt_route_table table = echo_routes(NULL);
    vt_err err = vt_router_open(&table, 1, &made->router);
    VT_ASSERT(err == VT_OK);
    vt_loop_options options = {
        .router = made->router,
        .limits = limits == NULL ? vt_server_limits_default() : *limits,
        .name = "test",
        .wake = wake,
    };
    vt_loop_init(&made->loop, &options);
    vt_conn_init(&made->conn, &made->loop, &(vt_peer){{0}});
    vt_buf_init(&made->out, WIRE_OUT_BYTES_MAX);
    echo_kept_now = (echo_kept){0};
    vt_conn_settle(&made->conn);
    return made;
}

void wire_close(test_wire *wire) {
    vt_conn_release(&wire->conn);
    VT_ASSERT(wire->loop.exchanges.in_use == 0 && wire->loop.account.kept_bytes == 0);
    vt_loop_release(&wire->loop);
    vt_router_close(wire->router);
    vt_buf_release(&wire->out);
    free(wire);
}

static void take_output(test_wire *wire) {
    vt_slice parts[VT_OUTPUT_PARTS_MAX];
    unsigned count = vt_output_parts(&wire->conn.output, parts);
    for (unsigned i = 0; i < count; i++) {
        vt_err err = vt_buf_append_slice(&wire->out, parts[i]);
        VT_ASSERT(err == VT_OK);
    }
    vt_output_consume(&wire->conn.output, &wire->loop.spare, vt_output_waiting(&wire->conn.output));
}

void wire_flush(test_wire *wire) {
    vt_conn *conn;
    while ((conn = vt_loop_next_dirty(&wire->loop)) != NULL) {
        bool has_more = !wire->is_blocked;
        if (wire->is_blocked && conn->blocked_ms == 0) {
            vt_conn_pull(conn);
            conn->blocked_ms = vt_output_is_empty(&conn->output) ? 0 : wire->loop.now_ms;
        }
        while (has_more) {
            conn->blocked_ms = 0;
            vt_conn_pull(conn);
            bool was_full = vt_output_waiting(&conn->output) >= VT_OUTPUT_ENOUGH_BYTES;
            take_output(wire);
            has_more = was_full || (conn->kind == VT_CONN_HTTP1 && conn->pending_bytes > 0);
        }
        wire->is_closed = conn->is_dead || (conn->is_closing && vt_output_is_empty(&conn->output));
        vt_conn_settle(conn);
    }
}

void wire_feed(test_wire *wire, vt_slice bytes) {
    if (!wire->is_closed) {
        vt_conn_feed(&wire->conn, bytes.ptr, bytes.len);
        wire_flush(wire);
    }
}

void wire_eof(test_wire *wire) {
    vt_conn_feed_eof(&wire->conn);
    wire_flush(wire);
}

void wire_pass(test_wire *wire, int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += 10) {
        vt_loop_set_time(&wire->loop, wire->loop.now_ms + 10, wire->loop.wall_ms);
        vt_loop_run_deadlines(&wire->loop);
        wire_flush(wire);
    }
}
