/* The sender over HTTP/1.1 against a server that misbehaves by a script. */
#include "client/send.h"

#include "mock_http.h"
#include "vote/identity.h"
#include "vote_on_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNTED                                                                                                        \
    { VT_MOCK_ANSWER, 200, NULL, "{\"message\":\"ok\",\"id\":\"i\",\"position\":\"1\",\"status\":\"counted\"}" }

static vt_send_summary summary;

enum { PATIENT_MS = 60000, OVERDUE_MS = 1000 };

/* Sends one vote, over one connection, to a server that follows the steps. The caller stops the server. */
static vt_mock_http *send_within(uint32_t timeout_ms, const vt_mock_step *steps, size_t steps_count, uint32_t retries) {
    vt_mock_http *mock = vt_mock_http_start(steps, steps_count);
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.connections = 1;
    options.retries = retries;
    options.timeout_ms = timeout_ms;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    return mock;
}

static vt_mock_http *send_one(const vt_mock_step *steps, size_t steps_count, uint32_t retries) {
    return send_within(PATIENT_MS, steps, steps_count, retries);
}

/* All attempts carry one and the same request: id and body. */
static void assert_same_requests(const vt_mock_http *mock, size_t count) {
    assert_int_equal(vt_mock_http_count(mock), count);
    for (size_t i = 1; i < count; i++) {
        assert_string_equal(vt_mock_http_request(mock, i), vt_mock_http_request(mock, 0));
    }
}

static void test_answered(void **state) {
    (void) state;
    const vt_mock_step steps[] = {COUNTED};
    vt_mock_http *mock = send_one(steps, 1, 3);
    assert_same_requests(mock, 1);
    const char *request = vt_mock_http_request(mock, 0);
    assert_int_equal(strncmp(request, "POST /v1/votes HTTP/1.1\r\n", 25), 0);
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    const char *key = strstr(request, "\r\nIdempotency-Key: ");
    assert_non_null(key);
    assert_int_equal(key[19 + 14], '7');
    assert_non_null(strstr(request, "\r\n\r\n{\"name\":\"A\",\"album\":\"a\",\"year\":\"1\",\"rank\":\"2\"}"));
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), 0);
    vt_mock_http_stop(mock);
}

static void test_retried_with_the_same_id(void **state) {
    (void) state;
    const vt_mock_step steps[] = {
        {VT_MOCK_ANSWER, 503, NULL, "{\"error\":{\"code\":\"overloaded\"}}"},
        {VT_MOCK_HANG_UP, 0, NULL, NULL},
        {VT_MOCK_ANSWER_AND_CLOSE, 503, NULL, "busy"},
        {VT_MOCK_SILENT, 0, NULL, NULL},
        {VT_MOCK_ANSWER, 200, NULL, "{\"id\":\"i\",\"status\":\"duplicate\"}"},
    };
    vt_mock_http *mock = send_within(OVERDUE_MS, steps, 5, 4);
    assert_same_requests(mock, 5);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(summary.duplicates, 1);
    assert_int_equal(summary.retries, 4);
    assert_true(summary.latency_max_ns >= INT64_C(1000000) * OVERDUE_MS);
    vt_mock_http_stop(mock);
}

/* Long before the answer would be overdue. */
static void test_hang_up_is_noticed(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_HANG_UP, 0, NULL, NULL}, COUNTED};
    vt_mock_http *mock = send_one(steps, 2, 1);
    assert_int_equal(summary.accepted, 1);
    assert_true(summary.latency_max_ns < 30000000000);
    vt_mock_http_stop(mock);
}

static void test_retry_after(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 503, "Retry-After: 1\r\n", "{}"}, COUNTED};
    vt_mock_http *mock = send_one(steps, 2, 1);
    assert_same_requests(mock, 2);
    assert_int_equal(summary.accepted, 1);
    assert_in_range(summary.latency_max_ns, 1000000000, 30000000000);
    vt_mock_http_stop(mock);
}

static void test_retries_used_up(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 503, NULL, "{\"error\":{\"code\":\"unknown\"}}"}};
    vt_mock_http *mock = send_one(steps, 1, 2);
    assert_same_requests(mock, 3);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.accepted, 0);
    assert_non_null(strstr(summary.trouble.text, "unknown"));
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), 1);
    vt_mock_http_stop(mock);
}

static void test_refused(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 403, NULL, "{\"error\":{\"code\":\"closed\"}}"}};
    vt_mock_http *mock = send_one(steps, 1, 5);
    assert_same_requests(mock, 1);
    assert_int_equal(summary.refused, 1);
    assert_string_equal(summary.codes[0].code, "closed");
    vt_mock_http_stop(mock);
}

/* Only the item that asks for it is sent again. */
static void test_part_of_a_batch(void **state) {
    (void) state;
    const vt_mock_step steps[] = {
        {VT_MOCK_ANSWER, 200, NULL,
         "{\"votes\":[{\"id\":\"a\",\"status\":\"counted\"},{\"error\":{\"code\":\"retry\"}},{\"error\":{\"code\":"
         "\"closed\"}}]}"},
        {VT_MOCK_ANSWER, 200, NULL, "{\"votes\":[{\"id\":\"b\",\"status\":\"counted\"}]}"},
    };
    vt_mock_http *mock = vt_mock_http_start(steps, 2);
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.connections = 1;
    options.batch = 3;
    options.repeat = 3;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    assert_int_equal(vt_mock_http_count(mock), 2);
    assert_int_equal(summary.accepted, 2);
    assert_int_equal(summary.refused, 1);
    const char *second_id = strstr(strstr(strstr(vt_mock_http_request(mock, 0), "vote_id") + 1, "vote_id"), ":\"") + 2;
    const char *retried_id = strstr(strstr(vt_mock_http_request(mock, 1), "vote_id"), ":\"") + 2;
    assert_memory_equal(second_id, retried_id, VT_UUID_TEXT_LEN);
    assert_null(strstr(retried_id, "vote_id"));
    vt_mock_http_stop(mock);
}

static void test_garbage(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 200, "bad header\r\n", ""}, COUNTED};
    vt_mock_http *mock = send_one(steps, 2, 1);
    assert_same_requests(mock, 2);
    assert_int_equal(summary.accepted, 1);
    vt_mock_http_stop(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answered),    cmocka_unit_test(test_retried_with_the_same_id),
        cmocka_unit_test(test_retry_after), cmocka_unit_test(test_retries_used_up),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_part_of_a_batch),
        cmocka_unit_test(test_garbage),     cmocka_unit_test(test_hang_up_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, vt_test_remove_vote);
}
