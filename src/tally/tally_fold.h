/* The writing side of the tally in SQLite: folds a group of records into the sums, inside of its transaction. */
#ifndef VT_TALLY_TALLY_FOLD_H
#define VT_TALLY_TALLY_FOLD_H

#include "ledger/ledger.h"
#include "sqlite/store.h"

typedef struct vt_tally_fold vt_tally_fold;

/* Prepares everything, so that nothing is allocated for a group later. Borrows the store. The caller owns *out. Errors
 * of vt_sql_err, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_tally_fold_open(vt_store *store, vt_tally_fold **out);
void vt_tally_fold_close(vt_tally_fold *fold); /* accepts NULL */

/* As vt_tally_sqlite_fold. */
VT_MUST_CHECK vt_err vt_tally_fold_apply(vt_tally_fold *fold, const vt_append *const *records, size_t count);

#endif
