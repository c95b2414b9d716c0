/* The tally in SQLite: two tables beside the ledger, changed in the transaction that appends the votes. */
#ifndef VT_TALLY_TALLY_SQLITE_H
#define VT_TALLY_TALLY_SQLITE_H

#include "ledger/ledger.h"
#include "sqlite/store.h"
#include "tally/tally.h"

/* Opens the tally of a store that was opened with VT_STORE_SERVE and that it borrows. The caller owns *out. Errors of
 * vt_sql_err, VT_ERR_SYSTEM (no entropy). */
VT_MUST_CHECK vt_err vt_tally_sqlite_open(vt_store *store, vt_tally **out);

/* A vt_ledger_fold; `tally` is a vt_tally of vt_tally_sqlite_open. Adds the records to the sums. They must follow the
 * last one that was folded, without a gap, else VT_ERR_CORRUPT. Beyond VT_FOLD_PAIRS_MAX pairs of band and album,
 * further ones are counted under (VT_FOLD_OTHER, ""). Errors of vt_sql_err: roll back then. */
VT_MUST_CHECK vt_err vt_tally_sqlite_fold(void *tally, const vt_append *const *records, size_t count);

#endif
