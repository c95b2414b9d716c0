#include "net/http1.h"

#include "base/assert.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/http1_write.h"
#include "net/loop_state.h"

static vt_conn *conn_of(llhttp_t *parser) {
    return parser->data;
}

/* Makes the parser stop with `err` as the reason, unless it is VT_OK. */
static int stop_on(vt_conn *conn, vt_err err) {
    if (err != VT_OK) {
        conn->http1.err = err;
        return HPE_USER;
    }
    return HPE_OK;
}

static int on_message_begin(llhttp_t *parser) {
    vt_conn *conn = conn_of(parser);
    vt_http1 *http1 = &conn->http1;
    http1->exchange = vt_exchange_take(conn, VT_PROTOCOL_HTTP1);
    if (http1->exchange == NULL) {
        http1->err = VT_ERR_OVERLOADED;
        return -1;
    }
    http1->phase = VT_HTTP1_HEADERS;
    http1->err = VT_OK;
    http1->extension_bytes = 0;
    http1->fold = (vt_fold){0};
    return HPE_OK;
}

static int on_url(llhttp_t *parser, const char *at, size_t len) {
    vt_conn *conn = conn_of(parser);
    vt_inbound *inbound = conn->http1.exchange->inbound;
    return stop_on(conn, vt_inbound_append(inbound, &inbound->target, vt_slice_of(at, len), false));
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len) {
    vt_conn *conn = conn_of(parser);
    vt_inbound *inbound = conn->http1.exchange->inbound;
    vt_fold_name(&conn->http1.fold, at + len);
    if (conn->http1.phase == VT_HTTP1_BODY) { /* a trailer: counted, not kept */
        return stop_on(conn, vt_inbound_count(inbound, len));
    }
    vt_inbound_field *header;
    vt_err err = vt_inbound_header_now(inbound, &header);
    if (err == VT_OK) {
        err = vt_inbound_append(inbound, &header->name, vt_slice_of(at, len), true);
    }
    return stop_on(conn, err);
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len) {
    vt_conn *conn = conn_of(parser);
    vt_inbound *inbound = conn->http1.exchange->inbound;
    if (!vt_fold_value(&conn->http1.fold, at, len)) {
        return stop_on(conn, VT_ERR_MALFORMED_REQUEST);
    }
    if (conn->http1.phase == VT_HTTP1_BODY) {
        return stop_on(conn, vt_inbound_count(inbound, len));
    }
    vt_inbound_field *header;
    vt_err err = vt_inbound_header_now(inbound, &header);
    if (err == VT_OK) {
        err = vt_inbound_append(inbound, &header->value, vt_slice_of(at, len), false);
    }
    return stop_on(conn, err);
}

static int on_header_value_complete(llhttp_t *parser) {
    vt_conn *conn = conn_of(parser);
    vt_inbound *inbound = conn->http1.exchange->inbound;
    vt_err err = vt_fold_value_end(&conn->http1.fold) ? VT_OK : VT_ERR_MALFORMED_REQUEST;
    err = err != VT_OK ? err : vt_inbound_count(inbound, VT_INBOUND_HEADER_OVERHEAD);
    if (err != VT_OK || conn->http1.phase == VT_HTTP1_BODY) {
        return stop_on(conn, err);
    }
    if (inbound->headers[inbound->headers_count].name.len == 0) {
        return stop_on(conn, VT_ERR_MALFORMED_REQUEST);
    }
    vt_inbound_span *value = &inbound->headers[inbound->headers_count].value;
    while (value->len > 0 && strchr(" \t", inbound->text.ptr[value->at + value->len - 1]) != NULL) {
        value->len--;
    }
    inbound->headers_count++;
    if (inbound->headers_count < VT_INBOUND_HEADERS_MAX) {
        inbound->headers[inbound->headers_count] = (vt_inbound_field){0};
    }
    return HPE_OK;
}

/* Whether the text can be a host and port (RFC 9110 §7.2): what others could split in different ways cannot. */
static bool is_host(vt_slice text) {
    const vt_slice strange = VT_SLICE(" \t,/@?#\\");
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(strange.ptr, text.ptr[i], strange.len) != NULL) {
            return false;
        }
    }
    return true;
}

