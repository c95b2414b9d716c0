#include "kit.h"

#include "sqlite/vote_row.h"

static int set_up(void **state) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    *state = db;
    return 0;
}

static int tear_down(void **state) {
    sqlite3_close(*state);
    return 0;
}

static vt_err read_row(sqlite3 *db, const char *sql, vt_record *record, int64_t *position) {
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    assert_int_equal(vt_sql_prepare(db, sql, &stmt), VT_OK);
    assert_int_equal(vt_sql_step(stmt, &has_row), VT_OK);
    assert_true(has_row);
    vt_err err = vt_vote_row_read(stmt, record, position);
    sqlite3_finalize(stmt);
    return err;
}

static void reads_a_row(void **state) {
    vt_record record;
    int64_t position = 0;
    const char *sql = "SELECT 7, x'000102030405060708090a0b0c0d0e0f', -5, 'Café', '', '1994', '3', NULL, 4294967295,"
                      " x'0f0e0d0c0b0a09080706050403020100'";
    assert_int_equal(read_row(*state, sql, &record, &position), VT_OK);
    assert_int_equal(position, 7);
    assert_int_equal(record.at_ms, -5);
    assert_int_equal(record.points, UINT32_MAX);
    assert_false(record.has_voter);
    assert_int_equal(record.id.bytes[15], 15);
    assert_int_equal(record.fingerprint.bytes[0], 15);
    assert_true(vt_slice_eq(vt_record_text(&record, VT_FIELD_NAME), VT_SLICE("Café")));
    assert_true(vt_slice_eq(vt_record_text(&record, VT_FIELD_ALBUM), VT_SLICE("")));
    assert_true(vt_slice_eq(vt_record_text(&record, VT_FIELD_RANK), VT_SLICE("3")));
}

static void refuses_values_of_another_shape(void **state) {
    static const char *const rows[] = {
        "SELECT 1, x'00', 0, 'a', '', '', '', NULL, 1, zeroblob(16)",
        "SELECT 1, zeroblob(16), 0, 'a', '', '', '', x'00', 1, zeroblob(16)",
        "SELECT 1, zeroblob(16), 0, 'a', '', '', '', NULL, -1, zeroblob(16)",
        "SELECT 1, zeroblob(16), 0, 'a', '', '', '', NULL, 4294967296, zeroblob(16)",
        "SELECT 1, zeroblob(16), 0, 'a', '', '', '', NULL, 1, zeroblob(17)",
        "SELECT 1, zeroblob(16), 0, 'a', hex(zeroblob(65)), '', '', NULL, 1, zeroblob(16)",
        "SELECT 1, NULL, 0, 'a', '', '', '', NULL, 1, zeroblob(16)",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_record record;
        int64_t position = 99;
        assert_int_equal(read_row(*state, rows[i], &record, &position), VT_ERR_CORRUPT);
        assert_int_equal(position, 99);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_values_of_another_shape, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
