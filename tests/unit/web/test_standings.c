#include "web/standings.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static vt_standings standings;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_standings_release(&standings);
    fake_stores_release(&stores);
    return 0;
}

static void read_standings(void) {
    vt_tally_snapshot tally = {0};
    assert_int_equal(vt_tally_read(&stores.tally, &tally), VT_OK);
    assert_int_equal(vt_standings_init(&contest, &tally, &standings), VT_OK);
    assert_null(tally.memory);
}

static void expect_band(uint32_t i, const char *name, uint64_t votes) {
    assert_true(i < standings.bands_count);
    assert_true(vt_slice_eq(standings.bands[i].name, vt_slice_str(name)));
    assert_int_equal(standings.bands[i].votes, votes);
}

static void test_most_votes_first_ties_by_name(void **state) {
    (void) state;
    fake_stores_add(&stores, "b", "");
    fake_stores_add(&stores, "Ñ", "");
    fake_stores_add(&stores, "B", "");
    fake_stores_add(&stores, "z", "");
    fake_stores_add(&stores, "z", "");
    read_standings();
    assert_int_equal(standings.bands_count, 4);
    expect_band(0, "z", 2);
    expect_band(1, "B", 1);
    expect_band(2, "b", 1);
    expect_band(3, "Ñ", 1);
    assert_int_equal(vt_standings_total(&standings), 5);
}

static void test_albums_are_ordered_likewise(void **state) {
    (void) state;
    const char *const albums[] = {"c", "a", "b", "b", ""};
    for (size_t i = 0; i < 5; i++) {
        fake_stores_add(&stores, "band", albums[i]);
    }
    fake_stores_add(&stores, "other", "c");
    read_standings();
    const char *const wanted[] = {"b", "", "a", "c"};
    assert_int_equal(standings.bands[0].albums_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(vt_slice_eq(standings.bands[0].albums[i].name, vt_slice_str(wanted[i])));
    }
    assert_int_equal(standings.bands[0].albums[0].votes, 2);
    assert_int_equal(standings.bands[1].albums_count, 1);
}

static void test_lists_the_catalogue_without_votes(void **state) {
    (void) state;
    fake_catalogue catalogue;
    const char *const names[] = {"m", "a", "voted"};
    fake_contest_set_bands(&contest, &catalogue, names, 3);
    fake_stores_add(&stores, "voted", "x");
    fake_stores_add(&stores, "stranger", "x");
    read_standings();
    assert_int_equal(standings.bands_count, 4);
    expect_band(0, "stranger", 1);
    expect_band(1, "voted", 1);
    expect_band(2, "a", 0);
    expect_band(3, "m", 0);
    assert_int_equal(standings.bands[0].color.len, 0);
    assert_true(vt_slice_eq(standings.bands[1].color, VT_SLICE("#12ab9f")));
    assert_int_equal(standings.bands[2].albums_count, 0);
}

static void test_nothing_at_all(void **state) {
    (void) state;
    read_standings();
    assert_int_equal(standings.bands_count, 0);
    assert_int_equal(vt_standings_total(&standings), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_most_votes_first_ties_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_albums_are_ordered_likewise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_the_catalogue_without_votes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
