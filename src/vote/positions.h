/* How far a ledger was folded: for each of its partitions the position of the last record. */
#ifndef VT_VOTE_POSITIONS_H
#define VT_VOTE_POSITIONS_H

#include "vote/record.h"

enum {
    VT_PARTITIONS_MAX = 256,
    VT_POSITIONS_TEXT_MAX = VT_PARTITIONS_MAX * 24, /* "255:9223372036854775807," */
};

/* A plain value. */
typedef struct vt_positions {
    int32_t partitions;                 /* 1..VT_PARTITIONS_MAX; 0: a ledger without partitions, in offsets[0] */
    int64_t offsets[VT_PARTITIONS_MAX]; /* of the last record; when there is none -1, without partitions 0 */
} vt_positions;

/* Nothing folded yet. `partitions` as above. */
vt_positions vt_positions_none(int32_t partitions);

bool vt_positions_eq(const vt_positions *a, const vt_positions *b);

/* Whether the record at `position` is folded; false for a partition that the ledger does not have. */
bool vt_positions_cover(const vt_positions *positions, vt_position position);

/* "1234" without partitions, else "0:17,2:22": partitions without a record are left out. Returns the number of
 * characters; no terminator. */
size_t vt_positions_format(const vt_positions *positions, char out[VT_POSITIONS_TEXT_MAX]);

#endif