/* RFC 9112 §3.2 and §6.1: what is ambiguous is refused before anything is done with it. */
static vt_err check_framing(const vt_http1 *http1) {
    const vt_inbound *inbound = http1->exchange->inbound;
    uint32_t hosts;
    uint32_t lengths;
    uint32_t encodings;
    vt_slice host = vt_inbound_header(inbound, VT_SLICE("host"), &hosts);
    vt_inbound_header(inbound, VT_SLICE("content-length"), &lengths);
    vt_slice encoding = vt_inbound_header(inbound, VT_SLICE("transfer-encoding"), &encodings);
    if (hosts > 1 || (hosts == 0 && !http1->is_old) || !is_host(host) || lengths > 1 || encodings > 1) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    if (encodings == 0) {
        return VT_OK;
    }
    if (lengths > 0 || http1->is_old) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    return vt_slice_eq_nocase(encoding, VT_SLICE("chunked")) ? VT_OK : VT_ERR_UNIMPLEMENTED;
}

static bool has_body(const llhttp_t *parser) {
    return (parser->flags & F_CHUNKED) != 0 || ((parser->flags & F_CONTENT_LENGTH) != 0 && parser->content_length > 0);
}

/* What to do about a refusal that is known before the body: small bodies are swallowed and the connection lives on. */
static vt_err defer_refusal(vt_conn *conn, const llhttp_t *parser, vt_err refusal) {
    vt_exchange *exchange = conn->http1.exchange;
    bool is_large = parser->content_length > VT_HTTP1_DISCARD_BYTES_MAX && (parser->flags & F_CHUNKED) == 0;
    bool is_waiting = vt_inbound_header(exchange->inbound, VT_SLICE("expect"), NULL).ptr != NULL;
    if (has_body(parser) && (is_large || is_waiting)) {
        return refusal;
    }
    exchange->refusal = refusal;
    return VT_OK;
}

static void invite_body(vt_conn *conn, const llhttp_t *parser) {
    vt_slice expect = vt_inbound_header(conn->http1.exchange->inbound, VT_SLICE("expect"), NULL);
    if (!conn->http1.is_old && has_body(parser) && vt_slice_eq_nocase(expect, VT_SLICE("100-continue"))) {
        const vt_slice go_on = VT_SLICE("HTTP/1.1 100 Continue\r\n\r\n");
        vt_conn_write(conn, go_on.ptr, go_on.len);
    }
}

static int on_headers_complete(llhttp_t *parser) {
    vt_conn *conn = conn_of(parser);
    vt_http1 *http1 = &conn->http1;
    vt_exchange *exchange = http1->exchange;
    http1->phase = VT_HTTP1_BODY;
    http1->is_old = parser->http_major == 1 && parser->http_minor == 0;
    exchange->inbound->method = vt_slice_str(llhttp_method_name((llhttp_method_t) parser->method));
    parser->upgrade = 0; /* no protocol is changed in mid-connection (RFC 9110 §7.8 lets a server ignore it) */
    vt_err err = parser->http_major == 1 ? check_framing(http1) : VT_ERR_MALFORMED_REQUEST;
    if (err != VT_OK) {
        http1->err = err;
        return -1;
    }
    vt_err refusal = vt_dispatch_headers(exchange);
    if (refusal == VT_ERR_MALFORMED_REQUEST) {
        http1->err = refusal;
        return -1;
    }
    uint32_t body_bytes_max = exchange->route == NULL ? 0 : exchange->route->body_bytes_max;
    if (refusal == VT_OK && has_body(parser) && (parser->flags & F_CHUNKED) == 0 &&
        parser->content_length > body_bytes_max) {
        refusal = VT_ERR_BODY_TOO_LARGE;
    }
    err = refusal == VT_OK ? VT_OK : defer_refusal(conn, parser, refusal);
    if (err != VT_OK) {
        http1->err = err;
        return -1;
    }
    if (refusal == VT_OK) {
        invite_body(conn, parser);
    }
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len) {
    vt_conn *conn = conn_of(parser);
    vt_exchange *exchange = conn->http1.exchange;
    if (exchange->refusal == VT_OK) {
        exchange->refusal = vt_dispatch_body(exchange, vt_slice_of(at, len));
    } else {
        exchange->inbound->body_bytes += len;
    }
    bool is_enough = exchange->refusal != VT_OK && exchange->inbound->body_bytes > VT_HTTP1_DISCARD_BYTES_MAX;
    return stop_on(conn, is_enough ? exchange->refusal : VT_OK);
}

static int on_chunk_extension(llhttp_t *parser, const char *at, size_t len) {
    (void) at;
    vt_conn *conn = conn_of(parser);
    conn->http1.extension_bytes += (uint32_t) len;
    bool is_enough = conn->http1.extension_bytes > VT_HTTP1_CHUNK_EXTENSION_BYTES_MAX;
    return stop_on(conn, is_enough ? VT_ERR_MALFORMED_REQUEST : VT_OK);
}

