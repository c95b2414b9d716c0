/* Keeps the table `log_block` (sqlite/schema.c), by which the vote log finds one band's votes.
 *
 * An index on the name would cost a quarter of the whole time of a vote. Instead each band is noted once for each block
 * of VT_LOG_BLOCK_VOTES positions in which it has votes, and a reader looks through those blocks only.
 */
#ifndef VT_LEDGER_LOG_BLOCKS_H
#define VT_LEDGER_LOG_BLOCKS_H

#include "sqlite/sql.h"

typedef struct vt_log_blocks vt_log_blocks;

/* Prepares everything on the connection that writes, which it borrows. The caller owns *out. Errors of vt_sql_err,
 * VT_ERR_SYSTEM (no entropy). */
VT_MUST_CHECK vt_err vt_log_blocks_open(sqlite3 *writer, vt_log_blocks **out);
void vt_log_blocks_close(vt_log_blocks *blocks); /* accepts NULL */

/* Notes, inside of the transaction that stores it, that the vote at `position` is for `name` (at most
 * VT_FIELD_BYTES_MAX bytes). Positions only grow, but for a rollback. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_log_blocks_add(vt_log_blocks *blocks, int64_t position, vt_slice name);

/* To be told that notes since the last commit are gone. */
void vt_log_blocks_rolled_back(vt_log_blocks *blocks);

#endif
