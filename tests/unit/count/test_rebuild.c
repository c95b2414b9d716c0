#include "count/rebuild.h"

#include "count_kit.h"

static int set_up(void **state) {
    static test_kit kit;
    count_kit_fill(&kit);
    *state = &kit;
    return 0;
}

static int tear_down(void **state) {
    kit_release(*state);
    return 0;
}

typedef vt_err derive(vt_store *store, vt_tally *tally, vt_rebuild_progress *progress, void *context, char *reason);

/* On the files of a closed kit. */
static vt_err run(const test_kit *kit, derive *how, vt_rebuild_progress *progress, void *context, char *reason) {
    vt_store *store = NULL;
    vt_tally *tally = NULL;
    assert_int_equal(vt_store_open(kit->dir, VT_STORE_SERVE, &store, reason), VT_OK);
    assert_int_equal(vt_tally_sqlite_open(store, &tally), VT_OK);
    vt_err err = how(store, tally, progress, context, reason);
    vt_tally_close(tally);
    vt_store_close(store);
    return err;
}

static void assert_verified(const test_kit *kit) {
    static vt_verify_report report;
    assert_int_equal(count_kit_verify(kit, &report), VT_OK);
    if (report.found.count != 0) {
        fail_msg("%s", report.found.text[0]);
    }
    assert_int_equal(report.votes, COUNT_KIT_VOTES);
}

static bool note_progress(void *context, int64_t folded, int64_t records) {
    int64_t *last = context;
    assert_true(folded >= *last && folded <= records);
    *last = folded;
    return true;
}

static void derives_everything_again(void **state) {
    static const char *const damages[] = {
        "UPDATE tally SET votes = 1",
        "DELETE FROM tally",
        "DELETE FROM tally_state",
        "DELETE FROM log_block",
        "INSERT INTO tally VALUES ('Nobody', '', 1, 1)",
        "UPDATE tally_state SET position = 99, link = zeroblob(16)",
    };
    char reason[VT_REBUILD_REASON_MAX] = "";
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        int64_t last = 0;
        kit_tamper(*state, damages[i]);
        assert_int_equal(run(*state, vt_rebuild, note_progress, &last, reason), VT_OK);
        assert_int_equal(last, COUNT_KIT_VOTES);
        assert_verified(*state);
    }
}

static void has_nothing_to_catch_up_with_as_a_rule(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    assert_int_equal(run(*state, vt_catch_up, NULL, NULL, reason), VT_OK);
    assert_verified(*state);
}

/* A rebuild that died after its first step, or before it. */
static void catches_up_after_an_interrupted_rebuild(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    kit_tamper(*state, "DELETE FROM tally; DELETE FROM log_block; UPDATE tally_state SET position = 0, counted = 0,"
                       " link = (SELECT value FROM meta WHERE key = 'ledger_id')");
    assert_int_equal(run(*state, vt_catch_up, NULL, NULL, reason), VT_OK);
    assert_verified(*state);
    kit_tamper(*state, "DELETE FROM tally; DELETE FROM log_block WHERE block > 0;"
                       "INSERT INTO tally SELECT name, album, count(*), sum(points) FROM vote WHERE position <= 1000"
                       " GROUP BY name, album;"
                       "UPDATE tally_state SET position = 1000, counted = 1000,"
                       " link = (SELECT link FROM vote WHERE position = 1000)");
    assert_int_equal(run(*state, vt_catch_up, NULL, NULL, reason), VT_OK);
    assert_verified(*state);
}

static void stops_where_the_ledger_is_damaged(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    kit_tamper(*state, "UPDATE vote SET points = 7 WHERE position = 1234");
    assert_int_equal(run(*state, vt_rebuild, NULL, NULL, reason), VT_ERR_CORRUPT);
    assert_string_equal(reason, "the ledger is damaged: position 1234 was changed or does not follow");
    assert_int_equal(kit_number(*state, "SELECT position FROM tally_state"), 1233);
    assert_int_equal(kit_number(*state, "SELECT sum(votes) FROM tally"), 1233);
    kit_tamper(*state, "DELETE FROM vote WHERE position = 1234");
    assert_int_equal(run(*state, vt_catch_up, NULL, NULL, reason), VT_ERR_CORRUPT);
    assert_string_equal(reason, "the ledger is damaged: position 1234 was changed or does not follow");
}

static void compares_the_texts(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    kit_tamper(*state, "UPDATE vote SET name = 'Band 1' WHERE position = 2020");
    assert_int_equal(run(*state, vt_rebuild, NULL, NULL, reason), VT_ERR_CORRUPT);
    assert_string_equal(reason, "the ledger is damaged: position 2020 was changed or does not follow");
}

static void sees_a_ledger_that_was_cut(void **state) {
    static const char expected[] =
        "1000 records that had been counted are missing from the ledger: it ends at position 2000";
    char reason[VT_REBUILD_REASON_MAX] = "";
    kit_tamper(*state, "DELETE FROM vote WHERE position > 2000");
    assert_int_equal(run(*state, vt_catch_up, NULL, NULL, reason), VT_ERR_CORRUPT);
    assert_string_equal(reason, expected);
}

/* However often it is asked: what proves the loss must stay. */
static void does_not_hide_what_was_cut(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    kit_tamper(*state, "DELETE FROM vote WHERE position > 2997");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run(*state, vt_rebuild, NULL, NULL, reason), VT_ERR_CORRUPT);
        assert_non_null(strstr(reason, "3 records that had been counted are missing"));
    }
    assert_int_equal(kit_number(*state, "SELECT position FROM tally_state"), COUNT_KIT_VOTES);
    assert_int_equal(kit_number(*state, "SELECT sum(votes) FROM tally"), COUNT_KIT_VOTES);
}

static bool stop_at_once(void *context, int64_t folded, int64_t records) {
    (void) context;
    (void) folded;
    (void) records;
    return false;
}

static void stops_when_it_is_told_to(void **state) {
    char reason[VT_REBUILD_REASON_MAX] = "";
    assert_int_equal(run(*state, vt_rebuild, stop_at_once, NULL, reason), VT_ERR_GONE);
    assert_string_equal(reason, "stopped at position 3000 of 3000");
    assert_int_equal(run(*state, vt_catch_up, stop_at_once, NULL, reason), VT_OK);
    assert_verified(*state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(derives_everything_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_nothing_to_catch_up_with_as_a_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(catches_up_after_an_interrupted_rebuild, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_where_the_ledger_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compares_the_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_a_ledger_that_was_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_hide_what_was_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_when_it_is_told_to, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
