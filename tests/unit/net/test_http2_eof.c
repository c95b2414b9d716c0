/* What becomes of the streams of an HTTP/2 client that has closed its side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_client.h"

#define UNARY "/test.Echo/Unary"
#define LATER "/test.Echo/Later"
#define STREAM "/test.Echo/Stream"

static const vt_slice hi = {"\0\0\0\0\2hi", 7};

static void a_client_that_left_keeps_no_streams(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    h2_client_call(client, STREAM, NULL, VT_SLICE(""), true);           /* nothing said yet */
    h2_client_call(client, STREAM, NULL, hi, true);                     /* in a conversation */
    h2_client_call(client, UNARY, NULL, VT_SLICE("\0\0\0\0\2h"), true); /* half a request */
    h2_client_send(client, "GET", "/events", NULL, NULL, false);        /* a viewer */
    assert_int_equal(client->wire->loop.exchanges.in_use, 4);
    wire_eof(client->wire);
    assert_true(client->wire->is_closed);
    assert_int_equal(client->wire->loop.exchanges.in_use, 0);
    h2_client_close(client);
}

static void answers_without_a_window_end_with_the_client(void **state) {
    (void) state;
    static const bool is_late[] = {false, true};
    for (size_t i = 0; i < sizeof is_late / sizeof *is_late; i++) {
        h2_client *client = h2_client_open(NULL);
        nghttp2_settings_entry closed = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
        assert_int_equal(nghttp2_submit_settings(client->session, 0, &closed, 1), 0);
        h2_client_call(client, LATER, NULL, hi, false);
        vt_grpc_answer answer = {.status = 0, .message = VT_SLICE("x")};
        if (is_late[i]) {
            wire_eof(client->wire);
            assert_false(client->wire->is_closed); /* the handler is at work */
        }
        vt_reply_grpc(echo_kept_now.replies[0], &answer);
        wire_flush(client->wire);
        if (!is_late[i]) {
            assert_false(client->wire->is_closed);
            wire_eof(client->wire);
        }
        assert_true(client->wire->is_closed);
        assert_int_equal(client->wire->loop.exchanges.in_use, 0);
        h2_client_close(client);
    }
}

static void a_half_closed_client_still_gets_its_answers(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    h2_client_call(client, STREAM, NULL, hi, true);
    wire_eof(client->wire);
    assert_false(client->wire->is_closed);
    assert_int_equal(client->wire->loop.exchanges.in_use, 1);
    vt_reply_grpc(echo_kept_now.replies[0], &(vt_grpc_answer){.status = 0, .message = VT_SLICE("x")});
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 0"));
    assert_true(client->wire->is_closed);
    h2_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_left_keeps_no_streams),
        cmocka_unit_test(answers_without_a_window_end_with_the_client),
        cmocka_unit_test(a_half_closed_client_still_gets_its_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
