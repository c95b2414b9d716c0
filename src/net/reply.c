#include "net/conn.h"
#include "net/dispatch.h"
#include "net/fields.h"
#include "net/http2.h"
#include "net/loop_state.h"
#include "net/reply_end.h"

#include "base/assert.h"

vt_slice vt_request_header(const vt_request *request, vt_slice name) {
    for (uint32_t i = 0; i < request->headers_count; i++) {
        if (vt_slice_eq(request->headers[i].name, name)) {
            return request->headers[i].value;
        }
    }
    return (vt_slice){NULL, 0};
}

void vt_reply_mark_answered(vt_exchange *exchange, vt_outcome outcome) {
    vt_loop *loop = exchange->loop;
    exchange->is_answered = true;
    vt_wheel_clear(&loop->calls, &exchange->deadline);
    vt_meter_request(&loop->meter, exchange->protocol, outcome, loop->now_ms - exchange->since_ms);
    vt_loop_mark_dirty(exchange->conn);
}

/* Puts an error in the place of an answer that there is no room for. What changed nothing was not done; of anything
 * else only the handler knows. */
static bool has_room(vt_exchange *exchange, size_t len) {
    const vt_account *account = &exchange->loop->account;
    /* Who asks for pages and reads none would fill the reserve with small ones, too. */
    bool is_page = exchange->is_safe && len > VT_ACCOUNT_SMALL_PAGE_BYTES;
    bool has_common = account->kept_bytes + len <= vt_account_common_bytes(account);
    if (has_common || (!is_page && vt_account_has_answer_room(account, len))) {
        return true;
    }
    vt_dispatch_refuse(exchange, exchange->is_safe ? VT_ERR_OVERLOADED : VT_ERR_UNKNOWN);
    return false;
}

void vt_reply_http(vt_reply reply, const vt_http_answer *answer) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL || !has_room(exchange, answer->body.len)) {
        return;
    }
    VT_ASSERT(exchange->protocol != VT_PROTOCOL_GRPC && !exchange->is_started);
    VT_ASSERT(answer->headers_count <= VT_REPLY_HEADERS_MAX);
    vt_reply_mark_answered(exchange, vt_outcome_of_http(answer->status));
    if (exchange->protocol == VT_PROTOCOL_HTTP1) {
        vt_http1_answer(exchange, answer);
    } else {
        vt_http2_answer(exchange, answer);
    }
}

/* Keeps the trailers until the message is sent. */
static vt_err keep_trailers(vt_exchange *exchange, const vt_grpc_answer *answer) {
    char status[2] = {(char) ('0' + answer->status / 10), (char) ('0' + answer->status % 10)};
    size_t skipped = answer->status < 10 ? 1 : 0;
    vt_header field = {VT_SLICE("grpc-status"), vt_slice_of(status + skipped, sizeof status - skipped)};
    vt_err err = vt_fields_append(&exchange->trailers, &field);
    if (err == VT_OK && answer->text.len > 0) {
        char bytes[VT_REPLY_TEXT_MAX * 3];
        vt_buf text = {.ptr = bytes, .cap = sizeof bytes, .max = sizeof bytes};
        size_t len = answer->text.len < VT_REPLY_TEXT_MAX ? answer->text.len : VT_REPLY_TEXT_MAX;
        err = vt_grpc_append_message(&text, vt_slice_of(answer->text.ptr, len));
        field = (vt_header){VT_SLICE("grpc-message"), vt_buf_slice(&text)};
        err = err != VT_OK ? err : vt_fields_append(&exchange->trailers, &field);
    }
    for (uint32_t i = 0; err == VT_OK && i < answer->trailers_count; i++) {
        err = vt_fields_append(&exchange->trailers, &answer->trailers[i]);
    }
    return err;
}

void vt_reply_end_grpc(vt_exchange *exchange, const vt_grpc_answer *answer, vt_slice message) {
    VT_ASSERT(exchange->protocol == VT_PROTOCOL_GRPC);
    VT_ASSERT(answer->status >= 0 && answer->status <= 16 && answer->trailers_count <= VT_REPLY_HEADERS_MAX);
    vt_err err = keep_trailers(exchange, answer);
    if (err == VT_OK && message.ptr != NULL) {
        err = vt_exchange_append(exchange, message);
    }
    vt_reply_mark_answered(exchange, vt_outcome_of_grpc(answer->status));
    if (err != VT_OK) {
        exchange->conn->is_dead = true; /* without memory for an answer there is nothing to say */
        return;
    }
    vt_http2_continue(exchange);
}

void vt_reply_grpc(vt_reply reply, const vt_grpc_answer *answer) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL || !has_room(exchange, answer->message.len)) {
        return;
    }
    vt_slice message = answer->message.ptr == NULL ? VT_SLICE("") : answer->message;
    vt_reply_end_grpc(exchange, answer, answer->status == 0 ? message : (vt_slice){NULL, 0});
}

bool vt_reply_is_open(vt_reply reply) {
    return vt_exchange_find(reply) != NULL;
}

void vt_reply_note(vt_reply reply, vt_slice name, vt_slice value) {
    vt_exchange *exchange = vt_exchange_find(reply);
    if (exchange == NULL) {
        return;
    }
    vt_header field = {name, value};
    VT_ASSERT(name.len <= VT_NOTE_NAME_MAX && value.len <= VT_NOTE_VALUE_MAX && vt_field_is_safe(&field));
    memcpy(exchange->note_name, name.ptr, name.len);
    memcpy(exchange->note_value, value.ptr, value.len);
    exchange->note_name_len = (uint8_t) name.len;
    exchange->note_value_len = (uint8_t) value.len;
}
