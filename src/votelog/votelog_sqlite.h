/* The vote log in SQLite: queries on the ledger's own rows. */
#ifndef VT_VOTELOG_VOTELOG_SQLITE_H
#define VT_VOTELOG_VOTELOG_SQLITE_H

#include "sqlite/store.h"
#include "votelog/votelog.h"

/* Opens the log of a store, in either mode, that it borrows. The caller owns *out. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_votelog_sqlite_open(const vt_store *store, vt_votelog **out);

#endif
