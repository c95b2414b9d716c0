/* Which records of a page are not the first of their vote. */
#ifndef VT_VOTELOG_LOG_REPEATS_H
#define VT_VOTELOG_LOG_REPEATS_H

#include "vote/record.h"
#include "votelog/log_access.h"

enum { VT_LOG_KEYS_MAX = 1000 };

typedef enum vt_log_standing { VT_LOG_UNKNOWN, VT_LOG_FIRST, VT_LOG_REPEATED } vt_log_standing;

/* What is read of a document to make a page. */
typedef struct vt_log_entry {
    vt_position position;
    int64_t appended_ms;
    vt_id vote_id;
    vt_log_standing standing;
} vt_log_entry;

/* Sets the standing of `count` (1..VT_LOG_KEYS_MAX) entries that are in the log. *queries_left is lowered by each
 * query; when it comes to 0 some stay UNKNOWN. VT_ERR_BUSY, VT_ERR_SYSTEM, VT_ERR_CORRUPT, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_log_repeats_mark(vt_log_access *access, vt_log_entry *entries, size_t count,
                                         uint32_t *queries_left);

#endif
