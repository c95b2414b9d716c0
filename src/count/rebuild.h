/* Derives what follows from the ledger in SQLite again: the tally, and the blocks of the vote log. */
#ifndef VT_COUNT_REBUILD_H
#define VT_COUNT_REBUILD_H

#include "sqlite/store.h"
#include "tally/tally.h"

enum { VT_REBUILD_REASON_MAX = 256 };

/* Told now and then how many of the records there are have been folded; false: stop here. */
typedef bool vt_rebuild_progress(void *context, int64_t folded, int64_t records);

/* Folds what the ledger has beyond the tally's position: all of it after a rebuild that was interrupted, else nothing,
 * and then writes nothing. To be called at start, before the first append to the ledger. `tally` is that of the store
 * (tally_sqlite.h); `progress` may be NULL. VT_ERR_CORRUPT when a record is missing or was changed (its link does not
 * follow from the one before, its fingerprint not from its texts); the tally then stands at the last good one.
 * VT_ERR_GONE when `progress` said so. Errors of vt_sql_err, VT_ERR_NO_MEMORY. On error `reason` says what and where.
 */
VT_MUST_CHECK vt_err vt_catch_up(vt_store *store, vt_tally *tally, vt_rebuild_progress *progress, void *context,
                                 char reason[VT_REBUILD_REASON_MAX]);

/* Throws tally and blocks away and folds the whole ledger again, in steps. When it is interrupted, the tally stands at
 * an earlier position, and vt_catch_up goes on from there. `progress` may be NULL. VT_ERR_CORRUPT, with nothing thrown
 * away, when the ledger ends before the tally: a new tally would hide that records were lost. Errors as vt_catch_up. */
VT_MUST_CHECK vt_err vt_rebuild(vt_store *store, vt_tally *tally, vt_rebuild_progress *progress, void *context,
                                char reason[VT_REBUILD_REASON_MAX]);

#endif
