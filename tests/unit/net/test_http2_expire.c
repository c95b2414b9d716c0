/* Streaming calls: how long they may be silent, and how many a connection may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_client.h"

#include "net/http2.h"
#include "net/stream.h"

#define STREAM "/test.Echo/Stream"
#define UNARY "/test.Echo/Unary"

static const vt_slice hi = {"\0\0\0\0\2hi", 7};

static void a_call_without_messages_ends(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, STREAM, NULL, VT_SLICE(""), true);
    wire_pass(client->wire, 74000);
    h2_client_run(client);
    assert_false(client->answers[call].is_closed);
    wire_pass(client->wire, 9000);
    h2_client_run(client);
    assert_true(client->answers[call].is_closed);
    assert_true(h2_has(client, call, "grpc-status: 4"));
    assert_true(h2_has(client, call, "votaton-error: request_timeout"));
    unsigned other = h2_client_call(client, UNARY, NULL, hi, false);
    assert_true(h2_has(client, other, "grpc-status: 0"));
    h2_client_close(client);
}

static void messages_in_or_out_keep_a_call(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned asking = h2_client_call(client, STREAM, NULL, hi, true);
    unsigned listening = h2_client_call(client, STREAM, NULL, hi, true);
    vt_reply reply = vt_exchange_reply(client->wire->conn.answering.last);
    for (int i = 0; i < 4; i++) {
        wire_pass(client->wire, 60000);
        h2_client_data(client, asking, hi, false);
        assert_int_equal(vt_stream_write(reply, VT_SLICE("x")), VT_OK);
        h2_client_run(client);
    }
    assert_false(client->answers[asking].is_closed);
    assert_false(client->answers[listening].is_closed);
    h2_client_close(client);
}

static void a_call_that_may_be_silent_is_kept(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, STREAM, NULL, hi, true);
    vt_stream_allow_silence(vt_exchange_reply(client->wire->conn.answering.first));
    wire_pass(client->wire, 300000);
    h2_client_run(client);
    assert_false(client->answers[call].is_closed);
    h2_client_close(client);
}

static void streaming_calls_of_a_connection_have_a_limit(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    for (unsigned i = 0; i < VT_HTTP2_STREAM_CALLS_MAX; i++) {
        unsigned call = h2_client_call(client, STREAM, NULL, i % 2 == 0 ? hi : VT_SLICE("\0"), true);
        assert_false(client->answers[call].is_closed);
    }
    unsigned over = h2_client_call(client, STREAM, NULL, hi, true);
    assert_true(h2_has(client, over, "grpc-status: 8"));
    assert_true(client->answers[over].is_closed);
    unsigned other = h2_client_call(client, UNARY, NULL, hi, false);
    assert_true(h2_has(client, other, "grpc-status: 0"));
    h2_client_data(client, 0, VT_SLICE(""), true);
    assert_true(client->answers[0].is_closed);
    unsigned next = h2_client_call(client, STREAM, NULL, hi, true);
    assert_false(client->answers[next].is_closed);
    h2_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_messages_ends),
        cmocka_unit_test(messages_in_or_out_keep_a_call),
        cmocka_unit_test(a_call_that_may_be_silent_is_kept),
        cmocka_unit_test(streaming_calls_of_a_connection_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
