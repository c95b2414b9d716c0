#include "sqlite/sql.h"

#include <errno.h>

static vt_err io_err(sqlite3 *db, int code) {
    switch (code) {
    case SQLITE_IOERR_NOMEM:
        return VT_ERR_NO_MEMORY;
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
        return VT_ERR_IO;
    default: {
        int cause = sqlite3_system_errno(db);
        return cause == ENOSPC || cause == EDQUOT ? VT_ERR_FULL : VT_ERR_IO;
    }
    }
}

vt_err vt_sql_err(sqlite3 *db, int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return VT_OK;
    case SQLITE_FULL:
        return VT_ERR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return VT_ERR_BUSY;
    case SQLITE_NOMEM:
        return VT_ERR_NO_MEMORY;
    case SQLITE_NOTADB:
        return VT_ERR_NOT_OURS;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
        return VT_ERR_CORRUPT;
    case SQLITE_IOERR:
        return io_err(db, sqlite3_extended_errcode(db));
    default:
        return VT_ERR_IO;
    }
}

vt_err vt_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) {
    return vt_sql_err(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
}

vt_err vt_sql_exec(sqlite3 *db, const char *sql) {
    return vt_sql_err(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

vt_err vt_sql_step(sqlite3_stmt *stmt, bool *has_row) {
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return vt_sql_err(sqlite3_db_handle(stmt), code);
    }
    *has_row = code == SQLITE_ROW;
    return VT_OK;
}

vt_err vt_sql_run(sqlite3_stmt *stmt) {
    bool has_row = false;
    vt_err err = vt_sql_step(stmt, &has_row);
    sqlite3_reset(stmt);
    return err == VT_OK && has_row ? VT_ERR_CORRUPT : err;
}

vt_err vt_sql_number(sqlite3 *db, const char *sql, int64_t *out) {
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    vt_err err = vt_sql_prepare(db, sql, &stmt);
    if (err == VT_OK) {
        err = vt_sql_step(stmt, &has_row);
    }
    if (err == VT_OK && !has_row) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        *out = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return err;
}

vt_slice vt_sql_column(sqlite3_stmt *stmt, int column) {
    /* In this order: asking for the bytes first could convert the value behind the pointer. */
    const char *ptr = sqlite3_column_blob(stmt, column);
    size_t len = (size_t) sqlite3_column_bytes(stmt, column);
    if (ptr == NULL && sqlite3_column_type(stmt, column) != SQLITE_NULL) {
        ptr = "";
    }
    return vt_slice_of(ptr, len);
}
