#include "client/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_send_answers answers;

static void assert_answer(uint32_t item, vt_send_outcome outcome, const char *id, const char *code) {
    assert_int_equal(answers.items[item].outcome, outcome);
    assert_true(vt_slice_eq(answers.items[item].id, vt_slice_str(id)));
    assert_true(vt_slice_eq(answers.items[item].code, vt_slice_str(code)));
}

static void read_http(int status, const char *body, bool batch, uint32_t count) {
    vt_response response = {.status = status, .body = vt_slice_str(body), .retry_after_ms = -1};
    vt_send_answers_read_http(&answers, &response, batch, count);
}

static void test_http_single(void **state) {
    (void) state;
    read_http(200, "{\"message\":\"ok\",\"id\":\"i\",\"position\":\"1\",\"status\":\"counted\"}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_COUNTED, "i", "");
    read_http(200, "{\"id\":\"i\",\"status\":\"recorded\"}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RECORDED, "i", "");
    read_http(200, "{\"id\":\"i\",\"status\":\"duplicate\"}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_DUPLICATE, "i", "");
    read_http(200, "{\"id\":\"i\",\"status\":\"quota\"}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "i", "quota");
}

static void test_http_other_services(void **state) {
    (void) state;
    read_http(201, "{\"message\":\"ok\"}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RECORDED, "", "");
    read_http(200, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RECORDED, "", "");
    read_http(500, "<html>", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "http_500");
}

static void test_http_errors(void **state) {
    (void) state;
    read_http(403, "{\"error\":{\"code\":\"quota\",\"message\":\"m\"}}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "quota");
    read_http(503, "{\"id\":\"i\",\"error\":{\"code\":\"unknown\"}}", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RETRY, "i", "unknown");
    static const int retried[] = {408, 429, 502, 503, 504};
    for (size_t i = 0; i < sizeof retried / sizeof retried[0]; i++) {
        read_http(retried[i], "", true, 3);
        assert_int_equal(answers.items[0].outcome, VT_SEND_OUTCOME_RETRY);
        assert_int_equal(answers.items[2].outcome, VT_SEND_OUTCOME_RETRY);
    }
}

static void test_http_batch(void **state) {
    (void) state;
    read_http(200,
              "{\"votes\":[{\"id\":\"a\",\"status\":\"counted\"},{\"error\":{\"code\":\"closed\"}},"
              "{\"id\":\"c\",\"error\":{\"code\":\"overloaded\"}},{}]}",
              true, 4);
    assert_answer(0, VT_SEND_OUTCOME_COUNTED, "a", "");
    assert_answer(1, VT_SEND_OUTCOME_REFUSED, "", "closed");
    assert_answer(2, VT_SEND_OUTCOME_RETRY, "c", "overloaded");
    assert_answer(3, VT_SEND_OUTCOME_REFUSED, "", "bad_answer");
    static const char *const bad[] = {"", "[]", "{\"votes\":[]}", "{\"votes\":{}}", "{\"votes\":[1,2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        read_http(200, bad[i], true, 2);
        assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "bad_answer");
        assert_answer(1, VT_SEND_OUTCOME_REFUSED, "", "bad_answer");
    }
}

static void read_grpc(int status, vt_slice body, const char *code, bool batch, uint32_t count) {
    vt_response response = {.status = status, .body = body, .code = vt_slice_str(code), .retry_after_ms = -1};
    vt_send_answers_read_grpc(&answers, &response, batch, count);
}

static void test_grpc_single(void **state) {
    (void) state;
    read_grpc(0, VT_SLICE("\n\002ab\022\0011\032\007counted"), "", false, 1);
    assert_true(vt_slice_eq(answers.items[0].position, VT_SLICE("1")));
    assert_answer(0, VT_SEND_OUTCOME_COUNTED, "ab", "");
    /* Unknown fields of every wire type are skipped. */
    read_grpc(0, VT_SLICE("\n\002ab\050\225\001\061xxxxxxxx\065yyyy\032\010recorded"), "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RECORDED, "ab", "");
    static const vt_slice bad[] = {VT_SLICE("\n\377"),
                                   VT_SLICE("\n"),
                                   VT_SLICE("\003"),
                                   VT_SLICE("\n\005ab"),
                                   VT_SLICE("\377\377\377\377\377\377\377\377\377\377\377"),
                                   {0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        read_grpc(0, bad[i], "", false, 1);
        assert_int_equal(answers.items[0].outcome, VT_SEND_OUTCOME_REFUSED);
        assert_true(vt_slice_eq(answers.items[0].code, VT_SLICE("bad_answer")));
    }
}

static void test_grpc_batch(void **state) {
    (void) state;
    vt_slice reply = VT_SLICE("\n\014\n\001a\032\007counted"
                              "\n\012\"\010\n\006closed"
                              "\n\016\"\014\n\noverloaded");
    read_grpc(0, reply, "", true, 3);
    assert_answer(0, VT_SEND_OUTCOME_COUNTED, "a", "");
    assert_answer(1, VT_SEND_OUTCOME_REFUSED, "", "closed");
    assert_answer(2, VT_SEND_OUTCOME_RETRY, "", "overloaded");
    read_grpc(0, reply, "", true, 2);
    assert_answer(1, VT_SEND_OUTCOME_REFUSED, "", "bad_answer");
}

static void test_grpc_errors(void **state) {
    (void) state;
    read_grpc(8, (vt_slice){0}, "quota", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "quota");
    read_grpc(8, (vt_slice){0}, "overloaded", true, 2);
    assert_answer(1, VT_SEND_OUTCOME_RETRY, "", "overloaded");
    read_grpc(8, (vt_slice){0}, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RETRY, "", "resource_exhausted");
    read_grpc(14, (vt_slice){0}, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RETRY, "", "unavailable");
    read_grpc(4, (vt_slice){0}, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_RETRY, "", "deadline_exceeded");
    read_grpc(6, (vt_slice){0}, "id_conflict", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "id_conflict");
    read_grpc(12, (vt_slice){0}, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "unimplemented");
    read_grpc(99, (vt_slice){0}, "", false, 1);
    assert_answer(0, VT_SEND_OUTCOME_REFUSED, "", "bad_answer");
}

static int release(void **state) {
    (void) state;
    vt_send_answers_release(&answers);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_single), cmocka_unit_test(test_http_other_services),
        cmocka_unit_test(test_http_errors), cmocka_unit_test(test_http_batch),
        cmocka_unit_test(test_grpc_single), cmocka_unit_test(test_grpc_batch),
        cmocka_unit_test(test_grpc_errors),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
