/* The data directory: made when it is missing, held by one process at a time. */
#ifndef VT_SQLITE_DATA_DIR_H
#define VT_SQLITE_DATA_DIR_H

#include "base/err.h"

enum { VT_DATA_DIR_REASON_MAX = 256 };

/* Makes `dir` (mode 0700, one level) when there is nothing of that name, and its entry in its parent durable.
 * VT_ERR_SYSTEM; `reason` says why. */
VT_MUST_CHECK vt_err vt_data_dir_make(const char *dir, char reason[VT_DATA_DIR_REASON_MAX]);

/* Makes the entries of `dir` durable. VT_ERR_SYSTEM; `reason` says why. */
VT_MUST_CHECK vt_err vt_data_dir_sync(const char *dir, char reason[VT_DATA_DIR_REASON_MAX]);

/* Takes DIR/lock (flock(2)), without waiting. The lock lasts until the caller closes *fd, or dies.
 * VT_ERR_IN_USE when another process has it, VT_ERR_SYSTEM; `reason` says why. */
VT_MUST_CHECK vt_err vt_data_dir_lock(const char *dir, int *fd, char reason[VT_DATA_DIR_REASON_MAX]);

#endif
