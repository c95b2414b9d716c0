/* The indexes of the vote log. */
#ifndef VT_VOTELOG_LOG_INDEX_H
#define VT_VOTELOG_LOG_INDEX_H

#include "votelog/log_access.h"

/* Makes those that are not there; on a large collection that takes longer than a timeout, and goes on in the server.
 * VT_ERR_BUSY, VT_ERR_SYSTEM (one of these names stands for another index), and access->reason. */
VT_MUST_CHECK vt_err vt_log_index_prepare(vt_log_access *access);

#endif
