/* What a loop holds for its peers has a limit, whichever way they make it grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_client.h"

#include "net/stream.h"

#include <stdio.h>
#include <string.h>

#define LATER "/test.Echo/Later"
#define DATE "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
#define POST_LATER "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
#define GET_LATER "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"

enum { SMALL_MAX = 1 << 20, BIG = 16 * 1024 };

static const vt_slice hi = {"\0\0\0\0\2hi", 7};
static char big[BIG];

static bool contains(const test_wire *wire, const char *text) {
    return wire->out.len > 0 && memmem(wire->out.ptr, wire->out.len, text, strlen(text)) != NULL;
}

static void a_request_without_room_gets_503(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire->loop.account.bytes_max = 0;
    wire_feed(wire, vt_slice_str(GET_LATER));
    assert_true(contains(wire, "HTTP/1.1 503 Service Unavailable\r\n"));
    assert_true(contains(wire, "retry-after: 1\r\nconnection: close\r\n"));
    assert_true(contains(wire, "\"overloaded\""));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void headers_without_room_get_503(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire->loop.account.bytes_max = 3000;
    wire_feed(wire, VT_SLICE("GET /later HTTP/1.1\r\nHost: a\r\nX: "));
    wire_feed(wire, vt_slice_of(memset(big, 'x', sizeof big), 8000));
    assert_true(contains(wire, "HTTP/1.1 503 "));
    assert_true(wire->is_closed);
    wire_close(wire);
}

static void requests_ahead_without_room_end_the_connection_behind_the_answer(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(POST_LATER));
    wire->loop.account.bytes_max = 50;
    wire_feed(wire, vt_slice_str(GET_LATER GET_LATER GET_LATER));
    wire->loop.account.bytes_max = SMALL_MAX;
    wire_feed(wire, vt_slice_str(GET_LATER));
    assert_false(wire->is_closed);
    assert_false(vt_conn_wants_input(&wire->conn));
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("a/b"), .body = VT_SLICE("x")};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    const char *wanted =
        "HTTP/1.1 200 OK\r\n" DATE "content-type: a/b\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx";
    assert_int_equal(wire->out.len, strlen(wanted));
    assert_memory_equal(wire->out.ptr, wanted, wire->out.len);
    assert_true(wire->is_closed);
    assert_int_equal(echo_kept_now.count, 1);
    wire_close(wire);
}

static void a_stash_is_accounted_for(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(POST_LATER));
    size_t before = wire->loop.account.kept_bytes;
    wire_feed(wire, VT_SLICE("GET /later HTTP/1.1\r\nHost: a\r\nX: "));
    wire_feed(wire, vt_slice_of(big, sizeof big));
    assert_true(wire->loop.account.kept_bytes >= before + sizeof big);
    wire_close(wire);
}

/* A stream may go on for ever; what waited behind it would hold the loop's memory for as long. */
static void nothing_is_kept_behind_a_stream(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, VT_SLICE("GET /events HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    size_t before = wire->loop.account.kept_bytes;
    assert_int_equal(wire->conn.http1.stash.cap, 0);
    for (unsigned i = 0; i < 16; i++) {
        wire_feed(wire, vt_slice_of(big, sizeof big));
        assert_true(vt_conn_wants_input(&wire->conn));
    }
    assert_int_equal(wire->loop.account.kept_bytes, before);
    assert_false(wire->is_closed);
    vt_stream_end(echo_kept_now.replies[0]);
    wire_flush(wire);
    assert_true(wire->is_closed);
    wire_close(wire);
}

/* What the client is told depends on whether something may have been done. */
static void assert_replaced(const char *request, const char *code) {
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(request));
    wire->loop.account.bytes_max = sizeof big;
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("a/b"), .body = vt_slice_of(big, sizeof big)};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_true(contains(wire, "HTTP/1.1 503 "));
    assert_true(contains(wire, code));
    assert_true(contains(wire, "retry-after: 1"));
    assert_false(wire->is_closed);
    wire_close(wire);
}

static void the_reserve_is_not_for_pages(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(GET_LATER POST_LATER));
    wire->loop.account.kept_bytes += vt_account_common_bytes(&wire->loop.account);
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("a/b"), .body = vt_slice_of(big, 2048)};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    wire_flush(wire);
    assert_true(contains(wire, "HTTP/1.1 503 "));
    assert_false(contains(wire, "HTTP/1.1 200 "));
    assert_int_equal(echo_kept_now.count, 2);
    vt_reply_http(echo_kept_now.replies[1], &answer);
    wire_flush(wire);
    assert_true(contains(wire, "HTTP/1.1 200 "));
    wire->loop.account.kept_bytes -= vt_account_common_bytes(&wire->loop.account);
    wire_close(wire);
}

static void large_answers_without_room_are_replaced(void **state) {
    (void) state;
    assert_replaced(GET_LATER, "\"overloaded\"");
    assert_replaced(POST_LATER, "\"unknown\"");
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    client->wire->loop.account.bytes_max = sizeof big;
    vt_grpc_answer answer = {.status = 0, .message = vt_slice_of(big, sizeof big)};
    vt_reply_grpc(echo_kept_now.replies[0], &answer);
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 14"));
    assert_true(h2_has(client, call, "votaton-error: unknown"));
    h2_client_close(client);
}

static void small_answers_always_go_out(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    client->wire->loop.account.bytes_max = 0;
    vt_reply_grpc(echo_kept_now.replies[0], &(vt_grpc_answer){.status = 0, .message = VT_SLICE("x")});
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 0"));
    h2_client_close(client);
}

