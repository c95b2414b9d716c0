/* Walks over the documents of a partition, in steps that each end well within a timeout. */
#ifndef VT_VOTELOG_LOG_RANGE_H
#define VT_VOTELOG_LOG_RANGE_H

#include "ledger/ledger.h"
#include "votelog/log_access.h"

/* Offsets `from` to before `until` of one partition. All: VT_ERR_BUSY, VT_ERR_SYSTEM, and access->reason. */
typedef struct vt_log_range {
    int32_t partition;
    int64_t from;
    int64_t until;
} vt_log_range;

/* Up to `rows_max` (1..VT_MONGO_FIND_LIMIT_MAX) documents in the order of the offsets. VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_log_range_read(vt_log_access *access, vt_log_range range, vt_ledger_row *rows, size_t rows_max,
                                       size_t *count);

/* Deletes all of them. */
VT_MUST_CHECK vt_err vt_log_range_delete(vt_log_access *access, vt_log_range range);

#endif
