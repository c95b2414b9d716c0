#include "net/http1_write.h"

#include "base/assert.h"
#include "net/fields.h"
#include "net/loop_state.h"

#include <stdio.h>

enum { HEAD_BYTES_MAX = 512 };

/* The phrases of RFC 9110 §15; a status without one is sent with none. */
static vt_slice reason_phrase(int status) {
    switch (status) {
    case 200:
        return VT_SLICE("OK");
    case 201:
        return VT_SLICE("Created");
    case 202:
        return VT_SLICE("Accepted");
    case 204:
        return VT_SLICE("No Content");
    case 301:
        return VT_SLICE("Moved Permanently");
    case 303:
        return VT_SLICE("See Other");
    case 304:
        return VT_SLICE("Not Modified");
    case 308:
        return VT_SLICE("Permanent Redirect");
    case 400:
        return VT_SLICE("Bad Request");
    case 401:
        return VT_SLICE("Unauthorized");
    case 403:
        return VT_SLICE("Forbidden");
    case 404:
        return VT_SLICE("Not Found");
    case 405:
        return VT_SLICE("Method Not Allowed");
    case 408:
        return VT_SLICE("Request Timeout");
    case 409:
        return VT_SLICE("Conflict");
    case 413:
        return VT_SLICE("Content Too Large");
    case 415:
        return VT_SLICE("Unsupported Media Type");
    case 422:
        return VT_SLICE("Unprocessable Content");
    case 429:
        return VT_SLICE("Too Many Requests");
    case 431:
        return VT_SLICE("Request Header Fields Too Large");
    case 500:
        return VT_SLICE("Internal Server Error");
    case 501:
        return VT_SLICE("Not Implemented");
    case 503:
        return VT_SLICE("Service Unavailable");
    default:
        return VT_SLICE("");
    }
}

/* A writer into memory that is known to be large enough. */
static void put(char **at, vt_slice text) {
    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
        *at += text.len;
    }
}

