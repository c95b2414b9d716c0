#include "net/conn.h"

#include "base/assert.h"
#include "net/http2.h"
#include "net/loop_state.h"

#include <stdio.h>

/* RFC 9113 §3.4 */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_LEN = sizeof preface - 1 };

void vt_conn_init(vt_conn *conn, vt_loop *loop, const vt_peer *peer) {
    *conn = (vt_conn){.loop = loop, .peer = *peer, .kind = VT_CONN_DETECT, .since_ms = loop->now_ms};
    conn->swept_ms = loop->now_ms;
    vt_output_init(&conn->output);
}

static void end_exchanges(vt_exchange_list *list) {
    while (list->first != NULL) {
        vt_exchange_give(list->first);
    }
}

void vt_conn_release(vt_conn *conn) {
    end_exchanges(&conn->receiving);
    end_exchanges(&conn->answering);
    conn->http1.exchange = NULL;
    vt_loop_forget_dirty(conn);
    vt_wheel_clear(&conn->loop->conns, &conn->timer);
    if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_release(conn);
    }
    vt_http2_release(conn);
    vt_output_release(&conn->output, &conn->loop->spare);
}

void vt_conn_write(vt_conn *conn, const void *bytes, size_t len) {
    if (vt_output_append(&conn->output, &conn->loop->spare, bytes, len) != VT_OK) {
        conn->is_dead = true;
    }
}

static void feed_known(vt_conn *conn, const char *bytes, size_t len) {
    if (conn->kind == VT_CONN_HTTP2) {
        vt_http2_feed(conn, bytes, len);
    } else {
        vt_http1_feed(conn, bytes, len);
    }
}

/* Decides as soon as the preface is complete or a byte differs from it. Returns how many bytes were used. */
static size_t detect(vt_conn *conn, const char *bytes, size_t len) {
    size_t used = 0;
    while (used < len && conn->preface_len < PREFACE_LEN && bytes[used] == preface[conn->preface_len]) {
        used++;
        conn->preface_len++;
    }
    if (conn->preface_len == PREFACE_LEN) {
        conn->kind = VT_CONN_HTTP2;
        if (vt_http2_open(conn) != VT_OK) {
            conn->is_dead = true;
            return len;
        }
    } else if (used < len) {
        conn->kind = VT_CONN_HTTP1;
        vt_http1_open(conn);
    }
    return used;
}

void vt_conn_feed(vt_conn *conn, const char *bytes, size_t len) {
    if (conn->is_closing || conn->is_dead || conn->loop->is_sealed || len == 0) {
        return;
    }
    vt_loop_mark_dirty(conn);
    if (conn->kind != VT_CONN_DETECT) {
        feed_known(conn, bytes, len);
        return;
    }
    size_t used = detect(conn, bytes, len);
    if (conn->kind == VT_CONN_DETECT || conn->is_dead) {
        return;
    }
    feed_known(conn, preface, conn->preface_len);
    if (used < len && !conn->is_closing && !conn->is_dead) {
        feed_known(conn, bytes + used, len - used);
    }
}

void vt_conn_feed_eof(vt_conn *conn) {
    conn->is_eof = true;
    vt_loop_mark_dirty(conn);
    if (conn->kind == VT_CONN_DETECT) {
        conn->is_closing = true;
    } else if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_feed_eof(conn);
    } /* HTTP/2 ends what cannot be finished when it has sent what it can: see vt_http2_pull */
}

void vt_conn_pull(vt_conn *conn) {
    if (conn->is_dead) {
        return;
    }
    if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_pull(conn);
    } else if (conn->kind == VT_CONN_HTTP2) {
        vt_http2_pull(conn);
    }
}

bool vt_conn_wants_input(const vt_conn *conn) {
    bool is_full = vt_output_waiting(&conn->output) >= VT_OUTPUT_ENOUGH_BYTES;
    return !is_full && (conn->kind != VT_CONN_HTTP1 || vt_http1_wants_input(conn));
}

static bool has_request(const vt_exchange_list *list) {
    for (const vt_exchange *exchange = list->first; exchange != NULL; exchange = exchange->next) {
        if (exchange->is_received) {
            return true;
        }
    }
    return false;
}

