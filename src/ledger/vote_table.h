/* What happens to one vote inside of a group's transaction: stored, a duplicate, a conflict, over the quota, refused.
 *
 * Used by the thread whose turn it is to write (sqlite/store.h).
 */
#ifndef VT_LEDGER_VOTE_TABLE_H
#define VT_LEDGER_VOTE_TABLE_H

#include "ledger/ledger.h"
#include "sqlite/store.h"

typedef struct vt_vote_table vt_vote_table;

/* Prepares everything, so that nothing is allocated for a vote later. Borrows the store. The caller owns *out.
 * Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_vote_table_open(vt_store *store, vt_vote_table **out);
void vt_vote_table_close(vt_vote_table *table); /* accepts NULL */

/* Decides on one vote and answers it (err, verdict, position); stores a row when it is counted. `votes_per_voter`
 * 0: no limit. Errors of vt_sql_err mean that the transaction must be rolled back; the answer means nothing then. */
VT_MUST_CHECK vt_err vt_vote_table_apply(vt_vote_table *table, uint32_t votes_per_voter, vt_append *item);

/* To be told how the transaction ended, so that the next row follows the last one that is really there. */
void vt_vote_table_committed(vt_vote_table *table);
void vt_vote_table_rolled_back(vt_vote_table *table);

#endif
