/* The contest as the ledger of a data directory has it, read from beside a server if one runs. */
#ifndef VT_CMD_STORED_CONTEST_H
#define VT_CMD_STORED_CONTEST_H

#include "contest/definition.h"
#include "sqlite/store.h"

/* The newest version. `store` is opened in either mode. The caller owns *out. VT_ERR_NOT_FOUND (no version yet),
 * VT_ERR_BAD_CONTEST (it cannot be read), VT_ERR_NO_MEMORY, errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_stored_contest_read(const vt_store *store, vt_definition **out);

#endif
