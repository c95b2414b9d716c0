/* HTTP/1.1 on the wire: bytes in, bytes out, whatever pieces the input comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire.h"

#include "net/stream.h"

#include <stdio.h>
#include <string.h>

#define DATE "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
#define HELLO "HTTP/1.1 200 OK\r\n" DATE "content-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
#define HELLO_LAST                                                                                                     \
    "HTTP/1.1 200 OK\r\n" DATE "content-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"
#define ECHO(len, body) "HTTP/1.1 200 OK\r\n" DATE "content-type: text/plain\r\ncontent-length: " len "\r\n\r\n" body
#define ERROR_BODY(code, text) "{\"error\":{\"code\":\"" code "\",\"message\":\"" text "\"}}"
#define BAD                                                                                                            \
    "HTTP/1.1 400 Bad Request\r\n" DATE                                                                                \
    "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 75\r\n"                      \
    "connection: close\r\n\r\n" ERROR_BODY("malformed_request", "the request is malformed")
#define GET "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

typedef struct exchange_case {
    const char *name;
    const char *input;
    const char *output;
    bool is_closed;
} exchange_case;

static const exchange_case cases[] = {
    {"get", GET, HELLO, false},
    {"a line break before the request", "\r\n" GET, HELLO, false},
    {"a query", "GET /hello?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", HELLO, false},
    {"an empty header value", "GET /hello HTTP/1.1\r\nHost: a\r\nX:\r\nY: \r\n\r\n", HELLO, false},
    {"absolute form", "GET http://a.example/hello HTTP/1.1\r\nHost: a.example\r\n\r\n", HELLO, false},
    {"absolute form without a path", "GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", HELLO, false},
    {"head", "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "content-type: text/plain\r\ncontent-length: 5\r\n\r\n", false},
    {"close", "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", HELLO_LAST, true},
    {"version 1.0 without a host", "GET /hello HTTP/1.0\r\n\r\n", HELLO_LAST, true},
    {"version 1.0 kept alive", "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "content-type: text/plain\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\nhello",
     false},
    {"post", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", ECHO("3", "abc"), false},
    {"chunks",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
     ECHO("5", "abcde"), false},
    {"chunks with a trailer",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n" GET,
     ECHO("3", "abc") HELLO, false},
    {"pipelined", GET "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GET, HELLO ECHO("2", "hi") HELLO,
     false},
    {"nothing after close", "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET, HELLO_LAST, true},
    {"upgrade is ignored", "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" GET,
     HELLO HELLO, false},
    {"options", "OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n" DATE "allow: POST\r\n\r\n",
     false},
    {"options for all", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 204 No Content\r\n" DATE "allow: GET, HEAD, POST\r\n\r\n", false},
    {"not found", "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n" GET,
     "HTTP/1.1 404 Not Found\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 52\r\n\r\n" ERROR_BODY(
         "not_found", "not found") HELLO,
     false},
    {"a refused body is swallowed", "POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" GET,
     "HTTP/1.1 404 Not Found\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 52\r\n\r\n" ERROR_BODY(
         "not_found", "not found") HELLO,
     false},
    {"method not allowed", "DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 405 Method Not Allowed\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\nallow: POST\r\ncontent-length: "
     "82\r\n\r\n" ERROR_BODY("method_not_allowed", "the method is not allowed here"),
     false},
    {"expect", "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
     "HTTP/1.1 100 Continue\r\n\r\n" ECHO("3", "abc"), false},
    {"expect, refused", "POST /nope HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
     "HTTP/1.1 404 Not Found\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 52\r\nconnection: "
     "close\r\n\r\n" ERROR_BODY("not_found", "not found"),
     true},
    {"too large by its length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
     "HTTP/1.1 413 Content Too Large\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 69\r\nconnection: "
     "close\r\n\r\n" ERROR_BODY("body_too_large", "the body is too large"),
     true},
    {"grpc", "POST /test.Echo/Unary HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n\r\n",
     "HTTP/1.1 415 Unsupported Media Type\r\n" DATE
     "content-type: application/json\r\nx-content-type-options: nosniff\r\ncontent-length: 94\r\n\r\n" ERROR_BODY(
         "unsupported_media_type", "the content type is not supported here"),
     false},
    {"no host", "GET /hello HTTP/1.1\r\n\r\n", BAD, true},
    {"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", BAD, true},
    {"a host with a space", "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", BAD, true},
    {"a host with a comma", "GET /hello HTTP/1.1\r\nHost: a,b\r\n\r\n", BAD, true},
    {"a host with a slash", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", BAD, true},
    {"a host with a user", "GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n", BAD, true},
    {"a host with an address and a port", "GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", HELLO, false},
    {"an empty header name", "GET /hello HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", BAD, true},
    {"length and chunks",
     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD, true},
    {"chunks and length",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", BAD, true},
    {"two lengths", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", BAD, true},
    {"chunks twice",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", BAD, true},
    {"a space before the colon", "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", BAD, true},
    {"a folded header", "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", BAD, true},
    {"a header folded before its first byte", "GET /hello HTTP/1.1\r\nHost:\r\n a\r\n\r\n", BAD, true},
    {"a header folded behind a space", "GET /hello HTTP/1.1\r\nHost: \r\n\ta\r\n\r\n", BAD, true},
    {"a header folded twice", "GET /hello HTTP/1.1\r\nHost:\r\n \r\n a\r\n\r\n", BAD, true},
    {"a header folded before nothing", "GET /hello HTTP/1.1\r\nHost: a\r\nX:\r\n \r\n\r\n", BAD, true},
    {"a header folded behind its value", "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n \r\n\r\n", BAD, true},
    {"a folded length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 3\r\n\r\nabc", BAD, true},
    {"a folded encoding",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", BAD, true},
    {"a folded trailer",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", BAD, true},
    {"a fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", BAD, true},
    {"an asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", BAD, true},
    {"a tunnel", "CONNECT a.example:80 HTTP/1.1\r\nHost: a\r\n\r\n", BAD, true},
    {"version 2 in words", "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", BAD, true},
    {"nonsense", "\x16\x03\x01\x02", BAD, true},
};

static void assert_output(const exchange_case *one, const test_wire *wire, const char *how) {
    vt_slice out = vt_buf_slice(&wire->out);
    vt_slice wanted = vt_slice_str(one->output);
    if (!vt_slice_eq(out, wanted) || wire->is_closed != one->is_closed) {
        fail_msg("%s, %s: closed %d, got:\n%.*s", one->name, how, wire->is_closed, (int) out.len,
                 out.len == 0 ? "" : out.ptr);
    }
}

static void each_case_whole_and_split_anywhere(void **state) {
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vt_slice input = vt_slice_str(cases[i].input);
        for (size_t at = 0; at <= input.len; at++) {
            test_wire *wire = wire_open(NULL);
            wire_feed(wire, vt_slice_of(input.ptr, at));
            wire_feed(wire, vt_slice_of(input.ptr + at, input.len - at));
            char how[32];
            snprintf(how, sizeof how, "split at %zu", at);
            assert_output(&cases[i], wire, how);
            wire_close(wire);
        }
        test_wire *wire = wire_open(NULL);
        for (size_t at = 0; at < input.len; at++) {
            wire_feed(wire, vt_slice_of(input.ptr + at, 1));
        }
        assert_output(&cases[i], wire, "byte by byte");
        wire_close(wire);
    }
}

static bool contains(const test_wire *wire, const char *text) {
    return wire->out.len > 0 && memmem(wire->out.ptr, wire->out.len, text, strlen(text)) != NULL;
}

static void feed_text(test_wire *wire, const char *text) {
    wire_feed(wire, vt_slice_str(text));
}

static void headers_beyond_the_limit_get_431(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    char line[1024];
    memset(line, 'x', sizeof line);
    feed_text(wire, "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 17; i++) {
        wire_feed(wire, vt_slice_of(line, sizeof line));
    }
    assert_true(contains(wire, "HTTP/1.1 431 "));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void too_many_headers_get_431(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /hello HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < VT_INBOUND_HEADERS_MAX; i++) {
        feed_text(wire, "X: y\r\n");
    }
    assert_true(contains(wire, "HTTP/1.1 431 "));
    wire_close(wire);
}

static void chunks_beyond_the_limit_get_413(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    char chunk[4096];
    memset(chunk, 'x', sizeof chunk);
    for (int i = 0; i < 17 && !wire->is_closed; i++) {
        feed_text(wire, "1000\r\n");
        wire_feed(wire, vt_slice_of(chunk, sizeof chunk));
        feed_text(wire, "\r\n");
    }
    assert_true(contains(wire, "HTTP/1.1 413 "));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void pipelined_requests_wait_for_the_answer_before(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" GET);
    assert_int_equal(wire->out.len, 0);
    assert_int_equal(echo_kept_now.count, 1);
    vt_http_answer answer = {.status = 201, .content_type = VT_SLICE("a/b"), .body = VT_SLICE("x")};
    vt_reply_note(echo_kept_now.replies[0], VT_SLICE("votaton-id"), VT_SLICE("7"));
    assert_true(vt_reply_is_open(echo_kept_now.replies[0]));
    vt_reply_http(echo_kept_now.replies[0], &answer);
    assert_false(vt_reply_is_open(echo_kept_now.replies[0]));
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    const char *wanted = "HTTP/1.1 201 Created\r\n" DATE "content-type: a/b\r\ncontent-length: 1\r\n\r\nx" HELLO;
    assert_int_equal(wire->out.len, strlen(wanted));
    assert_memory_equal(wire->out.ptr, wanted, wire->out.len);
    wire_close(wire);
}

static void a_reply_dies_with_its_connection_even_when_the_slot_is_used_again(void **state) {
    (void) state;
    const char *later = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    test_wire *wire = wire_open(NULL);
    feed_text(wire, later);
    vt_conn_release(&wire->conn);
    vt_conn_init(&wire->conn, &wire->loop, &(vt_peer){{0}});
    feed_text(wire, later);
    assert_int_equal(echo_kept_now.count, 2);
    assert_int_equal(echo_kept_now.replies[0].slot, echo_kept_now.replies[1].slot);
    vt_http_answer answer = {.status = 200, .body = VT_SLICE("old")};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_int_equal(wire->out.len, 0);
    assert_true(vt_reply_is_open(echo_kept_now.replies[1]));
    wire_close(wire);
}

static void unsafe_fields_are_left_out(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    vt_header fields[] = {{VT_SLICE("location"), VT_SLICE("/x\r\nset-cookie: a=b")}, {VT_SLICE("x-y"), VT_SLICE("1")}};
    vt_http_answer answer = {.status = 308, .headers = fields, .headers_count = 2};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_false(contains(wire, "set-cookie"));
    assert_true(contains(wire, "x-y: 1\r\n"));
    wire_close(wire);
}

static void slow_headers_get_408(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /hello HTTP/1.1\r\n");
    wire_pass(wire, 9900);
    assert_int_equal(wire->out.len, 0);
    feed_text(wire, "Host: a\r\n");
    wire_pass(wire, 300);
    assert_true(contains(wire, "HTTP/1.1 408 "));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void a_slow_body_gets_408(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
    wire_pass(wire, 29900);
    assert_false(wire->is_closed);
    wire_pass(wire, 300);
    assert_true(contains(wire, "HTTP/1.1 408 "));
    wire_close(wire);
}

static void silent_connections_are_closed_without_a_word(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_pass(wire, 10200);
    assert_true(wire->is_closed);
    assert_int_equal(wire->out.len, 0);
    wire_close(wire);
}

static void idle_keep_alive_ends_after_75_s(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, GET);
    wire_pass(wire, 74900);
    assert_false(wire->is_closed);
    wire_pass(wire, 300);
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void a_handler_may_take_its_time(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    wire_pass(wire, 100000);
    assert_false(wire->is_closed);
    assert_true(vt_reply_is_open(echo_kept_now.replies[0]));
    wire_close(wire);
}

static void a_stream_is_sent_in_chunks(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    vt_reply reply = echo_kept_now.replies[0];
    vt_shared *shared;
    assert_int_equal(vt_shared_new(VT_SLICE("data: 2\n\n"), &shared), VT_OK);
    assert_int_equal(vt_stream_offer(reply, shared), VT_OK);
    vt_shared_unref(shared);
    wire_flush(wire);
    vt_stream_end(reply);
    assert_int_equal(vt_stream_write(reply, VT_SLICE("x")), VT_ERR_GONE);
    wire_flush(wire);
    feed_text(wire, GET);
    const char *wanted =
        "HTTP/1.1 200 OK\r\n" DATE "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        "d\r\ndata: first\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n" HELLO;
    assert_int_equal(wire->out.len, strlen(wanted));
    assert_memory_equal(wire->out.ptr, wanted, wire->out.len);
    wire_close(wire);
}

static void offer_text(vt_reply reply, const char *text) {
    vt_shared *shared;
    assert_int_equal(vt_shared_new(vt_slice_str(text), &shared), VT_OK);
    assert_int_equal(vt_stream_offer(reply, shared), VT_OK);
    vt_shared_unref(shared);
}

static void a_blocked_viewer_skips_to_the_newest(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    wire->is_blocked = true;
    offer_text(echo_kept_now.replies[0], "one");
    wire_flush(wire);
    offer_text(echo_kept_now.replies[0], "two");
    wire_flush(wire);
    offer_text(echo_kept_now.replies[0], "three");
    wire_flush(wire);
    wire->is_blocked = false;
    vt_buf_clear(&wire->out);
    vt_loop_mark_dirty(&wire->conn);
    wire_flush(wire);
    assert_int_equal(wire->out.len, 18);
    assert_memory_equal(wire->out.ptr, "3\r\none\r\n5\r\nthree\r\n", 18);
    wire_close(wire);
}

static void a_viewer_that_takes_nothing_is_cut(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    wire_pass(wire, 100000);
    assert_false(wire->is_closed);
    wire->is_blocked = true;
    offer_text(echo_kept_now.replies[0], "one");
    wire_flush(wire);
    wire_pass(wire, 29900);
    assert_false(wire->is_closed);
    wire_pass(wire, 300);
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void a_full_stream_says_so(void **state) {
    (void) state;
    static char bytes[VT_STREAM_QUEUE_BYTES_MAX / 2];
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    vt_reply reply = echo_kept_now.replies[0];
    wire->is_blocked = true;
    vt_slice half = vt_slice_of(bytes, sizeof bytes);
    assert_int_equal(vt_stream_write(reply, half), VT_OK);
    assert_int_equal(vt_stream_write(reply, half), VT_OK);
    assert_int_equal(vt_stream_write(reply, half), VT_ERR_FULL);
    wire->is_blocked = false;
    wire_flush(wire);
    assert_int_equal(vt_stream_write(reply, half), VT_OK);
    wire_close(wire);
}

static void a_viewer_that_leaves_is_noticed(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    wire_eof(wire);
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void a_half_closed_client_still_gets_its_answer(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    wire_eof(wire);
    assert_false(wire->is_closed);
    vt_http_answer answer = {.status = 200, .body = VT_SLICE("x")};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_true(contains(wire, "HTTP/1.1 200 OK"));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void draining_closes_idle_connections_and_finishes_busy_ones(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    feed_text(wire, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    vt_conn_drain(&wire->conn, false);
    wire_flush(wire);
    assert_false(wire->is_closed);
    assert_true(vt_conn_is_busy(&wire->conn));
    vt_http_answer answer = {.status = 200, .body = VT_SLICE("x")};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_true(contains(wire, "connection: close"));
    assert_true(wire->is_closed);
    wire_close(wire);

    wire = wire_open(NULL);
    feed_text(wire, GET);
    vt_conn_drain(&wire->conn, false);
    wire_flush(wire);
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void requests_during_a_drain_are_the_last_of_their_connection(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire->loop.is_draining = true;
    feed_text(wire, GET GET);
    assert_int_equal(wire->out.len, strlen(HELLO_LAST));
    assert_memory_equal(wire->out.ptr, HELLO_LAST, wire->out.len);
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void a_flood_of_pipelined_requests_is_answered_in_order(void **state) {
    (void) state;
    enum { REQUESTS = 3000 };
    test_wire *wire = wire_open(NULL);
    for (int i = 0; i < REQUESTS; i++) {
        feed_text(wire, GET);
    }
    assert_int_equal(wire->out.len, REQUESTS * strlen(HELLO));
    wire_close(wire);
}

/* As votes come: a client that sends ahead all the time and reads every answer, while every other answer is late. */
static void requests_ahead_of_late_answers_are_answered_in_order(void **state) {
    (void) state;
    enum { PAIRS = 2500, PAIR_LEN = 2 * 136, READ_BYTES = 64 * 1024 };
    static char input[PAIRS * PAIR_LEN];
    for (size_t i = 0; i < PAIRS; i++) {
        char pair[512];
        int len = snprintf(pair, sizeof pair,
                           "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX: %0160d\r\n\r\n"
                           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n%04zu",
                           0, i);
        assert_int_equal(len, PAIR_LEN);
        memcpy(input + i * PAIR_LEN, pair, PAIR_LEN);
    }
    test_wire *wire = wire_open(NULL);
    size_t fed = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        while (fed < sizeof input && vt_conn_wants_input(&wire->conn)) {
            size_t len = sizeof input - fed < READ_BYTES ? sizeof input - fed : READ_BYTES;
            wire_feed(wire, vt_slice_of(input + fed, len));
            fed += len;
        }
        assert_int_equal(echo_kept_now.count, 1);
        echo_kept_now.count = 0; /* the next one comes as soon as this one is answered */
        wire->out.len = 0;
        vt_reply_http(echo_kept_now.replies[0], &(vt_http_answer){.status = 200, .body = VT_SLICE("late")});
        wire_flush(wire);
        char wanted[8];
        snprintf(wanted, sizeof wanted, "\r\n%04u", i);
        const char *late = memmem(wire->out.ptr, wire->out.len, "\r\nlate", 6);
        assert_non_null(late);
        assert_non_null(memmem(late, (size_t) (wire->out.ptr + wire->out.len - late), wanted, 6));
        assert_false(wire->is_closed);
    }
    assert_int_equal(fed, sizeof input);
    assert_int_equal(echo_kept_now.count, 0);
    wire_close(wire);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_whole_and_split_anywhere),
        cmocka_unit_test(headers_beyond_the_limit_get_431),
        cmocka_unit_test(too_many_headers_get_431),
        cmocka_unit_test(chunks_beyond_the_limit_get_413),
        cmocka_unit_test(pipelined_requests_wait_for_the_answer_before),
        cmocka_unit_test(a_reply_dies_with_its_connection_even_when_the_slot_is_used_again),
        cmocka_unit_test(unsafe_fields_are_left_out),
        cmocka_unit_test(slow_headers_get_408),
        cmocka_unit_test(a_slow_body_gets_408),
        cmocka_unit_test(silent_connections_are_closed_without_a_word),
        cmocka_unit_test(idle_keep_alive_ends_after_75_s),
        cmocka_unit_test(a_handler_may_take_its_time),
        cmocka_unit_test(a_stream_is_sent_in_chunks),
        cmocka_unit_test(a_blocked_viewer_skips_to_the_newest),
        cmocka_unit_test(a_viewer_that_takes_nothing_is_cut),
        cmocka_unit_test(a_full_stream_says_so),
        cmocka_unit_test(a_viewer_that_leaves_is_noticed),
        cmocka_unit_test(a_half_closed_client_still_gets_its_answer),
        cmocka_unit_test(draining_closes_idle_connections_and_finishes_busy_ones),
        cmocka_unit_test(requests_during_a_drain_are_the_last_of_their_connection),
        cmocka_unit_test(a_flood_of_pipelined_requests_is_answered_in_order),
        cmocka_unit_test(requests_ahead_of_late_answers_are_answered_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
