#include "net/dispatch.h"

#include "base/assert.h"
#include "net/conn.h"
#include "net/loop_state.h"
#include "net/weighted.h"

#include <stdio.h>

static vt_err apply_timeout(vt_exchange *exchange) {
    vt_slice text = vt_inbound_header(exchange->inbound, VT_SLICE("grpc-timeout"), NULL);
    if (text.ptr == NULL) {
        return VT_OK;
    }
    int64_t timeout_ms;
    if (!vt_grpc_timeout_parse(text, &timeout_ms)) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    vt_wheel_set(&exchange->loop->calls, &exchange->deadline, exchange->loop->now_ms + timeout_ms);
    return timeout_ms == 0 ? VT_ERR_DEADLINE : VT_OK;
}

static vt_err check_grpc(vt_exchange *exchange) {
    exchange->protocol = VT_PROTOCOL_GRPC;
    if (!vt_slice_eq(exchange->inbound->method, VT_SLICE("POST"))) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    vt_slice encoding = vt_inbound_header(exchange->inbound, VT_SLICE("grpc-encoding"), NULL);
    if (encoding.ptr != NULL && !vt_slice_eq(encoding, VT_SLICE("identity"))) {
        return VT_ERR_UNIMPLEMENTED;
    }
    return apply_timeout(exchange);
}

/* Whether it is a browser that wants to look at what nobody serves, or not yet. */
static bool wants_no_page(const vt_exchange *exchange, vt_err err) {
    bool is_nothing = err == VT_ERR_NOT_FOUND || err == VT_ERR_METHOD_NOT_ALLOWED || err == VT_ERR_BUSY;
    return is_nothing && exchange->is_safe &&
           vt_weighted_wants_page(vt_inbound_header(exchange->inbound, VT_SLICE("accept"), NULL));
}

vt_err vt_dispatch_headers(vt_exchange *exchange) {
    const vt_inbound *inbound = exchange->inbound;
    exchange->has_headers = true;
    exchange->is_head = vt_slice_eq(inbound->method, VT_SLICE("HEAD"));
    exchange->is_safe = exchange->is_head || vt_slice_eq(inbound->method, VT_SLICE("GET"));
    vt_grpc_kind kind = vt_grpc_kind_of(vt_inbound_header(inbound, VT_SLICE("content-type"), NULL));
    if (kind == VT_GRPC_FOREIGN || (kind == VT_GRPC_PROTO && exchange->protocol == VT_PROTOCOL_HTTP1)) {
        return VT_ERR_UNSUPPORTED_MEDIA_TYPE;
    }
    vt_err err = kind == VT_GRPC_PROTO ? check_grpc(exchange) : VT_OK;
    if (err != VT_OK) {
        return err;
    }
    vt_slice path;
    vt_slice query;
    err = vt_inbound_split_target(inbound, &path, &query);
    if (err != VT_OK) {
        return err;
    }
    vt_route_match match;
    vt_router_find(exchange->loop->router, kind == VT_GRPC_PROTO, inbound->method, path, &match);
    if (wants_no_page(exchange, match.err)) {
        (void) vt_router_find_no_page(exchange->loop->router, &match);
    }
    exchange->route = match.route;
    exchange->context = match.context;
    /* OPTIONS without a route is answered when all of it is there. */
    bool is_refused = match.err != VT_OK && !vt_slice_eq(path, VT_SLICE("*"));
    return is_refused ? match.err : VT_OK;
}

/* Calls a handler with the request as it is now. Afterwards the exchange may be gone. */
static void call(const vt_exchange *exchange, const vt_inbound *inbound, vt_handler *handle) {
    vt_loop *loop = exchange->loop;
    VT_ASSERT(inbound != NULL);
    vt_request request = {
        .protocol = exchange->protocol,
        .method = inbound->method,
        .body = vt_buf_slice(&inbound->body),
        .headers = loop->headers,
        .headers_count = vt_inbound_headers(inbound, loop->headers),
        .peer = exchange->conn->peer,
    };
    /* It was split without an error when the headers came. */
    vt_err err = vt_inbound_split_target(inbound, &request.path, &request.query);
    VT_ASSERT(err == VT_OK);
    handle(exchange->context, &request, vt_exchange_reply(exchange));
}

/* Calls the handler of a stream, whose exchange may end meanwhile; the request text must outlive the call. */
static void call_in_stream(vt_exchange *exchange, vt_handler *handle) {
    vt_loop *loop = exchange->loop;
    vt_reply reply = vt_exchange_reply(exchange);
    vt_inbound *inbound = exchange->inbound;
    exchange->inbound = NULL;
    call(exchange, inbound, handle);
    vt_buf_clear(&inbound->body);
    if (vt_exchange_find(reply) != NULL && !exchange->is_ending) {
        exchange->inbound = inbound;
    } else {
        vt_inbound_give(&loop->inbounds, inbound);
    }
}

static void answer_options(vt_exchange *exchange) {
    vt_slice path;
    vt_slice query;
    vt_route_match match = {0};
    vt_err err = vt_inbound_split_target(exchange->inbound, &path, &query);
    VT_ASSERT(err == VT_OK);
    vt_router_find(exchange->loop->router, false, VT_SLICE("OPTIONS"), path, &match);
    bool has_allow = match.allow[0] != '\0';
    vt_header allow = {VT_SLICE("allow"), has_allow ? vt_slice_str(match.allow) : VT_SLICE("GET, HEAD, POST")};
    vt_http_answer answer = {.status = 204, .headers = &allow, .headers_count = 1};
    vt_reply_http(vt_exchange_reply(exchange), &answer);
}

