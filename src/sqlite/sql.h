/* The few steps that every use of SQLite is made of, with SQLite's result codes turned into vt_err. */
#ifndef VT_SQLITE_SQL_H
#define VT_SQLITE_SQL_H

#include "base/err.h"
#include "base/slice.h"

#include <sqlite3.h>
#include <stdint.h>

/* The error behind a result code of the last call on `db`, to be asked for before the next one.
 *   VT_OK            SQLITE_OK, ROW, DONE
 *   VT_ERR_FULL      no room on the disk: SQLITE_FULL, or an input/output error whose cause is ENOSPC or EDQUOT
 *   VT_ERR_BUSY      another connection holds a lock
 *   VT_ERR_CORRUPT   damage; also SQLITE_ERROR: our statements are right, so a table or a column of theirs is missing
 *   VT_ERR_NO_MEMORY, VT_ERR_NOT_OURS (no SQLite file)
 *   VT_ERR_IO        everything else. A failed fsync is always this one, whatever its cause: it must not be tried again
 */
vt_err vt_sql_err(sqlite3 *db, int code);

/* Compiles one statement that will be used many times. The caller finalizes *out. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);

/* Runs statements that have no parameters and whose rows nobody needs. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_sql_exec(sqlite3 *db, const char *sql);

/* Runs a bound statement to its end and resets it. VT_ERR_CORRUPT when it has rows; errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_sql_run(sqlite3_stmt *stmt);

/* Steps a bound statement: *has_row says whether there is a row to read. The caller resets it. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_sql_step(sqlite3_stmt *stmt, bool *has_row);

/* Runs a query without parameters that has one row with one number. VT_ERR_CORRUPT without a row; errors of
 * vt_sql_err. */
VT_MUST_CHECK vt_err vt_sql_number(sqlite3 *db, const char *sql, int64_t *out);

/* A text or blob column; borrows until the next step or reset. SQL's NULL has ptr NULL. */
vt_slice vt_sql_column(sqlite3_stmt *stmt, int column);

#endif