static void put_number(char **at, size_t number) {
    char digits[20];
    size_t len = 0;
    do {
        digits[sizeof digits - ++len] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(at, vt_slice_of(digits + sizeof digits - len, len));
}

static void put_header(char **at, vt_slice name, vt_slice value) {
    put(at, name);
    put(at, VT_SLICE(": "));
    put(at, value);
    put(at, VT_SLICE("\r\n"));
}

typedef enum body_kind { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_UNTIL_CLOSE } body_kind;

static size_t head_bytes(const vt_http_answer *answer) {
    size_t len = HEAD_BYTES_MAX + answer->content_type.len;
    for (uint32_t i = 0; i < answer->headers_count; i++) {
        len += answer->headers[i].name.len + answer->headers[i].value.len + sizeof ": \r\n";
    }
    return len;
}

static void put_status_line(char **at, int status) {
    VT_ASSERT(status >= 200 && status <= 599);
    put(at, VT_SLICE("HTTP/1.1 "));
    put_number(at, (size_t) status);
    put(at, VT_SLICE(" "));
    put(at, reason_phrase(status));
    put(at, VT_SLICE("\r\n"));
}

static void put_fields(char **at, const vt_http_answer *answer) {
    vt_header content_type = {VT_SLICE("content-type"), answer->content_type};
    if (answer->content_type.len > 0 && vt_field_is_safe(&content_type)) {
        put_header(at, content_type.name, content_type.value);
    }
    for (uint32_t i = 0; i < answer->headers_count; i++) {
        if (vt_field_is_safe(&answer->headers[i])) {
            put_header(at, answer->headers[i].name, answer->headers[i].value);
        }
    }
}

static void put_framing(char **at, const vt_conn *conn, body_kind kind, size_t body_len) {
    if (kind == BODY_LENGTH) {
        put(at, VT_SLICE("content-length: "));
        put_number(at, body_len);
        put(at, VT_SLICE("\r\n"));
    } else if (kind == BODY_CHUNKED) {
        put(at, VT_SLICE("transfer-encoding: chunked\r\n"));
    }
    if (!conn->http1.is_keep_alive) {
        put(at, VT_SLICE("connection: close\r\n"));
    } else if (conn->http1.is_old) {
        put(at, VT_SLICE("connection: keep-alive\r\n"));
    }
    put(at, VT_SLICE("\r\n"));
}

/* Writes everything before the body, and the body itself if it is short enough to share the copy. */
static void write_head(vt_exchange *exchange, const vt_http_answer *answer, body_kind kind, vt_slice body) {
    vt_conn *conn = exchange->conn;
    if (exchange->loop->is_draining || conn->is_draining || kind == BODY_UNTIL_CLOSE) {
        vt_http1_make_last(conn);
    }
    char *at;
    char *start = vt_output_room(&conn->output, &exchange->loop->spare, head_bytes(answer) + body.len);
    if (start == NULL) {
        conn->is_dead = true;
        return;
    }
    at = start;
    put_status_line(&at, answer->status);
    put_header(&at, VT_SLICE("date"), vt_loop_date(exchange->loop));
    put_fields(&at, answer);
    put_framing(&at, conn, kind, answer->body.len);
    put(&at, body);
    conn->output.bytes.len += (size_t) (at - start);
}

/* The exchange is over; the connection is free for the next request. */
static void finish(vt_exchange *exchange) {
    vt_conn *conn = exchange->conn;
    conn->http1.exchange = NULL;
    conn->http1.phase = VT_HTTP1_IDLE;
    conn->since_ms = conn->loop->now_ms;
    if (!conn->http1.is_keep_alive) {
        conn->is_closing = true;
        /* The client has not asked for the end, so that its next request may be on its way. */
        conn->is_lingering = conn->is_lingering || conn->is_draining || conn->loop->is_draining;
    }
    vt_exchange_give(exchange);
}

/* RFC 9110 §15.3.5 and §15.4.5: these have no body, and the first no length either. */
static bool is_bodyless(int status) {
    return status == 204 || status == 304;
}

void vt_http1_answer(vt_exchange *exchange, const vt_http_answer *answer) {
    bool is_bare = is_bodyless(answer->status);
    vt_slice body = exchange->is_head || is_bare ? VT_SLICE("") : answer->body;
    write_head(exchange, answer, is_bare ? BODY_NONE : BODY_LENGTH, body);
    finish(exchange);
}

void vt_http1_start(vt_exchange *exchange, const vt_http_answer *answer) {
    vt_conn *conn = exchange->conn;
    conn->http1.is_chunked = !conn->http1.is_old;
    write_head(exchange, answer, conn->http1.is_chunked ? BODY_CHUNKED : BODY_UNTIL_CLOSE, VT_SLICE(""));
    if (exchange->is_head) {
        finish(exchange);
    }
}

static void write_chunk_head(vt_conn *conn, size_t len) {
    char head[20];
    int head_len = snprintf(head, sizeof head, "%zx\r\n", len);
    vt_conn_write(conn, head, (size_t) head_len);
}

static void write_queue(vt_conn *conn, vt_outbound *outbound) {
    size_t len = outbound->queue.len;
    if (conn->http1.is_chunked) {
        write_chunk_head(conn, len);
    }
    vt_conn_write(conn, outbound->queue.ptr, len);
    if (conn->http1.is_chunked) {
        vt_conn_write(conn, "\r\n", 2);
    }
    vt_buf_clear(&outbound->queue);
}

/* The newest piece goes out only when nothing else waits, so that a blocked viewer skips what came in between. */
static void write_newest(vt_conn *conn, vt_outbound *outbound) {
    size_t len = vt_shared_slice(outbound->newest).len;
    if (len == 0) {
        vt_shared_unref(outbound->newest);
    } else {
        if (conn->http1.is_chunked) {
            write_chunk_head(conn, len);
        }
        vt_output_share(&conn->output, outbound->newest, conn->http1.is_chunked);
    }
    outbound->newest = NULL;
}

void vt_http1_write_stream(vt_conn *conn) {
    vt_exchange *exchange = conn->http1.exchange;
    if (exchange == NULL || !exchange->is_streaming || conn->is_dead) {
        return;
    }
    vt_outbound *outbound = &exchange->outbound;
    size_t before = vt_outbound_waiting(outbound);
    if (outbound->queue.len > 0 && vt_output_waiting(&conn->output) < VT_OUTPUT_ENOUGH_BYTES) {
        write_queue(conn, outbound);
    }
    bool is_free = conn->output.piece == NULL && conn->blocked_ms == 0;
    if (outbound->queue.len == 0 && outbound->newest != NULL && is_free) {
        write_newest(conn, outbound);
    }
    conn->pending_bytes -= before - vt_outbound_waiting(outbound);
    if (exchange->is_answered && vt_outbound_is_empty(outbound)) {
        if (conn->http1.is_chunked) {
            vt_conn_write(conn, "0\r\n\r\n", 5);
        }
        finish(exchange);
    }
}