static vt_err read_messages(vt_exchange *exchange, vt_slice bytes) {
    vt_reply reply = vt_exchange_reply(exchange);
    vt_inbound *inbound = exchange->inbound;
    bool is_stream = exchange->route->kind == VT_ROUTE_GRPC_STREAM;
    do {
        if (!is_stream && inbound->messages > 0) {
            return bytes.len == 0 ? VT_OK : VT_ERR_MALFORMED_REQUEST;
        }
        vt_err err = VT_OK;
        vt_grpc_progress progress = vt_inbound_read_message(inbound, exchange->route->body_bytes_max, &bytes, &err);
        if (progress == VT_GRPC_FAILED) {
            return err;
        }
        if (progress == VT_GRPC_MESSAGE) {
            inbound->messages++;
            if (is_stream) {
                call_in_stream(exchange, exchange->route->handle);
                if (vt_exchange_find(reply) == NULL) {
                    return VT_OK;
                }
            }
        }
    } while (bytes.len > 0);
    return VT_OK;
}

vt_err vt_dispatch_body(vt_exchange *exchange, vt_slice bytes) {
    exchange->inbound->body_bytes += bytes.len;
    if (exchange->protocol == VT_PROTOCOL_GRPC) {
        return read_messages(exchange, bytes);
    }
    uint32_t body_bytes_max = exchange->route == NULL ? 0 : exchange->route->body_bytes_max;
    return vt_inbound_append_body(exchange->inbound, bytes, body_bytes_max);
}

void vt_dispatch_half_close(vt_exchange *exchange) {
    if (exchange->is_ending || exchange->is_answered) {
        return;
    }
    exchange->is_ending = true;
    call_in_stream(exchange, exchange->route->half_close);
}

void vt_dispatch_end(vt_exchange *exchange) {
    vt_loop *loop = exchange->loop;
    exchange->is_received = true;
    exchange->since_ms = loop->now_ms;
    vt_exchange_move(exchange, &exchange->conn->answering);
    if (exchange->route == NULL) {
        answer_options(exchange);
        return;
    }
    vt_inbound *inbound = exchange->inbound;
    if (exchange->protocol == VT_PROTOCOL_GRPC && vt_grpc_is_partial(&inbound->grpc)) {
        vt_dispatch_refuse(exchange, VT_ERR_MALFORMED_REQUEST);
        return;
    }
    if (exchange->route->kind == VT_ROUTE_GRPC_STREAM) {
        vt_dispatch_half_close(exchange);
        return;
    }
    if (exchange->protocol == VT_PROTOCOL_GRPC && inbound->messages != 1) {
        vt_dispatch_refuse(exchange, VT_ERR_MALFORMED_REQUEST);
        return;
    }
    /* The handler may end the exchange, whose text it still reads. */
    exchange->inbound = NULL;
    call(exchange, inbound, exchange->route->handle);
    vt_inbound_give(&loop->inbounds, inbound);
}

/* What the handler noted goes with the answers that are made here. */
static void add_note(const vt_exchange *exchange, vt_header *headers, uint32_t *count) {
    if (exchange->note_name_len > 0) {
        headers[(*count)++] = (vt_header){vt_slice_of(exchange->note_name, exchange->note_name_len),
                                          vt_slice_of(exchange->note_value, exchange->note_value_len)};
    }
}

static void refuse_grpc(vt_exchange *exchange, vt_err err) {
    vt_header trailers[3] = {{VT_SLICE("votaton-error"), vt_slice_str(vt_err_code(err))}};
    uint32_t trailers_count = 1;
    if (err == VT_ERR_UNIMPLEMENTED) {
        trailers[trailers_count++] = (vt_header){VT_SLICE("grpc-accept-encoding"), VT_SLICE("identity")};
    }
    add_note(exchange, trailers, &trailers_count);
    vt_grpc_answer answer = {
        .status = vt_err_grpc_status(err),
        .text = vt_slice_str(vt_err_text(err)),
        .trailers = trailers,
        .trailers_count = trailers_count,
    };
    vt_reply_grpc(vt_exchange_reply(exchange), &answer);
}

static void refuse_http(vt_exchange *exchange, vt_err err) {
    char body[256];
    int len = snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", vt_err_code(err),
                       vt_err_text(err));
    vt_header headers[3] = {{VT_SLICE("x-content-type-options"), VT_SLICE("nosniff")}};
    vt_http_answer answer = {
        .status = vt_err_http_status(err),
        .content_type = VT_SLICE("application/json"),
        .headers = headers,
        .headers_count = 1,
        .body = vt_slice_of(body, (size_t) len),
    };
    vt_route_match match = {0};
    vt_slice path;
    vt_slice query;
    if (err == VT_ERR_METHOD_NOT_ALLOWED && vt_inbound_split_target(exchange->inbound, &path, &query) == VT_OK) {
        vt_router_find(exchange->loop->router, false, exchange->inbound->method, path, &match);
        headers[answer.headers_count++] = (vt_header){VT_SLICE("allow"), vt_slice_str(match.allow)};
    } else if (vt_err_is_retryable(err)) {
        headers[answer.headers_count++] = (vt_header){VT_SLICE("retry-after"), VT_SLICE("1")};
    }
    add_note(exchange, headers, &answer.headers_count);
    vt_reply_http(vt_exchange_reply(exchange), &answer);
}

void vt_dispatch_refuse(vt_exchange *exchange, vt_err err) {
    if (exchange->is_answered) {
        return;
    }
    if (exchange->protocol == VT_PROTOCOL_GRPC) {
        refuse_grpc(exchange, err);
    } else {
        refuse_http(exchange, err);
    }
}
