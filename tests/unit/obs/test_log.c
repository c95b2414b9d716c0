#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "obs/log.h"

/* Standard error is a pipe while a line is caught. */
static char caught[3 * VT_LOG_LINE_MAX];
static int pipe_fds[2];
static int real_stderr;

static void start_catching(void) {
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
}

static size_t stop_catching(void) {
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t len = read(pipe_fds[0], caught, sizeof caught - 1);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    size_t caught_len = len > 0 ? (size_t) len : 0;
    caught[caught_len] = '\0';
    return caught_len;
}

/* The line behind its time, which is checked for its form. */
static const char *behind_time(size_t prefix_len) {
    const char *at = caught + prefix_len;
    assert_true(strlen(at) > VT_ISO8601_LEN);
    assert_true(at[4] == '-' && at[10] == 'T' && at[19] == '.' && at[23] == 'Z');
    return at + VT_ISO8601_LEN;
}

static void test_text_line(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_INFO, VT_LOG_TEXT);
    start_catching();
    vt_log(VT_LOG_INFO, "listening", VT_LOG_STR("address", "127.0.0.1:8080"), VT_LOG_INT("threads", 2),
           VT_LOG_STR("quoted", "a \"b\"\n"), VT_LOG_STR("empty", ""), VT_LOG_SLICE("equals", VT_SLICE("k=v")));
    stop_catching();
    assert_string_equal(behind_time(0), " info listening address=127.0.0.1:8080 threads=2 quoted=\"a \\\"b\\\"\\n\" "
                                        "empty=\"\" equals=\"k=v\"\n");
}

static void test_json_line(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_INFO, VT_LOG_JSON);
    start_catching();
    vt_log(VT_LOG_ERROR, "failed", VT_LOG_SLICE("why", VT_SLICE("\x1b[31m \xff\n")), VT_LOG_INT("n", INT64_MIN));
    stop_catching();
    assert_string_equal(behind_time(strlen("{\"time\":\"")),
                        "\",\"level\":\"error\",\"event\":\"failed\",\"why\":\"\\u001b[31m \\ufffd\\n\","
                        "\"n\":-9223372036854775808}\n");
}

static void test_line_without_fields(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_DEBUG, VT_LOG_TEXT);
    start_catching();
    vt_log(VT_LOG_DEBUG, "stopped");
    stop_catching();
    assert_string_equal(behind_time(0), " debug stopped\n");
}

static void test_lesser_levels_are_silent(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_WARN, VT_LOG_TEXT);
    start_catching();
    vt_log(VT_LOG_INFO, "listening");
    assert_int_equal(stop_catching(), 0);
}

/* One whole, valid line, which says it was cut when it was. */
static void assert_json_line_of_value(char fill, size_t len) {
    static char value[2 * VT_LOG_LINE_MAX];
    memset(value, fill, len);
    memcpy(value, "\xc3\xa9", 2);
    start_catching();
    vt_log(VT_LOG_INFO, "long", VT_LOG_SLICE("value", vt_slice_of(value, len)), VT_LOG_INT("last", 123));
    size_t line_len = stop_catching();
    assert_in_range(line_len, 1, VT_LOG_LINE_MAX);
    assert_int_equal(caught[line_len - 1], '\n');
    json_t *line = json_loads(caught, 0, NULL);
    assert_non_null(line);
    bool is_whole = json_object_get(line, "last") != NULL && json_string_length(json_object_get(line, "value")) == len;
    assert_true(is_whole != (json_object_get(line, "cut") != NULL));
    json_decref(line);
}

static void test_long_json_lines_are_cut(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_INFO, VT_LOG_JSON);
    for (size_t len = VT_LOG_LINE_MAX - 140; len < VT_LOG_LINE_MAX + 4; len++) {
        assert_json_line_of_value('x', len);
        assert_json_line_of_value('"', len / 2);
    }
}

static void test_long_text_lines_are_cut(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_INFO, VT_LOG_TEXT);
    char value[2 * VT_LOG_LINE_MAX];
    memset(value, 'x', sizeof value);
    start_catching();
    vt_log(VT_LOG_INFO, "long", VT_LOG_SLICE("value", vt_slice_of(value, sizeof value)), VT_LOG_INT("last", 1));
    size_t len = stop_catching();
    assert_in_range(len, VT_LOG_LINE_MAX - 32, VT_LOG_LINE_MAX);
    assert_string_equal(caught + len - strlen("x cut=true\n"), "x cut=true\n");
}

static void test_errno_is_kept(void **state) {
    (void) state;
    vt_log_setup(VT_LOG_INFO, VT_LOG_TEXT);
    start_catching();
    int fd = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = ENOSPC;
    vt_log(VT_LOG_INFO, "lost");
    int after = errno;
    dup2(fd, STDERR_FILENO);
    close(fd);
    stop_catching();
    assert_int_equal(after, ENOSPC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_line),
        cmocka_unit_test(test_json_line),
        cmocka_unit_test(test_line_without_fields),
        cmocka_unit_test(test_lesser_levels_are_silent),
        cmocka_unit_test(test_long_json_lines_are_cut),
        cmocka_unit_test(test_long_text_lines_are_cut),
        cmocka_unit_test(test_errno_is_kept),
    };
    return cmocka_run_group_tests_name("obs/log", tests, NULL, NULL);
}
