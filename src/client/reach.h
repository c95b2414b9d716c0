/* How far into a ledger something reaches: for each partition the last position. */
#ifndef VT_CLIENT_REACH_H
#define VT_CLIENT_REACH_H

#include "vote/positions.h"

typedef struct vt_reach {
    int64_t offsets[1 + VT_PARTITIONS_MAX]; /* a ledger without partitions, then each; -1: none is known */
} vt_reach;

void vt_reach_init(vt_reach *reach);

/* Takes positions in: one ("1234", "3:17"), or those of a result ("0:17,1:22"). What is none is passed over. */
void vt_reach_add(vt_reach *reach, vt_slice positions);

/* Whether any position was taken in. */
bool vt_reach_is_known(const vt_reach *reach);

/* By how many positions `reach` falls short of `wanted`, all partitions together; 0: it has come as far. */
uint64_t vt_reach_short_of(const vt_reach *reach, const vt_reach *wanted);

#endif
