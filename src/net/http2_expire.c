/* The deadlines of HTTP/2 connections and of their streams. */
#include "net/dispatch.h"
#include "net/http2_session.h"
#include "net/loop_state.h"

static bool has_streams(const vt_conn *conn) {
    return conn->receiving.count + conn->answering.count > 0;
}

static int64_t request_deadline(const vt_exchange *exchange) {
    const vt_server_limits *limits = &exchange->loop->limits;
    return exchange->since_ms + (exchange->has_headers ? limits->body_ms : limits->headers_ms);
}

/* How often streams are looked at for peers that take nothing, and for calls without messages. */
static int64_t sweep_ms(const vt_conn *conn) {
    const vt_server_limits *limits = &conn->loop->limits;
    return (limits->write_ms < limits->idle_ms ? limits->write_ms : limits->idle_ms) / 4 + 1;
}

int64_t vt_http2_deadline(const vt_conn *conn) {
    if (!has_streams(conn)) {
        return conn->since_ms + conn->loop->limits.idle_ms;
    }
    int64_t deadline = conn->answering.count > 0 ? conn->swept_ms + sweep_ms(conn) : INT64_MAX;
    if (conn->receiving.count > 0) {
        /* Only the newest can still be in its headers, as their block has the connection for itself. */
        int64_t oldest = request_deadline(conn->receiving.first);
        int64_t newest = request_deadline(conn->receiving.last);
        deadline = oldest < deadline ? oldest : deadline;
        deadline = newest < deadline ? newest : deadline;
    }
    return deadline;
}

static void expire_receiving(vt_conn *conn) {
    vt_exchange *next;
    for (vt_exchange *exchange = conn->receiving.first; exchange != NULL; exchange = next) {
        next = exchange->next;
        if (request_deadline(exchange) > conn->loop->now_ms) {
            continue;
        }
        vt_meter_cut(&conn->loop->meter, exchange->has_headers ? VT_CUT_BODY : VT_CUT_HEADERS);
        if (!exchange->has_headers) {
            vt_http2_terminate(conn, NGHTTP2_ENHANCE_YOUR_CALM); /* in mid-block nothing else can be understood */
            return;
        }
        vt_exchange_move(exchange, &conn->answering);
        vt_dispatch_refuse(exchange, VT_ERR_REQUEST_TIMEOUT);
    }
}

/* A streaming call in which no message has come or gone for too long. */
static bool is_idle_call(const vt_exchange *exchange) {
    bool is_call = exchange->route != NULL && exchange->route->kind == VT_ROUTE_GRPC_STREAM;
    int64_t last_ms = exchange->since_ms > exchange->progress_ms ? exchange->since_ms : exchange->progress_ms;
    return is_call && !exchange->is_silent && !exchange->is_answered &&
           exchange->loop->now_ms - last_ms >= exchange->loop->limits.idle_ms;
}

static void expire_answering(vt_conn *conn) {
    for (vt_exchange *exchange = conn->answering.first; exchange != NULL; exchange = exchange->next) {
        int64_t stalled_ms = conn->loop->now_ms - exchange->progress_ms;
        if (!vt_outbound_is_empty(&exchange->outbound) && stalled_ms >= conn->loop->limits.write_ms) {
            vt_meter_cut(&conn->loop->meter, VT_CUT_WRITE);
            vt_http2_reset_stream(conn, exchange->stream_id, NGHTTP2_CANCEL);
        } else if (is_idle_call(exchange)) {
            vt_meter_cut(&conn->loop->meter, VT_CUT_IDLE);
            vt_dispatch_refuse(exchange, VT_ERR_REQUEST_TIMEOUT);
        }
    }
}

void vt_http2_expire(vt_conn *conn) {
    if (!has_streams(conn)) {
        vt_meter_cut(&conn->loop->meter, VT_CUT_IDLE);
        vt_http2_terminate(conn, NGHTTP2_NO_ERROR);
        return;
    }
    conn->swept_ms = conn->loop->now_ms;
    expire_receiving(conn);
    expire_answering(conn);
}