static void a_stream_without_room_is_full(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, VT_SLICE("GET /events HTTP/1.1\r\nHost: a\r\n\r\n"));
    vt_reply reply = echo_kept_now.replies[0];
    wire->loop.account.bytes_max = sizeof big;
    assert_int_equal(vt_stream_write(reply, vt_slice_of(big, sizeof big)), VT_ERR_FULL);
    assert_int_equal(vt_stream_write(reply, VT_SLICE("x")), VT_OK);
    wire_close(wire);
}

/* Requests that never end, with as many headers as are allowed. */
static void headers_of_requests_that_never_end_stay_within_the_limit(void **state) {
    (void) state;
    enum { STREAMS = 400, HEADER_BYTES = 10000 };
    vt_server_limits limits = vt_server_limits_default();
    limits.streams_max = STREAMS;
    h2_client *client = h2_client_open(&limits);
    vt_account *account = &client->wire->loop.account;
    account->bytes_max = SMALL_MAX;
    static char value[HEADER_BYTES + 1];
    memset(value, 'x', HEADER_BYTES);
    h2_header headers[] = {{"x-long", value}, {NULL, NULL}};
    unsigned refused = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        unsigned sent = h2_client_send(client, "POST", "/echo", headers, &(vt_slice){"x", 1}, true);
        assert_true(account->kept_bytes <= SMALL_MAX + 64 * 1024);
        bool is_told = h2_has(client, sent, ":status: 503") && h2_has(client, sent, "retry-after: 1");
        refused += is_told || client->answers[sent].error_code == NGHTTP2_REFUSED_STREAM ? 1 : 0;
    }
    assert_true(refused > 0 && refused < STREAMS);
    assert_false(client->wire->is_closed);
    h2_client_data(client, 0, VT_SLICE("y"), true); /* who was let in is served */
    assert_true(h2_has(client, 0, ":status: 200"));
    h2_client_close(client);
}

/* Headers that cost a byte each time after the first, on streams that never end: one connection gets its share only. */
static void unfinished_requests_of_one_connection_stay_within_its_share(void **state) {
    (void) state;
    enum { STREAMS = 300, HEADER_BYTES = 15000 };
    vt_server_limits limits = vt_server_limits_default();
    limits.streams_max = STREAMS;
    h2_client *client = h2_client_open(&limits);
    static char value[HEADER_BYTES + 1];
    memset(value, 'x', HEADER_BYTES);
    h2_header headers[] = {{"x-long", value}, {NULL, NULL}};
    unsigned refused = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        unsigned sent = h2_client_send(client, "POST", "/echo", headers, &(vt_slice){"x", 1}, true);
        assert_true(client->wire->conn.input_bytes <= VT_CONN_INPUT_BYTES_MAX + 2 * HEADER_BYTES);
        refused += h2_has(client, sent, ":status: 503") || client->answers[sent].error_code == NGHTTP2_REFUSED_STREAM;
    }
    assert_true(refused > 0 && refused < STREAMS);
    assert_true(client->wire->loop.account.kept_bytes < 2 * VT_CONN_INPUT_BYTES_MAX);
    h2_client_data(client, 0, VT_SLICE("y"), true);
    assert_true(h2_has(client, 0, ":status: 200"));
    unsigned next = h2_client_send(client, "GET", "/hello", NULL, NULL, false); /* there is room again */
    assert_true(h2_has(client, next, ":status: 200"));
    h2_client_close(client);
}

static void votes_arrive_when_large_requests_are_refused(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    size_t common = vt_account_common_bytes(&wire->loop.account);
    wire->loop.account.kept_bytes += common; /* of other connections */
    wire_feed(wire, VT_SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
    assert_true(contains(wire, "HTTP/1.1 200 OK\r\n"));
    assert_false(wire->is_closed);
    wire_feed(wire, VT_SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: "));
    wire_feed(wire, vt_slice_of(memset(big, 'x', sizeof big), 9000));
    assert_true(contains(wire, "HTTP/1.1 503 "));
    assert_true(wire->is_closed);
    wire->loop.account.kept_bytes -= common;
    wire_close(wire);
}

static void answers_that_nobody_takes_stay_within_the_limit(void **state) {
    (void) state;
    enum { CALLS = 60 };
    static char message[60 * 1024];
    h2_client *client = h2_client_open(NULL);
    vt_account *account = &client->wire->loop.account;
    account->bytes_max = SMALL_MAX;
    nghttp2_settings_entry closed = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
    assert_int_equal(nghttp2_submit_settings(client->session, 0, &closed, 1), 0);
    unsigned replaced = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        unsigned call = h2_client_call(client, LATER, NULL, hi, false);
        vt_grpc_answer answer = {.status = 0, .message = vt_slice_of(message, sizeof message)};
        vt_reply_grpc(echo_kept_now.replies[i], &answer);
        h2_client_run(client);
        replaced += h2_has(client, call, "grpc-status: 14") ? 1 : 0;
        assert_true(account->kept_bytes <= SMALL_MAX);
    }
    assert_true(replaced > 0 && replaced < CALLS);
    h2_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_without_room_gets_503),
        cmocka_unit_test(headers_without_room_get_503),
        cmocka_unit_test(requests_ahead_without_room_end_the_connection_behind_the_answer),
        cmocka_unit_test(a_stash_is_accounted_for),
        cmocka_unit_test(nothing_is_kept_behind_a_stream),
        cmocka_unit_test(the_reserve_is_not_for_pages),
        cmocka_unit_test(large_answers_without_room_are_replaced),
        cmocka_unit_test(small_answers_always_go_out),
        cmocka_unit_test(a_stream_without_room_is_full),
        cmocka_unit_test(headers_of_requests_that_never_end_stay_within_the_limit),
        cmocka_unit_test(unfinished_requests_of_one_connection_stay_within_its_share),
        cmocka_unit_test(votes_arrive_when_large_requests_are_refused),
        cmocka_unit_test(answers_that_nobody_takes_stay_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
