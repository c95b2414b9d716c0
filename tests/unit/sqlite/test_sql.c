#include "kit.h"

#include "sqlite/sql.h"

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

static void maps_results_to_errors(void **state) {
    static const struct {
        int code;
        vt_err err;
    } rows[] = {
        {SQLITE_OK, VT_OK},
        {SQLITE_ROW, VT_OK},
        {SQLITE_DONE, VT_OK},
        {SQLITE_FULL, VT_ERR_FULL},
        {SQLITE_BUSY, VT_ERR_BUSY},
        {SQLITE_BUSY_SNAPSHOT, VT_ERR_BUSY},
        {SQLITE_LOCKED, VT_ERR_BUSY},
        {SQLITE_NOMEM, VT_ERR_NO_MEMORY},
        {SQLITE_NOTADB, VT_ERR_NOT_OURS},
        {SQLITE_ERROR, VT_ERR_CORRUPT},
        {SQLITE_CORRUPT, VT_ERR_CORRUPT},
        {SQLITE_CORRUPT_INDEX, VT_ERR_CORRUPT},
        {SQLITE_IOERR_FSYNC, VT_ERR_IO},
        {SQLITE_IOERR_READ, VT_ERR_IO},
        {SQLITE_CANTOPEN, VT_ERR_IO},
        {SQLITE_CONSTRAINT_UNIQUE, VT_ERR_IO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(vt_sql_err(*state, rows[i].code), rows[i].err);
    }
}

static void runs_and_asks(void **state) {
    int64_t number = 7;
    assert_int_equal(vt_sql_exec(*state, "CREATE TABLE t (x); INSERT INTO t VALUES (42)"), VT_OK);
    assert_int_equal(vt_sql_number(*state, "SELECT x FROM t", &number), VT_OK);
    assert_int_equal(number, 42);
    assert_int_equal(vt_sql_number(*state, "SELECT x FROM t WHERE x = 1", &number), VT_ERR_CORRUPT);
    assert_int_equal(number, 42);
    assert_int_equal(vt_sql_number(*state, "SELECT nothing", &number), VT_ERR_CORRUPT);
}

static void tells_null_from_empty(void **state) {
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    assert_int_equal(vt_sql_prepare(*state, "SELECT NULL, '', x'', 'abc', x'00ff'", &stmt), VT_OK);
    assert_int_equal(vt_sql_step(stmt, &has_row), VT_OK);
    assert_true(has_row);
    assert_null(vt_sql_column(stmt, 0).ptr);
    assert_non_null(vt_sql_column(stmt, 1).ptr);
    assert_non_null(vt_sql_column(stmt, 2).ptr);
    assert_int_equal(vt_sql_column(stmt, 2).len, 0);
    assert_true(vt_slice_eq(vt_sql_column(stmt, 3), VT_SLICE("abc")));
    assert_true(vt_slice_eq(vt_sql_column(stmt, 4), VT_SLICE("\0\xff")));
    sqlite3_finalize(stmt);
}

static void refuses_rows_where_none_are_due(void **state) {
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(vt_sql_prepare(*state, "SELECT 1", &stmt), VT_OK);
    assert_int_equal(vt_sql_run(stmt), VT_ERR_CORRUPT);
    sqlite3_finalize(stmt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maps_results_to_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_and_asks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_null_from_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_rows_where_none_are_due, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
