#include "net/http2.h"

#include "base/assert.h"
#include "net/dispatch.h"
#include "net/http2_session.h"
#include "net/loop_state.h"

#include <stdlib.h>

vt_exchange *vt_http2_exchange(vt_http2 *http2, int32_t stream_id) {
    return nghttp2_session_get_stream_user_data(http2->session, stream_id);
}

void vt_http2_reset_stream(vt_conn *conn, int32_t stream_id, uint32_t code) {
    if (nghttp2_submit_rst_stream(conn->http2->session, NGHTTP2_FLAG_NONE, stream_id, code) != 0) {
        conn->is_dead = true;
    }
}

void vt_http2_terminate(vt_conn *conn, uint32_t code) {
    if (nghttp2_session_terminate_session(conn->http2->session, code) != 0) {
        conn->is_dead = true;
    }
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    vt_conn *conn = user_data;
    vt_http2 *http2 = conn->http2;
    http2->block_stream_id = frame->hd.stream_id;
    http2->block = NULL;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    vt_exchange *exchange =
        conn->pending_bytes > VT_HTTP2_PENDING_BYTES_MAX ? NULL : vt_exchange_take(conn, VT_PROTOCOL_HTTP2);
    if (exchange == NULL) {
        vt_http2_reset_stream(conn, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    exchange->stream_id = frame->hd.stream_id;
    http2->block = exchange;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
}

static vt_err keep_pseudo_header(vt_inbound *inbound, vt_slice name, vt_slice value) {
    if (vt_slice_eq(name, VT_SLICE(":path"))) {
        return vt_inbound_append(inbound, &inbound->target, value, false);
    }
    if (vt_slice_eq(name, VT_SLICE(":method"))) {
        if (vt_slice_eq(value, VT_SLICE("POST"))) {
            inbound->method = VT_SLICE("POST");
            return VT_OK;
        }
        return vt_inbound_append(inbound, &inbound->method_span, value, false);
    }
    if (vt_slice_eq(name, VT_SLICE(":authority"))) {
        return vt_inbound_append(inbound, &inbound->authority, value, false);
    }
    return vt_inbound_count(inbound, value.len);
}

static vt_err keep_header(vt_inbound *inbound, vt_slice name, vt_slice value) {
    vt_inbound_field *header;
    vt_err err = vt_inbound_header_now(inbound, &header);
    if (err != VT_OK) {
        return err;
    }
    *header = (vt_inbound_field){0};
    err = vt_inbound_count(inbound, VT_INBOUND_HEADER_OVERHEAD);
    if (err == VT_OK) {
        err = vt_inbound_append(inbound, &header->name, name, false);
    }
    if (err == VT_OK) {
        err = vt_inbound_append(inbound, &header->value, value, false);
    }
    if (err == VT_OK) {
        inbound->headers_count++;
    }
    return err;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name_ptr, size_t name_len,
                     const uint8_t *value_ptr, size_t value_len, uint8_t flags, void *user_data) {
    (void) session;
    (void) flags;
    vt_conn *conn = user_data;
    vt_exchange *exchange = conn->http2->block;
    /* Trailers have no block: nghttp2 checks them, nobody reads them. */
    if (exchange == NULL || exchange->refusal != VT_OK || frame->hd.stream_id != conn->http2->block_stream_id) {
        return 0;
    }
    vt_slice name = vt_slice_of((const char *) name_ptr, name_len);
    vt_slice value = vt_slice_of((const char *) value_ptr, value_len);
    bool is_pseudo = name_len > 0 && name_ptr[0] == ':';
    exchange->refusal =
        is_pseudo ? keep_pseudo_header(exchange->inbound, name, value) : keep_header(exchange->inbound, name, value);
    return 0;
}

/* The body length that the client has announced is too large already. */
static vt_err check_length(const vt_exchange *exchange) {
    vt_slice text = vt_inbound_header(exchange->inbound, VT_SLICE("content-length"), NULL);
    uint64_t len = 0;
    for (size_t i = 0; i < text.len && len <= UINT32_MAX; i++) {
        len = len * 10 + (uint64_t) (text.ptr[i] - '0'); /* nghttp2 has checked that these are digits */
    }
    bool is_grpc = exchange->protocol == VT_PROTOCOL_GRPC;
    uint32_t body_bytes_max = exchange->route == NULL || is_grpc ? UINT32_MAX : exchange->route->body_bytes_max;
    return len > body_bytes_max ? VT_ERR_BODY_TOO_LARGE : VT_OK;
}

static void refuse(vt_exchange *exchange, vt_err err) {
    vt_exchange_move(exchange, &exchange->conn->answering);
    vt_dispatch_refuse(exchange, err);
}

/* Whether a refusal can wait for the rest of a small body: many clients take an answer that comes before they have sent
 * all for an error. A call may go on for ever and is refused at once, as is what there is no room for. */
static bool may_wait(const vt_exchange *exchange, vt_err err) {
    return exchange->protocol == VT_PROTOCOL_HTTP2 && err != VT_ERR_BODY_TOO_LARGE && err != VT_ERR_OVERLOADED;
}

static void discard(vt_exchange *exchange, size_t len) {
    exchange->inbound->body_bytes += len;
    if (exchange->inbound->body_bytes > VT_HTTP2_DISCARD_BYTES_MAX) {
        refuse(exchange, exchange->refusal);
    }
}

static bool is_stream_call(const vt_exchange *exchange) {
    return exchange->route != NULL && exchange->route->kind == VT_ROUTE_GRPC_STREAM;
}

static uint32_t count_stream_calls(const vt_exchange_list *list) {
    uint32_t count = 0;
    for (const vt_exchange *exchange = list->first; exchange != NULL; exchange = exchange->next) {
        count += is_stream_call(exchange) && !exchange->is_answered ? 1 : 0;
    }
    return count;
}

static void begin_stream_call(vt_conn *conn, vt_exchange *exchange) {
    if (count_stream_calls(&conn->receiving) + count_stream_calls(&conn->answering) > VT_HTTP2_STREAM_CALLS_MAX) {
        refuse(exchange, VT_ERR_FULL);
    } else {
        vt_exchange_move(exchange, &conn->answering); /* it may be silent for longer than a request may arrive */
    }
}

static void on_request_headers(vt_conn *conn, vt_exchange *exchange) {
    vt_inbound *inbound = exchange->inbound;
    if (inbound->method.len == 0) {
        inbound->method = vt_inbound_slice(inbound, inbound->method_span);
    }
    vt_err err = exchange->refusal;
    vt_err found = vt_dispatch_headers(exchange);
    if (err == VT_OK) {
        err = found == VT_OK ? check_length(exchange) : found;
    }
    if (err != VT_OK && may_wait(exchange, err)) {
        exchange->refusal = err;
    } else if (err != VT_OK) {
        refuse(exchange, err);
    } else if (is_stream_call(exchange)) {
        begin_stream_call(conn, exchange);
    }
}

static void on_request_end(vt_exchange *exchange) {
    exchange->is_received = true;
    if (exchange->is_answered || exchange->inbound == NULL) {
        return;
    }
    if (exchange->refusal != VT_OK) {
        refuse(exchange, exchange->refusal);
    } else {
        vt_dispatch_end(exchange);
    }
}

/* Counts frames that cost us work and bring no request. */
static void count_control(vt_conn *conn) {
    if (!vt_bucket_take(&conn->http2->controls, VT_HTTP2_CONTROLS_BURST, VT_HTTP2_CONTROLS_PER_SECOND,
                        conn->loop->now_ms)) {
        vt_http2_terminate(conn, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

static void announce_last(vt_conn *conn) {
    vt_http2 *http2 = conn->http2;
    if (http2->is_last_announced) {
        return;
    }
    http2->is_last_announced = true;
    int32_t last = nghttp2_session_get_last_proc_stream_id(http2->session);
    if (nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0) != 0) {
        conn->is_dead = true;
    }
}

static void on_rare_frame(vt_conn *conn, const nghttp2_frame *frame) {
    bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM:
        if (!vt_bucket_take(&conn->http2->resets, VT_HTTP2_RESETS_BURST, VT_HTTP2_RESETS_PER_SECOND,
                            conn->loop->now_ms)) {
            vt_http2_terminate(conn, NGHTTP2_ENHANCE_YOUR_CALM);
        }
        break;
    case NGHTTP2_PING:
        if (is_ack && conn->is_draining) {
            announce_last(conn); /* every stream the peer opened before it knew is here by now */
        }
        count_control(conn);
        break;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY:
        count_control(conn);
        break;
    default:
        break;
    }
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void) session;
    vt_conn *conn = user_data;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
        on_rare_frame(conn, frame);
        return 0;
    }
    bool is_request = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_DATA && !is_end && frame->hd.length == 0) {
        count_control(conn);
        return 0;
    }
    if (!is_request && !is_end) {
        return 0;
    }
    vt_exchange *exchange = vt_http2_exchange(conn->http2, frame->hd.stream_id);
    if (exchange == NULL) {
        return 0;
    }
    if (is_request) {
        on_request_headers(conn, exchange);
    }
    if (is_end) {
        on_request_end(exchange);
    }
    return 0;
}

