#include "kit.h"

#include "tally/view_fields.h"

#include <stdio.h>

static vt_view_list list;

static int set_up(void **state) {
    char reason[VT_REDIS_REASON_MAX];
    vt_view_fields *fields = NULL;
    assert_int_equal(vt_view_list_read(VT_SLICE("hash b {name}; hash a {album}"), &list, reason), VT_OK);
    assert_int_equal(vt_view_fields_open(&fields), VT_OK);
    *state = fields;
    return 0;
}

static int tear_down(void **state) {
    vt_view_fields_close(*state);
    return 0;
}

static vt_fence_pair pair_of(const char *name, const char *album, uint64_t votes) {
    return (vt_fence_pair){.name = vt_slice_str(name), .album = vt_slice_str(album), .votes = votes, .points = 999};
}

static void assert_sum(const vt_view_sum *sum, const char *field, uint64_t votes) {
    assert_true(vt_slice_eq(sum->field, vt_slice_str(field)));
    assert_int_equal(sum->votes, votes);
}

static void sums_the_votes_of_equal_fields(void **state) {
    const vt_fence_pair pairs[] = {pair_of("a", "y", 1), pair_of("b", "", 2), pair_of("b", "x", 3),
                                   pair_of("c", "y", 4)};
    const vt_fence_instant instant = {.pairs = pairs, .pairs_count = 4};
    const vt_view_sum *sums;
    uint32_t count;
    assert_int_equal(vt_view_fields_sum(*state, &list.views[0], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, 3);
    assert_sum(&sums[0], "a", 1);
    assert_sum(&sums[1], "b", 5);
    assert_sum(&sums[2], "c", 4);
    assert_int_equal(vt_view_fields_sum(*state, &list.views[1], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, 3);
    assert_sum(&sums[0], "", 2);
    assert_sum(&sums[1], "x", 3);
    assert_sum(&sums[2], "y", 5);
}

static void has_no_fields_without_votes(void **state) {
    const vt_fence_instant instant = {0};
    const vt_view_sum *sums;
    uint32_t count = 9;
    assert_int_equal(vt_view_fields_sum(*state, &list.views[0], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, 0);
}

enum { MANY = VT_VIEW_FIELDS_MAX + 100 };

typedef struct crowd {
    vt_fence_pair pairs[MANY + 1];
    char names[MANY][16];
} crowd;

/* Band i has i / 2 + 1 votes. */
static void fill_crowd(crowd *self) {
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(self->names[i], sizeof self->names[i], "band %05u", i);
        self->pairs[i] = pair_of(self->names[i], "", i / 2 + 1);
    }
}

static uint64_t votes_of(const vt_view_sum *sums, uint32_t count, const char *field) {
    for (uint32_t i = 0; i < count; i++) {
        if (vt_slice_eq(sums[i].field, vt_slice_str(field))) {
            return sums[i].votes;
        }
    }
    return 0;
}

static void keeps_the_largest_and_sums_the_rest(void **state) {
    static crowd self;
    const vt_view_sum *sums;
    uint32_t count;
    fill_crowd(&self);
    const vt_fence_instant instant = {.pairs = self.pairs, .pairs_count = MANY};
    assert_int_equal(vt_view_fields_sum(*state, &list.views[0], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, VT_VIEW_FIELDS_MAX);
    /* 101 fields go: of the two bands with 51 votes the one whose name comes last. */
    assert_int_equal(votes_of(sums, count, "band 00100"), 51);
    assert_int_equal(votes_of(sums, count, "band 00101"), 0);
    assert_int_equal(votes_of(sums, count, "band 00099"), 0);
    assert_int_equal(votes_of(sums, count, VT_FOLD_OTHER), 2 * (50 * 51 / 2) + 51);
}

static void counts_what_did_not_fit_before_among_the_rest(void **state) {
    static crowd self;
    const vt_view_sum *sums;
    uint32_t count;
    fill_crowd(&self);
    self.pairs[MANY] = pair_of(VT_FOLD_OTHER, "", 1000000);
    const vt_fence_instant instant = {.pairs = self.pairs, .pairs_count = MANY + 1};
    assert_int_equal(vt_view_fields_sum(*state, &list.views[0], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, VT_VIEW_FIELDS_MAX);
    assert_int_equal(votes_of(sums, count, VT_FOLD_OTHER), 1000000 + 2 * (50 * 51 / 2) + 51);
    assert_int_equal(votes_of(sums, count, "band 00100"), 51);
}

static void keeps_all_that_just_fit(void **state) {
    static crowd self;
    const vt_view_sum *sums;
    uint32_t count;
    fill_crowd(&self);
    const vt_fence_instant instant = {.pairs = self.pairs, .pairs_count = VT_VIEW_FIELDS_MAX};
    assert_int_equal(vt_view_fields_sum(*state, &list.views[0], &instant, &sums, &count), VT_OK);
    assert_int_equal(count, VT_VIEW_FIELDS_MAX);
    assert_int_equal(votes_of(sums, count, VT_FOLD_OTHER), 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_sum(&sums[i], self.names[i], i / 2 + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_the_votes_of_equal_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_no_fields_without_votes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_largest_and_sums_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_what_did_not_fit_before_among_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_all_that_just_fit, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tally/view_fields", tests, NULL, NULL);
}
