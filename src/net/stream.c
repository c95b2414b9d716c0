#include "net/stream.h"

#include "base/assert.h"
#include "net/conn.h"
#include "net/http2.h"
#include "net/loop_state.h"
#include "net/reply_end.h"

vt_err vt_stream_start(vt_reply reply, const vt_http_answer *answer) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL) {
        return VT_ERR_GONE;
    }
    VT_ASSERT(!exchange->is_started && answer->headers_count <= VT_REPLY_HEADERS_MAX);
    exchange->is_started = true;
    exchange->is_streaming = true;
    if (exchange->is_head) {
        vt_reply_mark_answered(exchange, vt_outcome_of_http(answer->status));
    }
    vt_loop_mark_dirty(exchange->conn);
    if (exchange->protocol == VT_PROTOCOL_HTTP1) {
        vt_http1_start(exchange, answer);
    } else {
        vt_http2_start(exchange, exchange->protocol == VT_PROTOCOL_GRPC ? NULL : answer);
    }
    return VT_OK;
}

/* Sends what was just added. The answer of a gRPC stream starts by itself. */
static void go_on(vt_exchange *exchange) {
    VT_ASSERT(exchange->is_started || exchange->protocol == VT_PROTOCOL_GRPC);
    exchange->is_streaming = true;
    vt_loop_mark_dirty(exchange->conn);
    if (exchange->protocol != VT_PROTOCOL_HTTP1) {
        vt_http2_continue(exchange);
    }
}

vt_err vt_stream_offer(vt_reply reply, vt_shared *shared) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL) {
        return VT_ERR_GONE;
    }
    vt_exchange_offer(exchange, shared);
    go_on(exchange);
    return VT_OK;
}

vt_err vt_stream_write(vt_reply reply, vt_slice bytes) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL) {
        return VT_ERR_GONE;
    }
    size_t waiting = vt_outbound_waiting(&exchange->outbound);
    if (exchange->protocol == VT_PROTOCOL_HTTP1) {
        waiting += vt_output_waiting(&exchange->conn->output);
    }
    bool is_full = waiting > 0 && waiting + bytes.len > VT_STREAM_QUEUE_BYTES_MAX;
    if (is_full || !vt_account_has_answer_room(&exchange->loop->account, bytes.len)) {
        return VT_ERR_FULL;
    }
    vt_err err = vt_exchange_append(exchange, bytes);
    if (err == VT_OK) {
        go_on(exchange);
    }
    return err;
}

void vt_stream_allow_silence(vt_reply reply) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange != NULL) {
        exchange->is_silent = true;
    }
}

void vt_stream_end(vt_reply reply) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL) {
        return;
    }
    VT_ASSERT(exchange->is_streaming && exchange->protocol != VT_PROTOCOL_GRPC);
    vt_reply_mark_answered(exchange, VT_OUTCOME_OK);
    go_on(exchange);
}

void vt_stream_end_grpc(vt_reply reply, const vt_grpc_answer *answer) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange != NULL) {
        vt_reply_end_grpc(exchange, answer, (vt_slice){NULL, 0});
    }
}