static int on_data_chunk_recv(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
                              size_t len, void *user_data) {
    (void) session;
    (void) flags;
    vt_conn *conn = user_data;
    vt_exchange *exchange = vt_http2_exchange(conn->http2, stream_id);
    if (exchange == NULL || exchange->is_answered || exchange->inbound == NULL || len == 0) {
        return 0;
    }
    if (exchange->refusal != VT_OK) {
        discard(exchange, len);
        return 0;
    }
    bool is_stream = is_stream_call(exchange);
    vt_reply reply = vt_exchange_reply(exchange);
    vt_err err = vt_dispatch_body(exchange, vt_slice_of((const char *) data, len));
    if (vt_exchange_find(reply) == NULL) {
        return 0;
    }
    if (err != VT_OK) {
        refuse(exchange, err);
    } else if (is_stream) {
        /* Between messages a stream may wait for ever; within one it may not. */
        bool is_partial = exchange->inbound != NULL && vt_grpc_is_partial(&exchange->inbound->grpc);
        exchange->since_ms = is_partial && exchange->list == &conn->receiving ? exchange->since_ms : conn->loop->now_ms;
        vt_exchange_move(exchange, is_partial ? &conn->receiving : &conn->answering);
    }
    return 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void) session;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) {
        return 0;
    }
    vt_conn *conn = user_data;
    vt_bucket_earn(&conn->http2->controls);
    const vt_exchange *exchange = vt_http2_exchange(conn->http2, frame->hd.stream_id);
    if (exchange != NULL && !exchange->is_received) {
        vt_http2_reset_stream(conn, frame->hd.stream_id, NGHTTP2_NO_ERROR); /* RFC 9113 §8.1: the rest is not wanted */
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *user_data) {
    (void) session;
    (void) code;
    vt_conn *conn = user_data;
    vt_exchange *exchange = vt_http2_exchange(conn->http2, stream_id);
    if (exchange == NULL) {
        return 0;
    }
    if (conn->http2->block == exchange) {
        conn->http2->block = NULL;
    }
    nghttp2_session_set_stream_user_data(conn->http2->session, stream_id, NULL);
    vt_exchange_give(exchange);
    if (conn->receiving.count + conn->answering.count == 0) {
        conn->since_ms = conn->loop->now_ms;
    }
    return 0;
}

