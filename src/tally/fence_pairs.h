/* What the fence keeps of one partition in memory: its pairs, in the order of the field `names`, and their sums. */
#ifndef VT_TALLY_FENCE_PAIRS_H
#define VT_TALLY_FENCE_PAIRS_H

#include "tally/fence_state.h"

typedef struct vt_fence_pairs vt_fence_pairs;

/* None yet. Room for all is taken here; what is not used costs addresses, not memory. The caller owns *out.
 * VT_ERR_NO_MEMORY, VT_ERR_SYSTEM (no entropy for the hash). */
VT_MUST_CHECK vt_err vt_fence_pairs_open(vt_fence_pairs **out);
void vt_fence_pairs_close(vt_fence_pairs *pairs); /* accepts NULL */

/* Forgets all. */
void vt_fence_pairs_clear(vt_fence_pairs *pairs);

/* The next pair that the hash has. VT_ERR_CORRUPT when it is known already or there are too many. Texts are copied. */
VT_MUST_CHECK vt_err vt_fence_pairs_know(vt_fence_pairs *pairs, const vt_fence_name *name, const vt_fence_sums *sums);

/* Adds one vote as vt_fold does (vote/fold.h), which makes a pair that is new, with this year; the one for all others
 * has none. VT_ERR_CORRUPT when a sum goes beyond VT_FENCE_NUMBER_MAX; nothing changes then. */
VT_MUST_CHECK vt_err vt_fence_pairs_add(vt_fence_pairs *pairs, const vt_fence_name *name, uint32_t points);

/* `i` is the number of a pair, in the order of the field `names`. */
vt_fence_sums vt_fence_pairs_sums(const vt_fence_pairs *pairs, uint32_t i);
/* All of them, as the field `names`; borrowed until the next change. */
vt_slice vt_fence_pairs_names(const vt_fence_pairs *pairs);

/* Those that changed since vt_fence_pairs_settle, vt_fence_pairs_clear or vt_fence_pairs_know: numbers of pairs. */
uint32_t vt_fence_pairs_touched_count(const vt_fence_pairs *pairs);
uint32_t vt_fence_pairs_touched(const vt_fence_pairs *pairs, uint32_t i);
/* Whether one is new since then. */
bool vt_fence_pairs_has_new(const vt_fence_pairs *pairs);
void vt_fence_pairs_settle(vt_fence_pairs *pairs);

#endif
