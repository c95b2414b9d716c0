#include "base/assert.h"
#include "net/conn.h"
#include "net/fields.h"
#include "net/http2_session.h"
#include "net/loop_state.h"

#include <stdio.h>

enum {
    NV_MAX = VT_REPLY_HEADERS_MAX + 6,
    STATIC_BOTH = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
};

typedef struct nv_list {
    nghttp2_nv items[NV_MAX];
    size_t count;
} nv_list;

/* nghttp2 takes its names and values as pointers to bytes that it does not write to. */
static uint8_t *octets(const char *ptr) {
    union {
        const char *read;
        uint8_t *octets;
    } pointer = {.read = ptr};
    return pointer.octets;
}

static void add(nv_list *list, vt_slice name, vt_slice value, uint8_t flags) {
    if (list->count < NV_MAX) {
        list->items[list->count++] = (nghttp2_nv){octets(name.ptr), octets(value.ptr), name.len, value.len, flags};
    }
}

/* The trailers live in the exchange for as long as the stream does. */
static void add_trailers(nv_list *list, const vt_exchange *exchange) {
    size_t at = 0;
    vt_header field;
    while (vt_fields_next(&exchange->trailers, &at, &field)) {
        add(list, field.name, field.value, STATIC_BOTH);
    }
}

static void fail(vt_exchange *exchange) {
    exchange->conn->is_dead = true;
}

static ssize_t finish_data(nghttp2_session *session, vt_exchange *exchange, uint32_t *flags) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (exchange->protocol == VT_PROTOCOL_GRPC) {
        nv_list trailers = {.count = 0};
        add_trailers(&trailers, exchange);
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(session, exchange->stream_id, trailers.items, trailers.count) != 0) {
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    return 0;
}

static ssize_t read_data(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t len, uint32_t *flags,
                         nghttp2_data_source *source, void *user_data) {
    (void) stream_id;
    vt_conn *conn = user_data;
    vt_exchange *exchange = source->ptr;
    vt_outbound *outbound = &exchange->outbound;
    size_t before = vt_outbound_waiting(outbound);
    size_t cap_before = outbound->queue.cap;
    size_t done = vt_outbound_read(outbound, to, len, exchange->protocol == VT_PROTOCOL_GRPC);
    conn->pending_bytes -= before - vt_outbound_waiting(outbound);
    vt_account_note(&conn->loop->account, cap_before, outbound->queue.cap);
    exchange->progress_ms = conn->loop->now_ms;
    vt_bucket_earn(&conn->http2->controls);
    if (!vt_outbound_is_empty(outbound)) {
        return (ssize_t) done;
    }
    if (exchange->is_answered) {
        ssize_t failed = finish_data(session, exchange, flags);
        return failed != 0 ? failed : (ssize_t) done;
    }
    if (done == 0) {
        exchange->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t) done;
}

static void submit(vt_exchange *exchange, const nv_list *list, bool has_data) {
    nghttp2_data_provider provider = {.source = {.ptr = exchange}, .read_callback = read_data};
    exchange->is_started = true;
    if (nghttp2_submit_response(exchange->conn->http2->session, exchange->stream_id, list->items, list->count,
                                has_data ? &provider : NULL) != 0) {
        fail(exchange);
    }
}

static void add_http_headers(nv_list *list, vt_exchange *exchange, const vt_http_answer *answer) {
    add(list, VT_SLICE("date"), vt_loop_date(exchange->loop), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    vt_header content_type = {VT_SLICE("content-type"), answer->content_type};
    if (answer->content_type.len > 0 && vt_field_is_safe(&content_type)) {
        add(list, content_type.name, content_type.value, NGHTTP2_NV_FLAG_NO_COPY_NAME);
    }
    for (uint32_t i = 0; i < answer->headers_count; i++) {
        if (vt_field_is_safe(&answer->headers[i])) {
            add(list, answer->headers[i].name, answer->headers[i].value, NGHTTP2_NV_FLAG_NONE);
        }
    }
}

static void submit_http(vt_exchange *exchange, const vt_http_answer *answer, bool has_length, bool has_data) {
    VT_ASSERT(answer->status >= 200 && answer->status <= 599);
    const char status[] = {(char) ('0' + answer->status / 100), (char) ('0' + answer->status / 10 % 10),
                           (char) ('0' + answer->status % 10)};
    char length[24];
    nv_list list = {.count = 0};
    add(&list, VT_SLICE(":status"), vt_slice_of(status, sizeof status), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    if (has_length) {
        int len = snprintf(length, sizeof length, "%zu", answer->body.len);
        add(&list, VT_SLICE("content-length"), vt_slice_of(length, (size_t) len), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    }
    add_http_headers(&list, exchange, answer);
    submit(exchange, &list, has_data);
}

void vt_http2_answer(vt_exchange *exchange, const vt_http_answer *answer) {
    bool is_bare = answer->status == 204 || answer->status == 304;
    bool has_data = !exchange->is_head && !is_bare && answer->body.len > 0;
    if (has_data) {
        if (vt_exchange_append(exchange, answer->body) != VT_OK) {
            fail(exchange);
            return;
        }
    }
    submit_http(exchange, answer, !is_bare, has_data);
}

static void start_grpc(vt_exchange *exchange) {
    nv_list list = {.count = 0};
    add(&list, VT_SLICE(":status"), VT_SLICE("200"), STATIC_BOTH);
    add(&list, VT_SLICE("content-type"), VT_SLICE("application/grpc"), STATIC_BOTH);
    submit(exchange, &list, true);
}

void vt_http2_start(vt_exchange *exchange, const vt_http_answer *answer) {
    if (answer == NULL) {
        start_grpc(exchange);
    } else {
        submit_http(exchange, answer, false, !exchange->is_head);
    }
}

/* Headers and trailers in one: the only answer of a call that failed. */
static void submit_trailers_only(vt_exchange *exchange) {
    nv_list list = {.count = 0};
    add(&list, VT_SLICE(":status"), VT_SLICE("200"), STATIC_BOTH);
    add(&list, VT_SLICE("content-type"), VT_SLICE("application/grpc"), STATIC_BOTH);
    add_trailers(&list, exchange);
    submit(exchange, &list, false);
}

void vt_http2_continue(vt_exchange *exchange) {
    if (!exchange->is_started) {
        if (vt_outbound_is_empty(&exchange->outbound) && exchange->is_answered) {
            submit_trailers_only(exchange);
        } else {
            start_grpc(exchange);
        }
        return;
    }
    if (exchange->is_deferred) {
        exchange->is_deferred = false;
        if (nghttp2_session_resume_data(exchange->conn->http2->session, exchange->stream_id) != 0) {
            fail(exchange);
        }
    }
}