static int on_message_complete(llhttp_t *parser) {
    vt_conn *conn = conn_of(parser);
    conn->http1.is_keep_alive = llhttp_should_keep_alive(parser) != 0;
    return HPE_PAUSED; /* the handler runs outside the parser */
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_message_complete = on_message_complete,
};

void vt_http1_open(vt_conn *conn) {
    vt_http1 *http1 = &conn->http1;
    *http1 = (vt_http1){.phase = VT_HTTP1_IDLE};
    llhttp_init(&http1->parser, HTTP_REQUEST, &settings);
    http1->parser.data = conn;
    vt_buf_init(&http1->stash, VT_HTTP1_STASH_BYTES_MAX);
}

void vt_http1_release(vt_conn *conn) {
    vt_spare_return(&conn->loop->spare, &conn->http1.stash);
}

void vt_http1_make_last(vt_conn *conn) {
    conn->http1.is_keep_alive = false;
}

/* Answers with an error and closes: what follows in the input means nothing. */
static void fail(vt_conn *conn, vt_err err) {
    vt_http1 *http1 = &conn->http1;
    conn->is_lingering = true;
    vt_http1_make_last(conn);
    if (http1->exchange == NULL) {
        http1->exchange = vt_exchange_take(conn, VT_PROTOCOL_HTTP1);
    }
    if (http1->exchange == NULL) {
        vt_conn_turn_away(conn);
        return;
    }
    http1->phase = VT_HTTP1_BUSY;
    vt_exchange_move(http1->exchange, &conn->answering);
    vt_dispatch_refuse(http1->exchange, err);
    VT_ASSERT(conn->is_closing || conn->is_dead);
}

static void finish_request(vt_conn *conn) {
    vt_exchange *exchange = conn->http1.exchange;
    conn->http1.phase = VT_HTTP1_BUSY;
    if (exchange->refusal == VT_OK) {
        vt_dispatch_end(exchange);
    } else {
        vt_exchange_move(exchange, &conn->answering);
        vt_dispatch_refuse(exchange, exchange->refusal);
    }
}

static bool can_parse(const vt_conn *conn) {
    return conn->http1.phase != VT_HTTP1_BUSY && !conn->is_closing && !conn->is_dead &&
           vt_output_waiting(&conn->output) < VT_OUTPUT_ENOUGH_BYTES;
}

/* Parses request after request until one must be waited for. Returns how many bytes were used. */
static size_t parse(vt_conn *conn, const char *bytes, size_t len) {
    vt_http1 *http1 = &conn->http1;
    size_t used = 0;
    while (used < len && can_parse(conn)) {
        vt_fold_chunk(&http1->fold, bytes + used);
        llhttp_errno_t error = llhttp_execute(&http1->parser, bytes + used, len - used);
        if (error == HPE_OK) {
            vt_fold_chunk_end(&http1->fold, bytes + len);
            return len;
        }
        if (error != HPE_PAUSED) {
            fail(conn, http1->err != VT_OK ? http1->err : VT_ERR_MALFORMED_REQUEST);
            return len;
        }
        used = (size_t) (llhttp_get_error_pos(&http1->parser) - bytes);
        llhttp_resume(&http1->parser);
        finish_request(conn);
    }
    return conn->is_closing || conn->is_dead ? len : used;
}

void vt_http1_drop_stash(vt_conn *conn) {
    vt_http1 *http1 = &conn->http1;
    vt_buf_clear(&http1->stash);
    vt_spare_return(&conn->loop->spare, &http1->stash);
    http1->stash_used = 0;
}

/* Without room for what the client has sent ahead, the connection ends behind the answer in hand, and the client sends
 * the rest again on another (RFC 9112 §9.3.2). */
static void stop_listening(vt_conn *conn) {
    conn->http1.is_deaf = true;
    conn->is_lingering = true;
    vt_http1_drop_stash(conn);
    vt_http1_make_last(conn);
    conn->is_closing = conn->http1.phase != VT_HTTP1_BUSY;
}

/* Drops what is parsed once it is at least half of the stash, so that a byte is moved once on average. What is not
 * parsed is less than a quarter of the limit when more is read, so that a read finds room in any case. */
static void compact_stash(vt_http1 *http1) {
    size_t rest = http1->stash.len - http1->stash_used;
    if (http1->stash_used > 0 && http1->stash_used >= rest) {
        memmove(http1->stash.ptr, http1->stash.ptr + http1->stash_used, rest);
        http1->stash.len = rest;
        http1->stash_used = 0;
    }
}

/* Nothing behind the request of a stream is ever read, as the stream goes on for as long as the connection: it would
 * only hold memory. Input is still taken, so that a viewer who leaves is noticed. */
