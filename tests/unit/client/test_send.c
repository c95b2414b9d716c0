#include "client/send.h"

#include "mock_http.h"
#include "vote_on_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static vt_send_summary summary;
static vt_reason reason;

static vt_send_options options_to(const char *to) {
    vt_send_options options;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = to;
    options.connections = 1;
    return options;
}

static void assert_refused(const vt_send_options *options, vt_err err, const char *says) {
    assert_int_equal(vt_send_run(options, &summary, &reason), err);
    assert_non_null(strstr(reason.text, says));
    assert_int_equal(summary.total, 0);
    assert_int_equal(vt_send_exit_code(err, &summary), 2);
}

static void test_options(void **state) {
    (void) state;
    vt_send_options options = options_to("http://127.0.0.1:1");
    options.connections = 0;
    assert_refused(&options, VT_ERR_BAD_CONFIG, "--connections 0");
    options = options_to("http://127.0.0.1:1");
    options.batch = 1001;
    assert_refused(&options, VT_ERR_BAD_CONFIG, "--batch 1001");
    options = options_to("ftp://127.0.0.1");
    assert_refused(&options, VT_ERR_BAD_CONFIG, "--to");
    options = options_to("grpc://127.0.0.1:1");
    options.connections = 4096;
    options.batch = 1000;
    assert_refused(&options, VT_ERR_BAD_CONFIG, "in flight");
    options = options_to("http://127.0.0.1:1");
    options.file = "/nowhere";
    assert_refused(&options, VT_ERR_IO, "/nowhere");
    options = options_to("http://127.0.0.1:1");
    options.acks_file = "/nowhere/acks";
    assert_refused(&options, VT_ERR_IO, "/nowhere/acks");
}

static void test_unreachable(void **state) {
    (void) state;
    vt_send_options options = options_to("http://127.0.0.1:1");
    options.connections = 3;
    options.retries = 2;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    assert_int_equal(summary.total, 1);
    assert_int_equal(summary.sent, 0);
    assert_non_null(strstr(summary.trouble.text, "cannot connect to 127.0.0.1:"));
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), 1);
}

static void test_rate(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 200, NULL, "{\"status\":\"counted\"}"}};
    vt_mock_http *mock = vt_mock_http_start(steps, 1);
    vt_send_options options = options_to(vt_mock_http_url(mock));
    options.rate = 200;
    options.repeat = 101;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    assert_int_equal(summary.accepted, 101);
    assert_in_range(summary.elapsed_ns, 500000000, 30000000000);
    vt_mock_http_stop(mock);
}

/* Raises SIGINT as soon as the server has taken a request. */
static void *interrupt(void *context) {
    vt_mock_http *mock = context;
    const struct timespec pause = {.tv_nsec = 1000000};
    while (vt_mock_http_count(mock) == 0) {
        nanosleep(&pause, NULL);
    }
    kill(getpid(), SIGINT);
    return NULL;
}

static void test_interrupt(void **state) {
    (void) state;
    /* The first request is answered by a retry only, so that one is in flight or in back-off when the signal comes. */
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 503, "Retry-After: 1\r\n", "{}"},
                                  {VT_MOCK_ANSWER, 200, NULL, "{\"status\":\"counted\"}"}};
    vt_mock_http *mock = vt_mock_http_start(steps, 2);
    vt_send_options options = options_to(vt_mock_http_url(mock));
    options.repeat = 1000000;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt, mock), 0);
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    pthread_join(thread, NULL);
    assert_true(summary.interrupted);
    assert_int_equal(summary.sent, 1);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), 1);
    vt_mock_http_stop(mock);
}

static void test_acks_that_cannot_be_written(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER, 200, NULL, "{\"status\":\"counted\"}"}};
    vt_mock_http *mock = vt_mock_http_start(steps, 1);
    vt_send_options options = options_to(vt_mock_http_url(mock));
    options.acks_file = "/dev/full";
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_ERR_IO);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(vt_send_exit_code(VT_ERR_IO, &summary), 2);
    vt_mock_http_stop(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_acks_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, vt_test_remove_vote);
}