static int new_session(vt_conn *conn, const nghttp2_session_callbacks *callbacks) {
    nghttp2_option *option = NULL;
    int failed = nghttp2_option_new(&option);
    if (failed != 0) {
        return failed;
    }
    nghttp2_option_set_max_outbound_ack(option, VT_HTTP2_ACKS_MAX);
    /* Ours comes first and names the reason; this one stays as a second line. */
    nghttp2_option_set_stream_reset_rate_limit(option, 2 * VT_HTTP2_RESETS_BURST, 2 * VT_HTTP2_RESETS_PER_SECOND);
    failed =
        nghttp2_session_server_new3(&conn->http2->session, callbacks, conn, option, &conn->loop->h2_memory.functions);
    nghttp2_option_del(option);
    return failed;
}

static int make_session(vt_conn *conn) {
    nghttp2_session_callbacks *callbacks = NULL;
    int failed = nghttp2_session_callbacks_new(&callbacks);
    if (failed != 0) {
        return failed;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    failed = new_session(conn, callbacks);
    nghttp2_session_callbacks_del(callbacks);
    return failed;
}

static int submit_settings(vt_conn *conn) {
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, conn->loop->limits.streams_max},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, conn->loop->limits.headers_bytes_max},
    };
    nghttp2_session *session = conn->http2->session;
    int failed = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
    if (failed != 0) {
        return failed;
    }
    return nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, VT_HTTP2_WINDOW_BYTES);
}

