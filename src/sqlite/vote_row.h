/* A row of the table `vote` as a vt_record. */
#ifndef VT_SQLITE_VOTE_ROW_H
#define VT_SQLITE_VOTE_ROW_H

#include "sqlite/sql.h"
#include "vote/record.h"

/* The columns that vt_vote_row_read expects, first in a SELECT; more may follow from VT_VOTE_ROW_COLUMNS on. */
#define VT_VOTE_ROW_SQL "position, id, at_ms, name, album, year, rank, voter, points, fp"
enum { VT_VOTE_ROW_COLUMNS = 10 };

/* Copies the current row. VT_ERR_CORRUPT when a value has not the shape that every record has: *record is then
 * undefined. */
VT_MUST_CHECK vt_err vt_vote_row_read(sqlite3_stmt *stmt, vt_record *record, int64_t *position);

/* Reads a column of 16 bytes. VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_vote_row_id(sqlite3_stmt *stmt, int column, vt_id *out);

#endif