bool vt_conn_is_busy(const vt_conn *conn) {
    bool has_stash = conn->kind == VT_CONN_HTTP1 && conn->http1.stash.len > 0;
    bool has_output = conn->blocked_ms != 0 || !vt_output_is_empty(&conn->output);
    return has_output || has_stash || conn->answering.count > 0 || has_request(&conn->receiving);
}

void vt_conn_drain(vt_conn *conn, bool is_final) {
    conn->is_draining = true;
    vt_loop_mark_dirty(conn);
    if (conn->kind == VT_CONN_DETECT) {
        conn->is_closing = true;
        conn->is_lingering = true;
    } else if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_drain(conn, is_final);
    } else {
        vt_http2_drain(conn, is_final);
    }
}

void vt_conn_seal(vt_conn *conn) {
    if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_drop_stash(conn);
    }
    vt_conn_drain(conn, true);
}

static int64_t next_deadline(const vt_conn *conn) {
    if (conn->linger_ms != 0) {
        return conn->linger_ms;
    }
    if (conn->blocked_ms != 0) {
        return conn->blocked_ms + conn->loop->limits.write_ms;
    }
    if (conn->is_closing || conn->is_dead) {
        return VT_TIME_NEVER;
    }
    switch (conn->kind) {
    case VT_CONN_DETECT:
        return conn->since_ms + conn->loop->limits.headers_ms;
    case VT_CONN_HTTP1:
        return vt_http1_deadline(conn);
    case VT_CONN_HTTP2:
        return vt_http2_deadline(conn);
    }
    return VT_TIME_NEVER;
}

void vt_conn_settle(vt_conn *conn) {
    int64_t deadline = next_deadline(conn);
    if (deadline == VT_TIME_NEVER) {
        return;
    }
    /* A timer that is early costs one look; moving it at every request would cost more. */
    if (!vt_wheel_is_armed(&conn->timer) || deadline < conn->timer.at_ms) {
        vt_wheel_set(&conn->loop->conns, &conn->timer, deadline);
    }
}

void vt_conn_expire(vt_conn *conn) {
    int64_t deadline = next_deadline(conn);
    vt_loop_mark_dirty(conn); /* settles it again */
    if (deadline == VT_TIME_NEVER || deadline > conn->loop->now_ms) {
        return;
    }
    if (conn->linger_ms != 0) {
        conn->is_dead = true;
    } else if (conn->blocked_ms != 0) {
        vt_meter_cut(&conn->loop->meter, VT_CUT_WRITE);
        conn->is_dead = true;
    } else if (conn->kind == VT_CONN_DETECT) {
        vt_meter_cut(&conn->loop->meter, VT_CUT_HEADERS);
        conn->is_closing = true;
    } else if (conn->kind == VT_CONN_HTTP1) {
        vt_http1_expire(conn);
    } else {
        vt_http2_expire(conn);
    }
}

size_t vt_conn_refusal(char out[VT_CONN_REFUSAL_MAX]) {
    char body[256];
    int body_len = snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
                            vt_err_code(VT_ERR_OVERLOADED), vt_err_text(VT_ERR_OVERLOADED));
    int len = snprintf(
        out, VT_CONN_REFUSAL_MAX,
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
        "x-content-type-options: nosniff\r\ncontent-length: %d\r\nretry-after: 1\r\nconnection: close\r\n\r\n%s",
        body_len, body);
    return (size_t) len;
}

void vt_conn_turn_away(vt_conn *conn) {
    char text[VT_CONN_REFUSAL_MAX];
    vt_conn_write(conn, text, vt_conn_refusal(text));
    conn->is_closing = true;
    conn->is_lingering = true;
    vt_loop_mark_dirty(conn);
}

void vt_conn_linger(vt_conn *conn) {
    bool is_draining = conn->is_draining || conn->loop->is_draining;
    conn->linger_ms = conn->loop->now_ms + (is_draining ? VT_CONN_DRAIN_LINGER_MS : VT_CONN_LINGER_MS);
    vt_wheel_set(&conn->loop->conns, &conn->timer, conn->linger_ms);
}

void vt_conn_hurry(vt_conn *conn) {
    int64_t latest_ms = conn->loop->now_ms + VT_CONN_DRAIN_LINGER_MS;
    if (conn->linger_ms > latest_ms) {
        conn->linger_ms = latest_ms;
        vt_wheel_set(&conn->loop->conns, &conn->timer, conn->linger_ms);
    }
}
