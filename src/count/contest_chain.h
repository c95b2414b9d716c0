/* The part of the recount that goes through the versions of the contest. */
#ifndef VT_COUNT_CONTEST_CHAIN_H
#define VT_COUNT_CONTEST_CHAIN_H

#include "count/verify.h"

/* Notes versions that are missing or were changed, and that there is none though `ledger_end` says that there are
 * votes. Inside of a read transaction of `db`. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_contest_chain_check(sqlite3 *db, const vt_id *ledger_id, int64_t ledger_end,
                                            vt_verify_report *report);

#endif
