/* Reads the ledger in SQLite beside the writer: pages of records, and the contest. Any thread, one after the other. */
#ifndef VT_LEDGER_VOTE_READER_H
#define VT_LEDGER_VOTE_READER_H

#include "ledger/ledger.h"
#include "sqlite/store.h"

typedef struct vt_vote_reader vt_vote_reader;

/* Opens a connection of its own on the store, which it borrows. The caller owns *out. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_vote_reader_open(const vt_store *store, vt_vote_reader **out);
void vt_vote_reader_close(vt_vote_reader *reader); /* accepts NULL */

/* As vt_ledger_read and vt_ledger_contest_latest. */
VT_MUST_CHECK vt_err vt_vote_reader_read(vt_vote_reader *reader, vt_position after, vt_position until,
                                         vt_ledger_row *rows, size_t rows_max, size_t *count);
VT_MUST_CHECK vt_err vt_vote_reader_contest(vt_vote_reader *reader, vt_buf *json, uint32_t *version);

#endif
