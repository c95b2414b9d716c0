/* How often each voter was counted: a table in memory that grows with the voters, not with their votes. */
#ifndef VT_COUNT_VOTER_COUNTS_H
#define VT_COUNT_VOTER_COUNTS_H

#include "vote/identity.h"

typedef struct vt_voter_count {
    vt_id voter;
    uint64_t counted; /* 0: the place is free */
} vt_voter_count;

typedef struct vt_voter_counts {
    uint64_t seed;
    size_t places_count; /* a power of two, or 0; at most half of them are taken */
    size_t voters;
    vt_voter_count *places;
} vt_voter_counts;

/* An empty table. VT_ERR_SYSTEM (no entropy). */
VT_MUST_CHECK vt_err vt_voter_counts_init(vt_voter_counts *counts);
void vt_voter_counts_release(vt_voter_counts *counts); /* accepts a zeroed one */

/* Forgets all voters, keeps the memory. */
void vt_voter_counts_clear(vt_voter_counts *counts);

/* Counts one vote more unless the voter was counted `most` (>= 1) times already; *is_counted tells. VT_ERR_NO_MEMORY.
 */
VT_MUST_CHECK vt_err vt_voter_counts_add(vt_voter_counts *counts, const vt_id *voter, uint64_t most, bool *is_counted);

#endif