vt_err vt_http2_open(vt_conn *conn) {
    vt_http2 *http2 = calloc(1, sizeof *http2);
    if (http2 == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    http2->resets = vt_bucket_full(VT_HTTP2_RESETS_BURST, conn->loop->now_ms);
    http2->controls = vt_bucket_full(VT_HTTP2_CONTROLS_BURST, conn->loop->now_ms);
    conn->http2 = http2;
    if (make_session(conn) != 0 || submit_settings(conn) != 0) {
        vt_http2_release(conn);
        return VT_ERR_NO_MEMORY;
    }
    return VT_OK;
}

void vt_http2_release(vt_conn *conn) {
    if (conn->http2 == NULL) {
        return;
    }
    nghttp2_session_del(conn->http2->session);
    free(conn->http2);
    conn->http2 = NULL;
}

void vt_http2_feed(vt_conn *conn, const char *bytes, size_t len) {
    ssize_t used = nghttp2_session_mem_recv(conn->http2->session, (const uint8_t *) bytes, len);
    if (used >= 0) {
        return;
    }
    /* Bad preface, flood or no memory: nghttp2 has no way to go on. */
    conn->is_closing = true;
    conn->is_lingering = true;
    if (used == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
        vt_http2_terminate(conn, NGHTTP2_PROTOCOL_ERROR);
    } else if (used == NGHTTP2_ERR_FLOODED) {
        vt_http2_terminate(conn, NGHTTP2_ENHANCE_YOUR_CALM);
    } else {
        conn->is_dead = true;
    }
}

static bool has_streams(const vt_conn *conn) {
    return conn->receiving.count + conn->answering.count > 0;
}

/* Moves what may be sent into the output. Returns whether that was all, and not only what there is room for. */
static bool send_frames(vt_conn *conn) {
    while (!conn->is_dead && vt_output_waiting(&conn->output) < VT_OUTPUT_ENOUGH_BYTES) {
        const uint8_t *bytes;
        ssize_t len = nghttp2_session_mem_send(conn->http2->session, &bytes);
        if (len < 0) {
            conn->is_dead = true;
        }
        if (len <= 0) {
            return !conn->is_dead;
        }
        vt_conn_write(conn, bytes, (size_t) len);
    }
    return false;
}

/* The peer has closed its side and got all that may be sent: resets requests that will never be whole, streams that
 * would go on for ever, and answers that wait for a window that nobody widens. Answers that handlers still owe stay. */
static void reset_unfinishable(vt_conn *conn) {
    for (const vt_exchange *exchange = conn->receiving.first; exchange != NULL; exchange = exchange->next) {
        vt_http2_reset_stream(conn, exchange->stream_id, NGHTTP2_CANCEL);
    }
    for (const vt_exchange *exchange = conn->answering.first; exchange != NULL; exchange = exchange->next) {
        if (exchange->is_answered || exchange->is_streaming || is_stream_call(exchange)) {
            vt_http2_reset_stream(conn, exchange->stream_id, NGHTTP2_CANCEL);
        }
    }
}

void vt_http2_pull(vt_conn *conn) {
    vt_http2 *http2 = conn->http2;
    bool is_all = send_frames(conn);
    if (is_all && conn->is_eof && has_streams(conn)) {
        reset_unfinishable(conn);
        send_frames(conn);
    }
    if (!nghttp2_session_want_read(http2->session) && !nghttp2_session_want_write(http2->session)) {
        conn->is_closing = true;
        conn->is_lingering = true;
    }
    bool is_over = http2->is_last_announced || conn->is_eof;
    if (is_over && !has_streams(conn) && !nghttp2_session_want_write(http2->session)) {
        conn->is_closing = true;
        conn->is_lingering = !conn->is_eof;
    }
}

/* Ends what would go on for ever. Streams of a client that is still sending end through their half_close. */
static void end_streams(vt_conn *conn, bool is_final) {
    const vt_grpc_answer unavailable = {.status = 14, .text = VT_SLICE("the server is shutting down")};
    vt_exchange *next;
    for (vt_exchange *exchange = conn->answering.first; exchange != NULL; exchange = next) {
        next = exchange->next;
        if (exchange->is_answered) {
            continue;
        }
        bool is_call = is_stream_call(exchange);
        bool is_over = exchange->is_streaming || (is_call && !exchange->is_ending);
        if (is_call && !exchange->is_ending && !conn->loop->is_sealed) {
            vt_dispatch_half_close(exchange);
        } else if (is_call && !is_final) {
            continue; /* its handler is about to end it */
        } else if (is_over && exchange->protocol == VT_PROTOCOL_GRPC) {
            vt_stream_end_grpc(vt_exchange_reply(exchange), &unavailable);
        } else if (exchange->is_streaming) {
            vt_stream_end(vt_exchange_reply(exchange));
        }
    }
}

/* Resets the streams whose requests have not arrived whole: nothing was done with them. */
static void refuse_receiving(vt_conn *conn) {
    for (const vt_exchange *exchange = conn->receiving.first; exchange != NULL; exchange = exchange->next) {
        vt_http2_reset_stream(conn, exchange->stream_id, NGHTTP2_REFUSED_STREAM);
    }
}

void vt_http2_drain(vt_conn *conn, bool is_final) {
    end_streams(conn, is_final);
    if (is_final) {
        refuse_receiving(conn);
        announce_last(conn);
        return;
    }
    nghttp2_session *session = conn->http2->session;
    if (nghttp2_submit_shutdown_notice(session) != 0 || nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, NULL) != 0) {
        conn->is_dead = true;
    }
}
