#include "vote/contest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BANDS = 5 };

/* In the order of a file; bands_by_name sorts them by bytes. */
static vt_band bands[BANDS] = {
    {.name = {"Viernes Verde", 13}}, {.name = {"Alux", 4}}, {.name = {"Alux Nahual", 11}},
    {.name = {"\xc3\x81rbol", 6}},   {.name = {"alux", 4}},
};
static const vt_band *by_name[BANDS] = {&bands[1], &bands[2], &bands[0], &bands[4], &bands[3]};

static vt_contest contest_with(uint32_t bands_count) {
    return (vt_contest){.bands = bands, .bands_count = bands_count, .bands_by_name = by_name};
}

static vt_err check(const vt_contest *contest, const char *name, int64_t now_ms) {
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name)}};
    return vt_contest_check(contest, &vote, now_ms);
}

static void test_band(void **state) {
    (void) state;
    vt_contest contest = contest_with(BANDS);
    for (int i = 0; i < BANDS; i++) {
        assert_ptr_equal(vt_contest_band(&contest, bands[i].name), &bands[i]);
    }
    static const char *const strangers[] = {"", "A", "Alu", "Aluxx", "ALUX", "Viernes", "Viernes Verde ", "zz", "\xff"};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        assert_null(vt_contest_band(&contest, vt_slice_str(strangers[i])));
    }
    /* Every number of bands: found inside, not beyond. */
    for (uint32_t count = 0; count <= BANDS; count++) {
        contest = contest_with(count);
        for (uint32_t i = 0; i < BANDS; i++) {
            assert_ptr_equal(vt_contest_band(&contest, by_name[i]->name), i < count ? by_name[i] : NULL);
        }
    }
}

static void test_times(void **state) {
    (void) state;
    vt_contest contest = contest_with(BANDS);
    assert_int_equal(check(&contest, "alux", INT64_MIN), VT_OK);
    assert_int_equal(check(&contest, "alux", INT64_MAX), VT_OK);
    contest.opens_at_ms = 100;
    contest.closes_at_ms = 200;
    assert_int_equal(check(&contest, "alux", 99), VT_ERR_NOT_OPEN_YET);
    assert_int_equal(check(&contest, "alux", 100), VT_OK);
    assert_int_equal(check(&contest, "alux", 199), VT_OK);
    assert_int_equal(check(&contest, "alux", 200), VT_ERR_CLOSED);
    contest.opens_at_ms = 0;
    assert_int_equal(check(&contest, "alux", -5), VT_OK);
}

static void test_unknown_bands(void **state) {
    (void) state;
    vt_contest contest = contest_with(BANDS);
    contest.closes_at_ms = 200;
    assert_int_equal(check(&contest, "nobody", 100), VT_ERR_UNKNOWN_BAND);
    assert_int_equal(check(&contest, "nobody", 200), VT_ERR_CLOSED);
    contest.takes_unknown_bands = true;
    assert_int_equal(check(&contest, "nobody", 100), VT_OK);
    vt_contest open = {.takes_unknown_bands = true};
    assert_int_equal(check(&open, "anybody", 0), VT_OK);
}

static void test_results_visible(void **state) {
    (void) state;
    vt_contest contest = {.closes_at_ms = 200, .results_from_ms = 300};
    assert_true(vt_contest_results_visible(&contest, 0));
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    assert_false(vt_contest_results_visible(&contest, 199));
    assert_true(vt_contest_results_visible(&contest, 200));
    contest.results_shown = VT_RESULTS_FROM;
    assert_false(vt_contest_results_visible(&contest, 299));
    assert_true(vt_contest_results_visible(&contest, 300));
    /* What never closes is never after its close. */
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    contest.closes_at_ms = 0;
    assert_false(vt_contest_results_visible(&contest, INT64_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_band),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_unknown_bands),
        cmocka_unit_test(test_results_visible),
    };
    return cmocka_run_group_tests_name("vote/contest", tests, NULL, NULL);
}
