/* The fold in memory: the specification that every store's fold is tested against.
 *
 * It keeps everything that the counting of one ledger (or one Kafka partition) needs: which identities were seen with
 * which content, how often each voter was counted, and the sums by band and album.
 */
#ifndef VT_VOTE_FOLD_H
#define VT_VOTE_FOLD_H

#include "vote/record.h"

enum { VT_FOLD_PAIRS_MAX = 4096 }; /* distinct (band, album); further ones are counted under VT_FOLD_OTHER, album "" */

#define VT_FOLD_OTHER "(other)"

typedef struct vt_fold vt_fold;

typedef struct vt_fold_pair {
    vt_slice name; /* borrows from the fold */
    vt_slice album;
    uint64_t votes;
    uint64_t points;
} vt_fold_pair;

typedef struct vt_fold_limits {
    uint32_t ids_max;         /* identities it can hold, at most 2^30 */
    uint32_t voters_max;      /* at most 2^30; 0 when no votes are limited */
    uint32_t pairs_max;       /* <= VT_FOLD_PAIRS_MAX */
    uint32_t votes_per_voter; /* 0: no limit */
    uint64_t seed;            /* of its tables: random where others choose the ids, so that none can crowd one place */
} vt_fold_limits;

/* How many bytes a fold with these limits needs. */
size_t vt_fold_bytes(const vt_fold_limits *limits);

/* Lays an empty fold out in the caller's memory (aligned for max_align_t, vt_fold_bytes long), which it borrows. */
vt_fold *vt_fold_init(void *memory, const vt_fold_limits *limits);

/* Applies one record, in ledger order, and tells the verdict: DUPLICATE (seen id, same fingerprint), CONFLICT (seen id,
 * another), QUOTA (new id of a voter who has used up all votes; the id is then seen), COUNTED. Only records with a
 * voter are limited. A ledger that decides before it stores (SQLite) keeps no record of a refused quota, so there the
 * id is not seen. VT_ERR_FULL when the identities or voters do not fit; nothing changes then. */
VT_MUST_CHECK vt_err vt_fold_apply(vt_fold *fold, const vt_record *record, vt_verdict *verdict);

/* Counts an unreadable record. */
void vt_fold_apply_bad(vt_fold *fold);

/* How many records got this verdict. */
uint64_t vt_fold_verdicts(const vt_fold *fold, vt_verdict verdict);

/* The sums, in the order of first appearance. i < vt_fold_pairs_count. */
uint32_t vt_fold_pairs_count(const vt_fold *fold);
vt_fold_pair vt_fold_pair_at(const vt_fold *fold, uint32_t i);

#endif
