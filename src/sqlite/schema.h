/* The tables of votes.db: making them, and telling whether a file is ours. */
#ifndef VT_SQLITE_SCHEMA_H
#define VT_SQLITE_SCHEMA_H

#include "sqlite/sql.h"
#include "vote/identity.h"

enum {
    VT_SCHEMA_APPLICATION_ID = 0x766f7461, /* "vota", in bytes 68..71 of the file */
    VT_SCHEMA_VERSION = 1,                 /* in bytes 60..63 */
};

/* The positions n * VT_LOG_BLOCK_VOTES to (n + 1) * VT_LOG_BLOCK_VOTES - 1 are block n. */
enum { VT_LOG_BLOCK_VOTES = 1024 };

/* What a file turned out to be. */
typedef enum vt_schema_state { VT_SCHEMA_EMPTY, VT_SCHEMA_OURS } vt_schema_state;

/* Looks, changes nothing. VT_ERR_NOT_OURS (no SQLite file, or another program's), VT_ERR_NEWER, errors of vt_sql_err.
 */
VT_MUST_CHECK vt_err vt_schema_inspect(sqlite3 *db, vt_schema_state *out);

/* Makes the tables in an empty file, in one transaction, for the ledger `id`. Errors of vt_sql_err: then the caller
 * asks for the message and closes the connection, which takes everything back. */
VT_MUST_CHECK vt_err vt_schema_create(sqlite3 *db, const vt_id *id);

/* Reads the ledger's id. VT_ERR_CORRUPT when there is none, errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_schema_ledger_id(sqlite3 *db, vt_id *out);

#endif
