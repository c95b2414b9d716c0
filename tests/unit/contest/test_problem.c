#include "contest/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_print(void **state) {
    (void) state;
    vt_problem problem;
    char text[VT_REASON_MAX];
    vt_problem_set(&problem, 12, 3, "bands[%d].color: must be #rrggbb", 3);
    vt_problem_print(&problem, text);
    assert_string_equal(text, "line 12: bands[3].color: must be #rrggbb");
    assert_int_equal(problem.column, 3);
    vt_problem_set(&problem, 0, 0, "the file is empty");
    vt_problem_print(&problem, text);
    assert_string_equal(text, "the file is empty");
}

static void test_long_reasons_are_cut(void **state) {
    (void) state;
    char longest[2 * VT_REASON_MAX];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    vt_problem problem;
    char text[VT_REASON_MAX];
    vt_problem_set(&problem, 4294967295U, 1, "%s", longest);
    assert_int_equal(strlen(problem.reason), VT_REASON_MAX - 1);
    vt_problem_print(&problem, text);
    assert_int_equal(strlen(text), VT_REASON_MAX - 1);
    assert_memory_equal(text, "line 4294967295: xxx", 20);
}

static void test_quote(void **state) {
    (void) state;
    char out[VT_REASON_QUOTE_BYTES_MAX + 1];
    vt_problem_quote(VT_SLICE("a\x1b[2J\x7f\n"), out);
    assert_string_equal(out, "a?[2J??");
    vt_problem_quote(vt_slice_of(NULL, 0), out);
    assert_string_equal(out, "");
    /* 44 letters, then two-byte ones: a cut at 45 would halve the first of these. */
    vt_problem_quote(VT_SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaññññññ"), out);
    assert_string_equal(out, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_long_reasons_are_cut),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
