#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int sign(int number) {
    return (number > 0) - (number < 0);
}

static void test_order(void **state) {
    (void) state;
    /* In ascending order of bytes, a prefix first. */
    static const vt_slice sorted[] = {{NULL, 0}, {"\0", 1}, {"A", 1}, {"a", 1},    {"a\0", 2},
                                      {"aa", 2}, {"ab", 2}, {"b", 1}, {"\xc3", 1}, {"\xff", 1}};
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            assert_int_equal(sign(vt_slice_cmp(sorted[i], sorted[j])), sign(i - j));
            assert_int_equal(vt_slice_eq(sorted[i], sorted[j]), i == j);
        }
    }
}

static void test_nocase(void **state) {
    (void) state;
    assert_true(vt_slice_eq_nocase(VT_SLICE("vote_ID"), VT_SLICE("VOTE_id")));
    assert_true(vt_slice_eq_nocase((vt_slice){0}, VT_SLICE("")));
    assert_false(vt_slice_eq_nocase(VT_SLICE("vote_id"), VT_SLICE("vote\x7fid")));
    assert_false(vt_slice_eq_nocase(VT_SLICE("@"), VT_SLICE("`")));
    assert_false(vt_slice_eq_nocase(VT_SLICE("["), VT_SLICE("{")));
    assert_false(vt_slice_eq_nocase(VT_SLICE("\xc3\xa9"), VT_SLICE("\xc3\x89")));
    assert_false(vt_slice_eq_nocase(VT_SLICE("a"), VT_SLICE("aa")));
}

static void test_starts_with(void **state) {
    (void) state;
    assert_true(vt_slice_starts_with(VT_SLICE("abc"), VT_SLICE("ab")));
    assert_true(vt_slice_starts_with(VT_SLICE("abc"), VT_SLICE("abc")));
    assert_true(vt_slice_starts_with((vt_slice){0}, (vt_slice){0}));
    assert_false(vt_slice_starts_with(VT_SLICE("ab"), VT_SLICE("abc")));
    assert_false(vt_slice_starts_with(VT_SLICE("abc"), VT_SLICE("b")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_nocase),
        cmocka_unit_test(test_starts_with),
    };
    return cmocka_run_group_tests_name("base/slice", tests, NULL, NULL);
}
