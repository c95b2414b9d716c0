#include "kit.h"

#include "count/difference.h"

static void keeps_the_first_ones_and_counts_all(void **state) {
    (void) state;
    static vt_differences report;
    for (int i = 0; i < VT_DIFFERENCES_MAX + 5; i++) {
        vt_difference(&report, "position %d", i);
    }
    assert_int_equal(report.count, VT_DIFFERENCES_MAX + 5);
    assert_int_equal(report.listed, VT_DIFFERENCES_MAX);
    assert_string_equal(report.text[VT_DIFFERENCES_MAX - 1], "position 19");
}

static void keeps_control_characters_off_the_terminal(void **state) {
    (void) state;
    static vt_differences report;
    vt_difference(&report, "band \"%s\"", "a\x1b[2J\n\x7f ñ");
    assert_string_equal(report.text[0], "band \"a?[2J?? ñ\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first_ones_and_counts_all),
        cmocka_unit_test(keeps_control_characters_off_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
