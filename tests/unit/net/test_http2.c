/* HTTP/2 and gRPC against a real client session, whole and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_client.h"

#include "net/http2.h"
#include "net/stream.h"

#include <stdlib.h>

#define UNARY "/test.Echo/Unary"
#define LATER "/test.Echo/Later"
#define STREAM "/test.Echo/Stream"

static const vt_slice hi = {"\0\0\0\0\2hi", 7};

static void assert_body(const h2_client *client, unsigned answer, vt_slice wanted) {
    assert_int_equal(client->answers[answer].body_len, wanted.len);
    assert_memory_equal(client->answers[answer].body, wanted.ptr, wanted.len);
}

static void run_both_ways(void (*body)(h2_client *client)) {
    for (size_t step = 0; step < 4; step++) {
        h2_client *client = h2_client_open(NULL);
        client->step = step;
        body(client);
        h2_client_close(client);
    }
}

static void check_http(h2_client *client) {
    unsigned get = h2_client_send(client, "GET", "/hello?x", NULL, NULL, false);
    assert_true(h2_has(client, get, ":status: 200"));
    assert_true(h2_has(client, get, "content-length: 5"));
    assert_body(client, get, VT_SLICE("hello"));
    unsigned head = h2_client_send(client, "HEAD", "/hello", NULL, NULL, false);
    assert_true(h2_has(client, head, "content-length: 5"));
    assert_int_equal(client->answers[head].body_len, 0);
    vt_slice text = VT_SLICE("some text");
    unsigned post = h2_client_send(client, "POST", "/echo", NULL, &text, false);
    assert_body(client, post, text);
    unsigned gone = h2_client_send(client, "GET", "/nope", NULL, NULL, false);
    assert_true(h2_has(client, gone, ":status: 404"));
    unsigned wrong = h2_client_send(client, "DELETE", "/echo", NULL, NULL, false);
    assert_true(h2_has(client, wrong, ":status: 405"));
    assert_true(h2_has(client, wrong, "allow: POST"));
    unsigned options = h2_client_send(client, "OPTIONS", "/echo", NULL, NULL, false);
    assert_true(h2_has(client, options, ":status: 204"));
    for (unsigned i = 0; i < client->answers_count; i++) {
        assert_true(client->answers[i].is_closed);
        assert_int_equal(client->answers[i].error_code, 0);
    }
}

static void http_requests_are_answered(void **state) {
    (void) state;
    run_both_ways(check_http);
}

static void check_unary(h2_client *client) {
    for (int i = 0; i < 100; i++) {
        unsigned call = h2_client_call(client, UNARY, NULL, hi, false);
        assert_true(h2_has(client, call, ":status: 200"));
        assert_true(h2_has(client, call, "content-type: application/grpc"));
        assert_true(h2_has(client, call, "grpc-status: 0"));
        assert_int_equal(client->answers[call].header_blocks, 2);
        assert_true(client->answers[call].is_closed);
        assert_body(client, call, hi);
    }
}

static void unary_calls_are_answered(void **state) {
    (void) state;
    run_both_ways(check_unary);
}

typedef struct refusal {
    const char *name;
    const char *path;
    vt_slice body;
    h2_header header;
    const char *status;
    const char *code;
} refusal;

static void malformed_calls_are_refused(void **state) {
    (void) state;
    static const refusal refusals[] = {
        {"no message", UNARY, {"", 0}, {NULL, NULL}, "grpc-status: 3", "votaton-error: malformed_request"},
        {"cut in the prefix", UNARY, {"\0\0\0", 3}, {NULL, NULL}, "grpc-status: 3", "votaton-error: malformed_request"},
        {"cut in the message",
         UNARY,
         {"\0\0\0\0\5hi", 7},
         {NULL, NULL},
         "grpc-status: 3",
         "votaton-error: malformed_request"},
        {"two messages",
         UNARY,
         {"\0\0\0\0\0\0\0\0\0\0", 10},
         {NULL, NULL},
         "grpc-status: 3",
         "votaton-error: malformed_request"},
        {"compressed", UNARY, {"\1\0\0\0\2hi", 7}, {NULL, NULL}, "grpc-status: 12", "grpc-accept-encoding: identity"},
        {"odd flags", UNARY, {"\2\0\0\0\2hi", 7}, {NULL, NULL}, "grpc-status: 3", "votaton-error: malformed_request"},
        {"gzip",
         UNARY,
         {"\0\0\0\0\2hi", 7},
         {"grpc-encoding", "gzip"},
         "grpc-status: 12",
         "grpc-accept-encoding: identity"},
        {"too large", UNARY, {"\0\0\0\x10\1", 5}, {NULL, NULL}, "grpc-status: 8", "votaton-error: body_too_large"},
        {"unknown method",
         "/test.Echo/Nope",
         {"\0\0\0\0\2hi", 7},
         {NULL, NULL},
         "grpc-status: 12",
         "votaton-error: unimplemented"},
        {"bad timeout",
         UNARY,
         {"\0\0\0\0\2hi", 7},
         {"grpc-timeout", "soon"},
         "grpc-status: 3",
         "votaton-error: malformed_request"},
        {"no time",
         UNARY,
         {"\0\0\0\0\2hi", 7},
         {"grpc-timeout", "0m"},
         "grpc-status: 4",
         "votaton-error: deadline_exceeded"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *one = &refusals[i];
        h2_client *client = h2_client_open(NULL);
        h2_header headers[] = {one->header, {NULL, NULL}};
        unsigned call = h2_client_call(client, one->path, headers, one->body, false);
        if (!h2_has(client, call, one->status) || !h2_has(client, call, one->code) ||
            client->answers[call].header_blocks != 1 || !client->answers[call].is_closed) {
            fail_msg("%s: %s", one->name, client->answers[call].text);
        }
        h2_client_close(client);
    }
}

static void content_types_decide_what_is_grpc(void **state) {
    (void) state;
    static const struct {
        const char *type;
        const char *line;
    } cases[] = {
        {"application/grpc+proto", "grpc-status: 0"},   {"Application/GRPC; x=y", "grpc-status: 0"},
        {"application/grpc+json", ":status: 415"},      {"application/grpc-web", ":status: 415"},
        {"application/grpc-web+proto", ":status: 415"}, {"application/json", ":status: 404"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        h2_client *client = h2_client_open(NULL);
        h2_header headers[] = {{"content-type", cases[i].type}, {NULL, NULL}};
        unsigned call = h2_client_send(client, "POST", UNARY, headers, &hi, false);
        if (!h2_has(client, call, cases[i].line)) {
            fail_msg("%s: %s", cases[i].type, client->answers[call].text);
        }
        h2_client_close(client);
    }
}

static void an_expired_deadline_is_answered_with_the_note(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    h2_header headers[] = {{"grpc-timeout", "100m"}, {NULL, NULL}};
    unsigned call = h2_client_call(client, LATER, headers, hi, false);
    vt_reply reply = echo_kept_now.replies[0];
    vt_reply_note(reply, VT_SLICE("votaton-id"), VT_SLICE("first"));
    vt_reply_note(reply, VT_SLICE("votaton-id"), VT_SLICE("the-id"));
    wire_pass(client->wire, 90);
    h2_client_run(client);
    assert_true(vt_reply_is_open(reply));
    wire_pass(client->wire, 20);
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 4"));
    assert_true(h2_has(client, call, "votaton-error: deadline_exceeded"));
    assert_true(h2_has(client, call, "votaton-id: the-id"));
    assert_false(vt_reply_is_open(reply));
    vt_reply_grpc(reply, &(vt_grpc_answer){.status = 0});
    h2_client_close(client);
}

static void late_answers_carry_trailers_and_an_encoded_text(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    vt_header trailers[] = {{VT_SLICE("votaton-error"), VT_SLICE("quota")}, {VT_SLICE("bad"), VT_SLICE("a\nb")}};
    vt_grpc_answer answer = {
        .status = 8, .text = VT_SLICE("100% \xc3\xa9\n"), .trailers = trailers, .trailers_count = 2};
    vt_reply_grpc(echo_kept_now.replies[0], &answer);
    vt_reply_grpc(echo_kept_now.replies[0], &answer);
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 8"));
    assert_true(h2_has(client, call, "grpc-message: 100%25 %C3%A9%0A"));
    assert_true(h2_has(client, call, "votaton-error: quota"));
    assert_null(strstr(client->answers[call].text, "bad"));
    h2_client_close(client);
}

static void check_stream(h2_client *client) {
    echo_kept_now.half_closed = 0;
    unsigned call = h2_client_call(client, STREAM, NULL, hi, true);
    assert_body(client, call, hi);
    assert_false(client->answers[call].is_closed);
    h2_client_data(client, call, VT_SLICE("\0\0\0\0\1a\0\0\0"), false);
    h2_client_data(client, call, VT_SLICE("\0\1b"), true);
    assert_body(client, call, VT_SLICE("\0\0\0\0\2hi\0\0\0\0\1a\0\0\0\0\1b"));
    assert_true(h2_has(client, call, "grpc-status: 0"));
    assert_true(client->answers[call].is_closed);
    assert_int_equal(echo_kept_now.half_closed, 1);
}

static void streams_are_answered_message_by_message(void **state) {
    (void) state;
    run_both_ways(check_stream);
}

static void a_stream_cut_in_a_message_is_refused(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, STREAM, NULL, VT_SLICE("\0\0\0\0\5a"), false);
    assert_true(h2_has(client, call, "grpc-status: 3"));
    assert_int_equal(echo_kept_now.half_closed, 0);
    h2_client_close(client);
}

static void silent_streams_may_wait_but_not_within_a_message(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, STREAM, NULL, hi, true);
    wire_pass(client->wire, 70000);
    h2_client_run(client);
    assert_false(client->answers[call].is_closed);
    h2_client_data(client, call, VT_SLICE("\0\0"), false);
    wire_pass(client->wire, 40000);
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 4"));
    h2_client_close(client);
}

static void headers_beyond_the_limit_are_refused(void **state) {
    (void) state;
    static char value[2049];
    memset(value, 'x', sizeof value - 1);
    h2_header headers[] = {{"a", value}, {"b", value}, {"c", value}, {"d", value}, {"e", value},
                           {"f", value}, {"g", value}, {"h", value}, {NULL, NULL}};
    h2_client *client = h2_client_open(NULL);
    unsigned get = h2_client_send(client, "GET", "/hello", headers, NULL, false);
    assert_true(h2_has(client, get, ":status: 431"));
    headers[0] = (h2_header){"content-type", "application/grpc"};
    headers[7] = (h2_header){"h", value};
    h2_header nine[] = {headers[0], headers[1], headers[2], headers[3],   headers[4],
                        headers[5], headers[6], headers[7], {"i", value}, {NULL, NULL}};
    unsigned call = h2_client_send(client, "POST", UNARY, nine, &hi, false);
    assert_true(h2_has(client, call, "grpc-status: 8"));
    assert_true(h2_has(client, call, "votaton-error: headers_too_large"));
    unsigned fine = h2_client_call(client, UNARY, NULL, hi, false);
    assert_true(h2_has(client, fine, "grpc-status: 0"));
    h2_client_close(client);
}

static void large_bodies_are_refused_before_they_come(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    h2_header headers[] = {{"content-length", "5000"}, {NULL, NULL}};
    vt_slice start = VT_SLICE("x");
    unsigned post = h2_client_send(client, "POST", "/echo", headers, &start, true);
    assert_true(h2_has(client, post, ":status: 413"));
    assert_true(client->answers[post].is_closed);
    assert_int_equal(client->answers[post].error_code, NGHTTP2_NO_ERROR);
    static char large[ECHO_BODY_BYTES_MAX + 1];
    vt_slice bytes = vt_slice_of(large, sizeof large);
    post = h2_client_send(client, "POST", "/echo", NULL, &bytes, true);
    assert_true(h2_has(client, post, ":status: 413"));
    assert_true(client->answers[post].is_closed);
    h2_client_close(client);
}

static void refusals_wait_for_small_bodies(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    vt_slice start = VT_SLICE("x");
    unsigned post = h2_client_send(client, "POST", "/nope", NULL, &start, true);
    assert_int_equal(client->answers[post].header_blocks, 0);
    h2_client_data(client, post, start, true);
    assert_true(h2_has(client, post, ":status: 404"));
    static char large[VT_HTTP2_DISCARD_BYTES_MAX + 1];
    vt_slice bytes = vt_slice_of(large, sizeof large);
    post = h2_client_send(client, "POST", "/nope", NULL, &bytes, true);
    assert_true(h2_has(client, post, ":status: 404"));
    assert_true(client->answers[post].is_closed);
    h2_client_close(client);
}

static void a_cancelled_call_has_no_reply(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    vt_reply reply = echo_kept_now.replies[0];
    assert_int_equal(nghttp2_submit_rst_stream(client->session, 0, client->answers[call].stream_id, NGHTTP2_CANCEL), 0);
    h2_client_run(client);
    assert_false(vt_reply_is_open(reply));
    unsigned next = h2_client_call(client, LATER, NULL, hi, false);
    vt_reply_grpc(reply, &(vt_grpc_answer){.status = 13});
    h2_client_run(client);
    assert_int_equal(client->answers[next].header_blocks, 0);
    assert_true(vt_reply_is_open(echo_kept_now.replies[1]));
    h2_client_close(client);
}

static void rapid_resets_end_the_connection(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    for (int i = 0; i < H2_STREAMS_MAX && !client->has_goaway; i++) {
        echo_kept_now.count = 0;
        unsigned call = h2_client_call(client, LATER, NULL, hi, false);
        int failed = nghttp2_submit_rst_stream(client->session, 0, client->answers[call].stream_id, NGHTTP2_CANCEL);
        assert_int_equal(failed, 0);
        h2_client_run(client);
    }
    assert_true(client->has_goaway);
    assert_int_equal(client->goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(client->wire->is_closed);
    assert_true(client->answers_count > VT_HTTP2_RESETS_BURST);
    h2_client_close(client);
}

static void a_flood_of_pings_ends_the_connection(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    for (int i = 0; i < 2 * VT_HTTP2_CONTROLS_BURST && !client->has_goaway; i++) {
        assert_int_equal(nghttp2_submit_ping(client->session, 0, NULL), 0);
        h2_client_run(client);
    }
    assert_true(client->has_goaway);
    assert_int_equal(client->goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
    h2_client_close(client);
}

static void calls_earn_pings(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    for (int i = 0; i < 3 * VT_HTTP2_CONTROLS_BURST; i++) {
        client->answers_count = 0;
        client->answers[0] = (h2_answer){0};
        h2_client_call(client, UNARY, NULL, hi, false);
        assert_int_equal(nghttp2_submit_ping(client->session, 0, NULL), 0);
        h2_client_run(client);
    }
    assert_false(client->has_goaway);
    h2_client_close(client);
}

static void a_slow_body_is_refused_alone(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    vt_slice start = VT_SLICE("x");
    unsigned post = h2_client_send(client, "POST", "/echo", NULL, &start, true);
    wire_pass(client->wire, 29900);
    h2_client_run(client);
    assert_false(client->answers[post].is_closed);
    wire_pass(client->wire, 200);
    h2_client_run(client);
    assert_true(h2_has(client, post, ":status: 408"));
    assert_true(client->answers[post].is_closed);
    unsigned get = h2_client_send(client, "GET", "/hello", NULL, NULL, false);
    assert_true(h2_has(client, get, ":status: 200"));
    h2_client_close(client);
}

static void idle_connections_get_a_goaway(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    h2_client_send(client, "GET", "/hello", NULL, NULL, false);
    wire_pass(client->wire, 75200);
    h2_client_run(client);
    assert_true(client->has_goaway);
    assert_int_equal(client->goaway_code, NGHTTP2_NO_ERROR);
    assert_true(client->wire->is_closed);
    h2_client_close(client);
}

static void the_end_of_a_drain_waits_for_no_half_request(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned half = h2_client_send(client, "POST", "/echo", NULL, &hi, true);
    unsigned later = h2_client_call(client, LATER, NULL, hi, false);
    vt_conn_drain(&client->wire->conn, false);
    h2_client_run(client);
    assert_false(client->answers[half].is_closed);
    vt_conn_drain(&client->wire->conn, true);
    h2_client_run(client);
    assert_true(client->answers[half].is_closed);
    assert_int_equal(client->answers[half].error_code, NGHTTP2_REFUSED_STREAM);
    assert_false(client->wire->is_closed);
    vt_reply_grpc(echo_kept_now.replies[0], &(vt_grpc_answer){.status = 0, .message = VT_SLICE("x")});
    h2_client_run(client);
    assert_true(h2_has(client, later, "grpc-status: 0"));
    assert_true(client->wire->is_closed);
    h2_client_close(client);
}

static void a_draining_connection_finishes_its_calls(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    unsigned stream = h2_client_call(client, STREAM, NULL, hi, true);
    unsigned events = h2_client_send(client, "GET", "/events", NULL, NULL, false);
    vt_conn_drain(&client->wire->conn, false);
    h2_client_run(client);
    assert_true(client->has_goaway);
    assert_true(client->answers[events].is_closed);
    assert_true(h2_has(client, stream, "grpc-status: 0"));
    assert_int_equal(echo_kept_now.half_closed, 1);
    assert_false(client->wire->is_closed);
    assert_true(vt_conn_is_busy(&client->wire->conn));
    vt_reply_grpc(echo_kept_now.replies[0], &(vt_grpc_answer){.status = 0, .message = VT_SLICE("x")});
    h2_client_run(client);
    assert_true(h2_has(client, call, "grpc-status: 0"));
    assert_true(client->wire->is_closed);
    assert_int_equal(client->goaway_last, client->answers[events].stream_id);
    h2_client_close(client);
}

static void set_client_window(h2_client *client, uint32_t bytes) {
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
    assert_int_equal(nghttp2_submit_settings(client->session, 0, &entry, 1), 0);
    h2_client_run(client);
}

static void a_viewer_without_a_window_is_cut_alone(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    set_client_window(client, 0);
    unsigned events = h2_client_send(client, "GET", "/events", NULL, NULL, false);
    wire_pass(client->wire, 29000);
    h2_client_run(client);
    assert_false(client->answers[events].is_closed);
    wire_pass(client->wire, 9000);
    h2_client_run(client);
    assert_true(client->answers[events].is_closed);
    assert_int_equal(client->answers[events].error_code, NGHTTP2_CANCEL);
    assert_false(client->wire->is_closed);
    h2_client_close(client);
}

static void offer_text(vt_reply reply, const char *text) {
    vt_shared *shared;
    assert_int_equal(vt_shared_new(vt_slice_str(text), &shared), VT_OK);
    assert_int_equal(vt_stream_offer(reply, shared), VT_OK);
    vt_shared_unref(shared);
}

static void a_blocked_grpc_viewer_skips_to_the_newest(void **state) {
    (void) state;
    h2_client *client = h2_client_open(NULL);
    client->is_holding = true;
    set_client_window(client, 7);
    unsigned call = h2_client_call(client, LATER, NULL, hi, false);
    vt_reply reply = echo_kept_now.replies[0];
    offer_text(reply, "first");
    h2_client_run(client);
    offer_text(reply, "second");
    h2_client_run(client);
    offer_text(reply, "third");
    set_client_window(client, 1000);
    vt_stream_end_grpc(reply, &(vt_grpc_answer){.status = 0});
    h2_client_run(client);
    assert_body(client, call, VT_SLICE("\0\0\0\0\5first\0\0\0\0\5third"));
    assert_true(h2_has(client, call, "grpc-status: 0"));
    h2_client_close(client);
}

static void large_answers_pass_small_windows(void **state) {
    (void) state;
    static char bytes[H2_BODY_MAX];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char) i;
    }
    h2_client *client = h2_client_open(NULL);
    set_client_window(client, 1000);
    unsigned call = h2_client_send(client, "POST", "/later", NULL, &(vt_slice){"", 0}, false);
    vt_http_answer answer = {.status = 200, .body = vt_slice_of(bytes, sizeof bytes)};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    h2_client_run(client);
    assert_body(client, call, answer.body);
    assert_int_equal(client->wire->conn.pending_bytes, 0);
    h2_client_close(client);
}

static void a_broken_preface_is_no_http2(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, VT_SLICE("PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n"));
    assert_true(wire->is_closed);
    assert_memory_equal(wire->out.ptr, "HTTP/1.1 400 ", 13);
    wire_close(wire);
}

static void bytes_that_are_no_frames_end_the_connection(void **state) {
    (void) state;
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, VT_SLICE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n0123456789"));
    assert_true(wire->is_closed);
    wire_close(wire);
}

/* Frames that nghttp2's client would not send; the peer reads nothing. */
static bool is_cut_by(vt_slice frame, bool is_blocked) {
    enum { FRAMES = 20000 };
    test_wire *wire = wire_open(NULL);
    wire_feed(wire, VT_SLICE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"));
    wire_feed(wire, VT_SLICE("\0\0\x0d\1\4\0\0\0\1\x83\x86\x44\x05/echo\x41\3a.b"));
    wire->is_blocked = is_blocked;
    for (int i = 0; i < FRAMES && !wire->conn.is_closing && !wire->conn.is_dead; i++) {
        wire_feed(wire, frame);
        vt_buf_clear(&wire->out);
    }
    bool is_cut = wire->conn.is_closing || wire->conn.is_dead;
    wire_close(wire);
    return is_cut;
}

static void floods_of_raw_frames_end_the_connection(void **state) {
    (void) state;
    static const vt_slice frames[] = {
        {"\0\0\0\4\0\0\0\0\0", 9},                         /* SETTINGS */
        {"\0\0\x08\6\0\0\0\0\0........", 17},              /* PING */
        {"\0\0\5\2\0\0\0\0\1\0\0\0\0\1", 14},              /* PRIORITY */
        {"\0\0\0\0\0\0\0\0\1", 9},                         /* empty DATA */
        {"\0\0\1\1\0\0\0\0\3\x82\0\0\0\x9\0\0\0\0\3", 19}, /* CONTINUATION without an end */
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        assert_true(is_cut_by(frames[i], false));
        assert_true(is_cut_by(frames[i], true));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_requests_are_answered),
        cmocka_unit_test(unary_calls_are_answered),
        cmocka_unit_test(malformed_calls_are_refused),
        cmocka_unit_test(content_types_decide_what_is_grpc),
        cmocka_unit_test(an_expired_deadline_is_answered_with_the_note),
        cmocka_unit_test(late_answers_carry_trailers_and_an_encoded_text),
        cmocka_unit_test(streams_are_answered_message_by_message),
        cmocka_unit_test(a_stream_cut_in_a_message_is_refused),
        cmocka_unit_test(silent_streams_may_wait_but_not_within_a_message),
        cmocka_unit_test(headers_beyond_the_limit_are_refused),
        cmocka_unit_test(large_bodies_are_refused_before_they_come),
        cmocka_unit_test(refusals_wait_for_small_bodies),
        cmocka_unit_test(a_cancelled_call_has_no_reply),
        cmocka_unit_test(rapid_resets_end_the_connection),
        cmocka_unit_test(a_flood_of_pings_ends_the_connection),
        cmocka_unit_test(floods_of_raw_frames_end_the_connection),
        cmocka_unit_test(calls_earn_pings),
        cmocka_unit_test(a_slow_body_is_refused_alone),
        cmocka_unit_test(idle_connections_get_a_goaway),
        cmocka_unit_test(a_draining_connection_finishes_its_calls),
        cmocka_unit_test(the_end_of_a_drain_waits_for_no_half_request),
        cmocka_unit_test(a_viewer_without_a_window_is_cut_alone),
        cmocka_unit_test(a_blocked_grpc_viewer_skips_to_the_newest),
        cmocka_unit_test(large_answers_pass_small_windows),
        cmocka_unit_test(a_broken_preface_is_no_http2),
        cmocka_unit_test(bytes_that_are_no_frames_end_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
