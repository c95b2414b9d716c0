/* The versions of the contest in SQLite, each tied to the one before (sqlite/link.h). */
#ifndef VT_LEDGER_CONTEST_TABLE_H
#define VT_LEDGER_CONTEST_TABLE_H

#include "sqlite/sql.h"
#include "vote/identity.h"

/* Whether all versions are there, as they were appended to the ledger `ledger_id`. VT_ERR_CORRUPT when one is missing
 * or was changed, errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_contest_table_check(sqlite3 *db, const vt_id *ledger_id);

/* Appends a version, inside of a transaction of the writer's. VT_ERR_IN_USE unless `version` is the next one; errors as
 * vt_contest_table_check. */
VT_MUST_CHECK vt_err vt_contest_table_append(sqlite3 *writer, const vt_id *ledger_id, uint32_t version, int64_t at_ms,
                                             vt_slice json);

#endif
