#include "web/verdicts.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = 4 };

static fake_stores stores;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    fake_stores_release(&stores);
    return 0;
}

/* Four votes, the newest first; the third was refused by its voter's limit. */
static void list(vt_votelog_row rows[ROWS]) {
    for (int i = 0; i < ROWS; i++) {
        fake_stores_add(&stores, "a", "b");
    }
    stores.rows[2].verdict = VT_VERDICT_QUOTA;
    vt_votelog_query query = {.limit = ROWS};
    uint32_t count = 0;
    assert_int_equal(vt_votelog_list(&stores.votelog, &query, rows, &count), VT_OK);
    assert_int_equal(count, ROWS);
}

static void test_fills_what_the_log_does_not_know(void **state) {
    (void) state;
    vt_votelog_row rows[ROWS];
    fake_stores_part(&stores, 3, ROWS);
    list(rows);
    rows[3].verdict = VT_VERDICT_BAD;
    assert_int_equal(vt_verdicts_fill(&stores.tally, rows, ROWS), VT_OK);
    assert_int_equal(rows[0].verdict, VT_VERDICT_NONE);
    assert_int_equal(rows[1].verdict, VT_VERDICT_QUOTA);
    assert_int_equal(rows[2].verdict, VT_VERDICT_COUNTED);
    assert_int_equal(rows[3].verdict, VT_VERDICT_BAD);
    assert_int_equal(stores.asked, 3);
}

static void test_a_log_that_knows_needs_no_tally(void **state) {
    (void) state;
    vt_votelog_row rows[ROWS];
    list(rows);
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    assert_int_equal(vt_verdicts_fill(&stores.tally, rows, ROWS), VT_OK);
    assert_int_equal(vt_verdicts_fill(&stores.tally, rows, 0), VT_OK);
    assert_int_equal(rows[1].verdict, VT_VERDICT_QUOTA);
    assert_int_equal(stores.asked, 0);
}

static void test_a_tally_that_is_away(void **state) {
    (void) state;
    vt_votelog_row rows[ROWS];
    fake_stores_part(&stores, ROWS, ROWS);
    list(rows);
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    assert_int_equal(vt_verdicts_fill(&stores.tally, rows, ROWS), VT_ERR_BUSY);
    assert_int_equal(rows[0].verdict, VT_VERDICT_NONE);
}

static void expect_at(const vt_id *id, int64_t offset, vt_err wanted_err, vt_verdict wanted) {
    vt_verdict verdict = VT_VERDICT_DUPLICATE;
    assert_int_equal(vt_verdicts_at(&stores.tally, id, (vt_position){0, offset}, &verdict), wanted_err);
    assert_int_equal(verdict, wanted_err == VT_OK ? wanted : VT_VERDICT_DUPLICATE);
}

static void test_of_id_and_position_alone(void **state) {
    (void) state;
    vt_votelog_row rows[ROWS];
    fake_stores_part(&stores, 3, ROWS);
    list(rows);
    const vt_id *ids[ROWS + 1];
    for (int i = 1; i <= ROWS; i++) {
        ids[i] = &stores.rows[i - 1].record.id;
    }
    expect_at(ids[1], 1, VT_OK, VT_VERDICT_COUNTED);
    expect_at(ids[3], 3, VT_OK, VT_VERDICT_QUOTA);
    expect_at(ids[4], 4, VT_OK, VT_VERDICT_NONE);
    /* Whether that record repeats the first or contradicts it is not told by its place. */
    expect_at(ids[1], 2, VT_OK, VT_VERDICT_NONE);
    vt_id unknown = {{0xee}};
    expect_at(&unknown, 2, VT_ERR_NOT_FOUND, VT_VERDICT_NONE);
    expect_at(&unknown, 4, VT_OK, VT_VERDICT_NONE);
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    expect_at(ids[1], 1, VT_ERR_IO, VT_VERDICT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fills_what_the_log_does_not_know, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_log_that_knows_needs_no_tally, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_tally_that_is_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_id_and_position_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
