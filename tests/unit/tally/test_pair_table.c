#include "kit.h"

#include "tally/pair_table.h"

#include <stdio.h>

static int set_up(void **state) {
    vt_pair_table *table = NULL;
    assert_int_equal(vt_pair_table_open(&table), VT_OK);
    *state = table;
    return 0;
}

static int tear_down(void **state) {
    vt_pair_table_close(*state);
    return 0;
}

static void assert_touched(vt_pair_table *table, size_t i, const char *name, const char *album, uint64_t votes,
                           uint64_t points) {
    const vt_pair *pair = vt_pair_table_touched(table, i);
    assert_true(vt_slice_eq(vt_pair_name(pair), vt_slice_str(name)));
    assert_true(vt_slice_eq(vt_pair_album(pair), vt_slice_str(album)));
    assert_int_equal(pair->votes, votes);
    assert_int_equal(pair->points, points);
}

static void sums_by_pair_in_order_of_appearance(void **state) {
    vt_pair_table *table = *state;
    vt_pair_table_add(table, VT_SLICE("a"), VT_SLICE("bc"), 3);
    vt_pair_table_add(table, VT_SLICE("ab"), VT_SLICE("c"), 5);
    vt_pair_table_add(table, VT_SLICE("a"), VT_SLICE("bc"), 4);
    vt_pair_table_add(table, VT_SLICE("a"), VT_SLICE(""), 1);
    assert_int_equal(vt_pair_table_touched_count(table), 3);
    assert_touched(table, 0, "a", "bc", 2, 7);
    assert_touched(table, 1, "ab", "c", 1, 5);
    assert_touched(table, 2, "a", "", 1, 1);
}

static void begins_again_after_a_group(void **state) {
    vt_pair_table *table = *state;
    vt_pair_table_add(table, VT_SLICE("a"), VT_SLICE("x"), 3);
    vt_pair_table_settle(table);
    assert_int_equal(vt_pair_table_touched_count(table), 0);
    vt_pair_table_add(table, VT_SLICE("a"), VT_SLICE("x"), 2);
    assert_int_equal(vt_pair_table_touched_count(table), 1);
    assert_touched(table, 0, "a", "x", 1, 2);
}

static void counts_what_does_not_fit_as_other(void **state) {
    vt_pair_table *table = *state;
    char name[16];
    for (int i = 0; i < VT_FOLD_PAIRS_MAX; i++) {
        snprintf(name, sizeof name, "band %d", i);
        assert_true(vt_pair_table_know(table, vt_slice_str(name), VT_SLICE("album")));
    }
    vt_pair_table_add(table, VT_SLICE("new"), VT_SLICE("one"), 3);
    vt_pair_table_add(table, VT_SLICE("band 7"), VT_SLICE("album"), 1);
    vt_pair_table_add(table, VT_SLICE("new"), VT_SLICE("two"), 4);
    assert_int_equal(vt_pair_table_touched_count(table), 2);
    assert_touched(table, 0, VT_FOLD_OTHER, "", 2, 7);
    assert_touched(table, 1, "band 7", "album", 1, 1);
    assert_false(vt_pair_table_know(table, VT_SLICE("new"), VT_SLICE("one")));
    vt_pair_table_clear(table);
    vt_pair_table_add(table, VT_SLICE("new"), VT_SLICE("one"), 3);
    assert_touched(table, 0, "new", "one", 1, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_by_pair_in_order_of_appearance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begins_again_after_a_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_what_does_not_fit_as_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
