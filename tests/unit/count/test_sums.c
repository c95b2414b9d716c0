#include "kit.h"

#include "count/sums.h"

#include <stdio.h>

static void keeps_pairs_apart(void **state) {
    (void) state;
    vt_sums *sums = vt_sums_new();
    assert_null(vt_sums_find(sums, VT_SLICE("a"), VT_SLICE("bc")));
    vt_sum *first = vt_sums_find_or_add(sums, VT_SLICE("a"), VT_SLICE("bc"));
    vt_sum *second = vt_sums_find_or_add(sums, VT_SLICE("ab"), VT_SLICE("c"));
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(vt_sums_find_or_add(sums, VT_SLICE("a"), VT_SLICE("bc")), first);
    assert_int_equal(first->votes, 0);
    assert_int_equal(vt_sums_count(sums), 2);
    vt_sums_free(sums);
    vt_sums_free(NULL);
}

static void has_a_limit_and_sorts(void **state) {
    (void) state;
    char name[16];
    vt_sums *sums = vt_sums_new();
    for (unsigned i = 0; i < VT_SUMS_PAIRS_MAX; i++) {
        unsigned number = i * 1031 % VT_SUMS_PAIRS_MAX;
        snprintf(name, sizeof name, "%05u", number);
        vt_sum *sum = vt_sums_find_or_add(sums, vt_slice_str(name), VT_SLICE(""));
        assert_non_null(sum);
        sum->votes = number;
    }
    assert_null(vt_sums_find_or_add(sums, VT_SLICE("one"), VT_SLICE("more")));
    vt_sums_sort(sums);
    for (unsigned i = 0; i < VT_SUMS_PAIRS_MAX; i++) {
        snprintf(name, sizeof name, "%05u", i);
        assert_int_equal(vt_sums_at(sums, i)->votes, i);
        assert_ptr_equal(vt_sums_find(sums, vt_slice_str(name), VT_SLICE("")), vt_sums_at(sums, i));
    }
    vt_sums_free(sums);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_pairs_apart), cmocka_unit_test(has_a_limit_and_sorts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
