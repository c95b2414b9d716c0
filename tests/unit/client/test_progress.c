#include "client/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const int64_t second_ns = 1000000000;

static void test_every_width_fits(void **state) {
    (void) state;
    vt_send_summary summary = {.total = 100000, .accepted = 25000, .refused = 3, .retries = 7};
    char line[VT_PROGRESS_LINE_BYTES];
    for (uint32_t columns = 0; columns < 2000; columns++) {
        vt_progress_format_bar(&summary, 1234, columns, line);
        assert_true(strlen(line) < (columns < 2 ? 2 : columns));
    }
}

static void test_wide_bar(void **state) {
    (void) state;
    vt_send_summary summary = {.total = 1000, .accepted = 500};
    char line[VT_PROGRESS_LINE_BYTES];
    vt_progress_format_bar(&summary, 100, 60, line);
    assert_string_equal(line, "[#############..............]  50% 500/1,000 100/s ETA 0:05");
    summary.failed = 500;
    summary.retries = 2;
    vt_progress_format_bar(&summary, 1234567, 200, line);
    assert_non_null(strstr(line, "100% 1,000/1,000 1,234,567/s ETA 0:00 (0 refused, 500 failed, 2 retries)"));
}

static void test_unknown_end(void **state) {
    (void) state;
    vt_send_summary summary = {.total = 1000};
    char line[VT_PROGRESS_LINE_BYTES];
    vt_progress_format_bar(&summary, 0, 80, line);
    assert_non_null(strstr(line, "ETA --:--"));
    vt_progress_format_bar(&summary, 0.1, 80, line);
    assert_non_null(strstr(line, "ETA 2:46:40"));
}

static uint32_t lines_of(FILE *file) {
    rewind(file);
    uint32_t lines = 0;
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        lines += c == '\n';
    }
    return lines;
}

static void test_plain_lines(void **state) {
    (void) state;
    FILE *file = tmpfile();
    vt_progress progress;
    vt_send_summary summary = {.total = 1000, .accepted = 10};
    vt_progress_init(&progress, file, 0);
    assert_false(progress.terminal);
    for (int64_t tick = 1; tick <= 30 * 5; tick++) {
        vt_progress_tick(&progress, &summary, tick * second_ns / 5);
    }
    vt_progress_end(&progress, &summary, 30 * second_ns);
    assert_int_equal(lines_of(file), 10 + 4);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_width_fits),
        cmocka_unit_test(test_wide_bar),
        cmocka_unit_test(test_unknown_end),
        cmocka_unit_test(test_plain_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
