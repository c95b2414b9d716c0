#include "client/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

static void test_exit_code(void **state) {
    (void) state;
    vt_send_summary summary = {.total = 3, .sent = 3, .accepted = 3, .duplicates = 2};
    assert_int_equal(vt_summary_exit_code(&summary), 0);
    summary.check = VT_CHECK_PASSED;
    assert_int_equal(vt_summary_exit_code(&summary), 0);
    summary.check = VT_CHECK_FAILED;
    assert_int_equal(vt_summary_exit_code(&summary), 1);
    summary.check = VT_CHECK_NOT_ASKED;
    summary.accepted = 2;
    summary.refused = 1;
    assert_int_equal(vt_summary_exit_code(&summary), 1);
    summary.refused = 0;
    assert_int_equal(vt_summary_exit_code(&summary), 1);
}

static void test_refusals_by_code(void **state) {
    (void) state;
    vt_send_summary summary = {0};
    vt_summary_refuse(&summary, VT_SLICE("quota"), 2);
    vt_summary_refuse(&summary, VT_SLICE("closed"), 1);
    vt_summary_refuse(&summary, VT_SLICE("quota"), 3);
    assert_int_equal(summary.refused, 6);
    assert_int_equal(summary.codes_count, 2);
    assert_string_equal(summary.codes[0].code, "quota");
    assert_int_equal(summary.codes[0].votes, 5);
}

static void test_codes_are_bounded(void **state) {
    (void) state;
    vt_send_summary summary = {0};
    char code[VT_SUMMARY_CODE_BYTES * 2];
    for (int i = 0; i < 100; i++) {
        int len = snprintf(code, sizeof code, "%060d", i);
        vt_summary_refuse(&summary, vt_slice_of(code + len % 2, 60), 1);
        len = snprintf(code, sizeof code, "code %d", i);
        vt_summary_refuse(&summary, vt_slice_of(code, (size_t) len), 1);
    }
    assert_int_equal(summary.refused, 200);
    assert_int_equal(summary.codes_count, VT_SUMMARY_CODES_MAX);
    assert_string_equal(summary.codes[VT_SUMMARY_CODES_MAX - 1].code, "other");
    uint64_t votes = 0;
    for (uint32_t i = 0; i < summary.codes_count; i++) {
        votes += summary.codes[i].votes;
    }
    assert_int_equal(votes, 200);
}

static void test_write(void **state) {
    (void) state;
    vt_send_summary summary = {
        .total = 10, .sent = 9, .accepted = 7, .duplicates = 1, .failed = 1, .interrupted = true};
    summary.elapsed_ns = 500000000;
    summary.latency_p99_ns = 1500000;
    vt_summary_refuse(&summary, VT_SLICE("quota"), 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    vt_summary_write(&summary, out);
    fclose(out);
    assert_non_null(strstr(text, "accepted     7\n"));
    assert_non_null(strstr(text, "duplicates   1\n"));
    assert_non_null(strstr(text, "refused      1\n  quota                1\n"));
    assert_non_null(strstr(text, "failed       1\n"));
    assert_non_null(strstr(text, "14 votes/s"));
    assert_non_null(strstr(text, "p99 1.500 ms"));
    assert_non_null(strstr(text, "not sent     1\n"));
    assert_non_null(strstr(text, "interrupted"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_code),
        cmocka_unit_test(test_refusals_by_code),
        cmocka_unit_test(test_codes_are_bounded),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
