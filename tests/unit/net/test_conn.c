/* How connections end: softly, and for good once their loop is sealed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_client.h"

#include <string.h>

#define GET "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST_LATER "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
#define LATER "/test.Echo/Later"
#define STREAM "/test.Echo/Stream"

static const vt_slice hi = {"\0\0\0\0\2hi", 7};

static void seal(test_wire *wire) {
    atomic_store(&echo_calls_count, 0);
    wire->loop.is_sealed = true;
    vt_conn_seal(&wire->conn);
    wire_flush(wire);
}

static void drained_connections_linger_for_requests_on_their_way(void **state) {
    (void) state;
    static const char *const inputs[] = {"", GET, GET "GET /he", "PR"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        test_wire *wire = wire_open(NULL);
        wire_feed(wire, vt_slice_str(inputs[i]));
        vt_conn_drain(&wire->conn, true);
        wire_flush(wire);
        assert_true(wire->is_closed);
        assert_true(wire->conn.is_lingering);
        vt_conn_linger(&wire->conn);
        assert_int_equal(wire->conn.linger_ms, VT_CONN_DRAIN_LINGER_MS);
        wire_close(wire);
    }
}

static void the_last_answer_of_a_drain_lingers(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(POST_LATER));
    vt_conn_drain(&wire->conn, false);
    vt_reply_http(echo_kept_now.replies[0], &(vt_http_answer){.status = 200, .body = VT_SLICE("x")});
    wire_flush(wire);
    assert_true(wire->is_closed);
    assert_true(wire->conn.is_lingering);
    wire_close(wire);
}

static void a_drain_shortens_the_linger(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    vt_conn_linger(&wire->conn);
    assert_int_equal(wire->conn.linger_ms, VT_CONN_LINGER_MS);
    vt_conn_hurry(&wire->conn);
    assert_int_equal(wire->conn.linger_ms, VT_CONN_DRAIN_LINGER_MS);
    wire_pass(wire, 260);
    assert_true(wire->conn.is_dead);
    wire_close(wire);
}

static void a_sealed_http1_connection_calls_nobody(void **state) {
    (void) state;
    static const char *const first[] = {"", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
                                        "GET /hello HTTP/1.1\r\n"};
    static const char *const rest[] = {GET, "c", "Host: a\r\n\r\n"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        test_wire *wire = wire_open(NULL);
        wire_feed(wire, vt_slice_str(first[i]));
        seal(wire);
        assert_true(wire->is_closed);
        vt_conn_feed(&wire->conn, rest[i], strlen(rest[i]));
        vt_conn_pull(&wire->conn);
        assert_int_equal(atomic_load(&echo_calls_count), 0);
        wire_close(wire);
    }
}

static void a_sealed_http1_connection_sends_the_answer_in_hand(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, vt_slice_str(POST_LATER GET));
    seal(wire);
    assert_false(wire->is_closed);
    wire_feed(wire, vt_slice_str(GET));
    vt_reply_http(echo_kept_now.replies[0], &(vt_http_answer){.status = 200, .body = VT_SLICE("x")});
    wire_flush(wire);
    assert_true(wire->is_closed);
    assert_non_null(memmem(wire->out.ptr, wire->out.len, "connection: close\r\n\r\nx", 22));
    assert_null(memmem(wire->out.ptr, wire->out.len, "hello", 5));
    assert_int_equal(atomic_load(&echo_calls_count), 0);
    wire_close(wire);
}

static void a_sealed_http2_connection_calls_nobody(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned half = h2_client_call(client, LATER, NULL, VT_SLICE("\0\0\0\0\2h"), true);
    unsigned body = h2_client_send(client, "POST", "/echo", NULL, &(vt_slice){"a", 1}, true);
    unsigned stream = h2_client_call(client, STREAM, NULL, hi, true);
    unsigned silent = h2_client_call(client, STREAM, NULL, VT_SLICE(""), true);
    unsigned busy = h2_client_call(client, LATER, NULL, hi, false);
    seal(client->wire);
    h2_client_data(client, half, VT_SLICE("i"), true); /* it leaves before the reset is read */
    assert_int_equal(client->answers[half].error_code, NGHTTP2_REFUSED_STREAM);
    assert_int_equal(client->answers[body].error_code, NGHTTP2_REFUSED_STREAM);
    assert_true(h2_has(client, stream, "grpc-status: 14"));
    assert_true(h2_has(client, silent, "grpc-status: 14"));
    assert_true(client->has_goaway);
    vt_reply_grpc(echo_kept_now.replies[0], &(vt_grpc_answer){.status = 0, .message = VT_SLICE("x")});
    h2_client_run(client);
    assert_true(h2_has(client, busy, "grpc-status: 0"));
    assert_true(client->wire->is_closed);
    assert_int_equal(atomic_load(&echo_calls_count), 0);
    h2_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drained_connections_linger_for_requests_on_their_way),
        cmocka_unit_test(the_last_answer_of_a_drain_lingers),
        cmocka_unit_test(a_drain_shortens_the_linger),
        cmocka_unit_test(a_sealed_http1_connection_calls_nobody),
        cmocka_unit_test(a_sealed_http1_connection_sends_the_answer_in_hand),
        cmocka_unit_test(a_sealed_http2_connection_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