static void forget_behind_stream(vt_conn *conn) {
    vt_http1_drop_stash(conn);
    vt_http1_make_last(conn);
    conn->is_lingering = true;
}

static bool is_in_stream(const vt_conn *conn) {
    return conn->http1.phase == VT_HTTP1_BUSY && conn->http1.exchange->is_streaming;
}

static void stash(vt_conn *conn, const char *bytes, size_t len) {
    vt_http1 *http1 = &conn->http1;
    if (is_in_stream(conn)) {
        forget_behind_stream(conn);
        return;
    }
    compact_stash(http1);
    if (!vt_account_has_input_room(&conn->loop->account, len, http1->stash.len + len)) {
        stop_listening(conn);
        return;
    }
    vt_spare_lend(&conn->loop->spare, &http1->stash);
    if (vt_spare_grow(&conn->loop->spare, &http1->stash, len) != VT_OK) {
        stop_listening(conn);
        return;
    }
    memcpy(http1->stash.ptr + http1->stash.len, bytes, len);
    http1->stash.len += len;
}

void vt_http1_feed(vt_conn *conn, const char *bytes, size_t len) {
    if (conn->http1.is_deaf) {
        return;
    }
    size_t used = conn->http1.stash.len > 0 ? 0 : parse(conn, bytes, len);
    if (used < len) {
        stash(conn, bytes + used, len - used);
    }
}

static void parse_stash(vt_conn *conn) {
    vt_http1 *http1 = &conn->http1;
    if (http1->stash.len == 0 || !can_parse(conn)) {
        return;
    }
    http1->stash_used += parse(conn, http1->stash.ptr + http1->stash_used, http1->stash.len - http1->stash_used);
    if (http1->stash_used == http1->stash.len) {
        vt_http1_drop_stash(conn);
    }
}

void vt_http1_pull(vt_conn *conn) {
    vt_http1_write_stream(conn);
    parse_stash(conn);
    if (is_in_stream(conn) && conn->http1.stash.len > 0) {
        forget_behind_stream(conn);
    }
    if (conn->is_eof && conn->http1.phase != VT_HTTP1_BUSY && conn->http1.stash.len == 0) {
        conn->is_closing = true;
    }
}

void vt_http1_feed_eof(vt_conn *conn) {
    vt_http1 *http1 = &conn->http1;
    if (is_in_stream(conn)) {
        conn->is_dead = true; /* a viewer that left; who half-closes cannot be told from it */
    } else if (http1->phase == VT_HTTP1_HEADERS || http1->phase == VT_HTTP1_BODY) {
        conn->is_closing = true;
    }
}

bool vt_http1_wants_input(const vt_conn *conn) {
    const vt_http1 *http1 = &conn->http1;
    return !http1->is_deaf && http1->stash.len - http1->stash_used < VT_HTTP1_STASH_BYTES_MAX / 4;
}

void vt_http1_drain(vt_conn *conn, bool is_final) {
    vt_http1 *http1 = &conn->http1;
    if (http1->phase == VT_HTTP1_BUSY) {
        vt_http1_make_last(conn);
        if (http1->exchange->is_streaming) {
            vt_stream_end(vt_exchange_reply(http1->exchange));
        }
    } else if (is_final || (http1->phase == VT_HTTP1_IDLE && http1->stash.len == 0)) {
        conn->is_closing = true; /* a request that is not there whole was never accepted */
        conn->is_lingering = true;
    }
}

int64_t vt_http1_deadline(const vt_conn *conn) {
    const vt_http1 *http1 = &conn->http1;
    const vt_server_limits *limits = &conn->loop->limits;
    switch (http1->phase) {
    case VT_HTTP1_IDLE:
        return conn->since_ms + limits->idle_ms;
    case VT_HTTP1_HEADERS:
        return http1->exchange->since_ms + limits->headers_ms;
    case VT_HTTP1_BODY:
        return http1->exchange->since_ms + limits->body_ms;
    case VT_HTTP1_BUSY:
        break;
    }
    return VT_TIME_NEVER;
}

void vt_http1_expire(vt_conn *conn) {
    vt_http1_phase phase = conn->http1.phase;
    if (phase == VT_HTTP1_IDLE) {
        vt_meter_cut(&conn->loop->meter, VT_CUT_IDLE);
        conn->is_closing = true;
        conn->is_lingering = true;
        return;
    }
    vt_meter_cut(&conn->loop->meter, phase == VT_HTTP1_HEADERS ? VT_CUT_HEADERS : VT_CUT_BODY);
    fail(conn, VT_ERR_REQUEST_TIMEOUT);
}
