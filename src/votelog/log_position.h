/* Where the vote log of each partition stands: one document in <collection>.position, which moves by compare-and-set.
 *
 *   _id            16 bytes ledger id, u32 partition (big-endian), as one binary
 *   partition      int, for people
 *   next           long: all records before it are in the log
 *   mark           16 bytes, of the record before `next`; absent where the log began
 *   is_rebuilding  bool
 *   generation     ObjectId: made anew whenever the documents are deleted. A writer that stood still between its
 *                  documents and its position across a whole rebuild would else find the same `next` again, and move on
 *                  over documents that are gone. */
#ifndef VT_VOTELOG_LOG_POSITION_H
#define VT_VOTELOG_LOG_POSITION_H

#include "votelog/log_access.h"
#include "votelog/log_writer.h"

/* What a writer believes of a position besides its offset: the compare in compare-and-set. Zero: nothing yet, then no
 * position is like it. */
typedef struct vt_log_claim {
    bool is_rebuilding; /* by this writer */
    bson_oid_t generation;
} vt_log_claim;

/* All: VT_ERR_BUSY, VT_ERR_SYSTEM, and access->reason. `claim` follows on success. */

/* VT_ERR_CORRUPT for a document of another shape. */
VT_MUST_CHECK vt_err vt_log_position_load(vt_log_access *access, int32_t partition, vt_log_claim *claim,
                                          vt_log_position *out);

/* VT_ERR_MOVED when it exists. */
VT_MUST_CHECK vt_err vt_log_position_create(vt_log_access *access, int32_t partition, int64_t next,
                                            vt_log_claim *claim);

/* VT_ERR_MOVED when the position is not at `from`, or is not the one that is claimed. */
VT_MUST_CHECK vt_err vt_log_position_move(vt_log_access *access, int32_t partition, const vt_log_claim *claim,
                                          int64_t from, int64_t next, const vt_id *mark);

/* Puts it to `next` whatever was there, being rebuilt by the one who calls. */
VT_MUST_CHECK vt_err vt_log_position_begin_rebuild(vt_log_access *access, int32_t partition, int64_t next,
                                                   vt_log_claim *claim);

/* VT_ERR_MOVED when it is not the one that is claimed. */
VT_MUST_CHECK vt_err vt_log_position_end_rebuild(vt_log_access *access, int32_t partition, vt_log_claim *claim);

#endif
