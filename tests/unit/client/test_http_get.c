#include "client/http_get.h"

#include "mock_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static vt_target target;

enum { PATIENT_MS = 60000, OVERDUE_MS = 200 };

static vt_mock_http *start(const vt_mock_step *steps, size_t count, uint32_t timeout_ms, vt_http_get *get) {
    vt_reason reason;
    vt_mock_http *mock = vt_mock_http_start(steps, count);
    assert_int_equal(vt_target_parse("--to", vt_mock_http_url(mock), &target, &reason), VT_OK);
    assert_int_equal(vt_target_resolve(&target, &reason), VT_OK);
    vt_http_get_init(get, &target, timeout_ms);
    return mock;
}

static void test_kept_and_closed(void **state) {
    (void) state;
    const vt_mock_step steps[] = {
        {VT_MOCK_ANSWER, 200, NULL, "one"},
        {VT_MOCK_ANSWER_AND_CLOSE, 404, NULL, "two"},
        {VT_MOCK_HANG_UP, 0, NULL, NULL},
    };
    vt_http_get get;
    vt_mock_http *mock = start(steps, 3, PATIENT_MS, &get);
    int status = 0;
    vt_slice body = {0};
    assert_int_equal(vt_http_get_run(&get, "/v1/a?b=c", &status, &body), VT_OK);
    assert_int_equal(status, 200);
    assert_true(vt_slice_eq(body, VT_SLICE("one")));
    assert_int_equal(strncmp(vt_mock_http_request(mock, 0), "GET /v1/a?b=c HTTP/1.1\r\n", 24), 0);
    assert_int_equal(vt_http_get_run(&get, "/2", &status, &body), VT_OK);
    assert_int_equal(status, 404);
    assert_true(vt_slice_eq(body, VT_SLICE("two")));
    assert_int_equal(vt_http_get_run(&get, "/3", &status, &body), VT_ERR_GONE);
    assert_int_equal(status, 404);
    vt_http_get_release(&get);
    vt_mock_http_stop(mock);
}

static void test_dead_connection_is_replaced_once(void **state) {
    (void) state;
    const vt_mock_step steps[] = {
        {VT_MOCK_ANSWER, 200, NULL, "one"},
        {VT_MOCK_HANG_UP, 0, NULL, NULL},
        {VT_MOCK_ANSWER, 200, NULL, "two"},
    };
    vt_http_get get;
    vt_mock_http *mock = start(steps, 3, PATIENT_MS, &get);
    int status = 0;
    vt_slice body = {0};
    assert_int_equal(vt_http_get_run(&get, "/", &status, &body), VT_OK);
    assert_int_equal(vt_http_get_run(&get, "/", &status, &body), VT_OK);
    assert_true(vt_slice_eq(body, VT_SLICE("two")));
    assert_int_equal(vt_mock_http_count(mock), 3);
    vt_http_get_release(&get);
    vt_mock_http_stop(mock);
}

static void test_silence(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_SILENT, 0, NULL, NULL}};
    vt_http_get get;
    vt_mock_http *mock = start(steps, 1, OVERDUE_MS, &get);
    int status = 0;
    vt_slice body = {0};
    assert_int_equal(vt_http_get_run(&get, "/", &status, &body), VT_ERR_GONE);
    assert_string_equal(get.trouble.text, "no answer within 200 ms");
    assert_int_equal(vt_mock_http_count(mock), 1);
    vt_http_get_release(&get);
    vt_mock_http_stop(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_and_closed),
        cmocka_unit_test(test_dead_connection_is_replaced_once),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
