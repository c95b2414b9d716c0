#include "vote/positions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void assert_text(const vt_positions *positions, const char *expected) {
    char text[VT_POSITIONS_TEXT_MAX];
    size_t len = vt_positions_format(positions, text);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void test_text(void **state) {
    (void) state;
    vt_positions plain = vt_positions_none(0);
    assert_text(&plain, "0");
    plain.offsets[0] = 1234;
    assert_text(&plain, "1234");
    vt_positions three = vt_positions_none(3);
    assert_text(&three, "");
    three.offsets[0] = 17;
    three.offsets[2] = 0;
    assert_text(&three, "0:17,2:0");
}

static void test_the_longest_text_fits(void **state) {
    (void) state;
    vt_positions most = vt_positions_none(VT_PARTITIONS_MAX);
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        most.offsets[i] = INT64_MAX;
    }
    char text[VT_POSITIONS_TEXT_MAX];
    assert_in_range(vt_positions_format(&most, text), 256 * 20, sizeof text);
}

static void test_covers_what_is_folded(void **state) {
    (void) state;
    vt_positions plain = {.offsets = {5}};
    assert_true(vt_positions_cover(&plain, (vt_position){-1, 5}));
    assert_false(vt_positions_cover(&plain, (vt_position){-1, 6}));
    assert_false(vt_positions_cover(&plain, (vt_position){0, 5}));
    vt_positions two = vt_positions_none(2);
    two.offsets[1] = 5;
    assert_true(vt_positions_cover(&two, (vt_position){1, 5}));
    assert_false(vt_positions_cover(&two, (vt_position){0, 0}));
    assert_false(vt_positions_cover(&two, (vt_position){2, 0}));
    assert_false(vt_positions_cover(&two, (vt_position){-1, 0}));
}

static void test_equality(void **state) {
    (void) state;
    vt_positions a = vt_positions_none(2);
    vt_positions b = a;
    assert_true(vt_positions_eq(&a, &b));
    b.offsets[1] = 0;
    assert_false(vt_positions_eq(&a, &b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_the_longest_text_fits),
        cmocka_unit_test(test_covers_what_is_folded),
        cmocka_unit_test(test_equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
