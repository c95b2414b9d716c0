/* The fold of one batch for the fence: vt_fold (vote/fold.h), record for record, over what Redis says of the batch's
 * identities and voters.
 *
 * begin → ask Redis for the questions → answer → run → write the changes. */
#ifndef VT_TALLY_FENCE_FOLD_H
#define VT_TALLY_FENCE_FOLD_H

#include "ledger/ledger.h"
#include "tally/fence_pairs.h"

enum {
    VT_FENCE_BATCH_MAX = 1000,                         /* rows */
    VT_FENCE_QUESTIONS_MAX = 2 * VT_FENCE_BATCH_MAX,   /* an identity and a voter for each */
    VT_FENCE_CHANGES_MAX = 2 * VT_FENCE_QUESTIONS_MAX, /* name and value of each field that was asked for */
};

typedef struct vt_fence_fold vt_fence_fold;

/* The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM (no entropy for the hash). */
VT_MUST_CHECK vt_err vt_fence_fold_open(uint32_t votes_per_voter, vt_fence_fold **out);
void vt_fence_fold_close(vt_fence_fold *fold); /* accepts NULL */

/* Begins a batch: borrows `count` rows (at most VT_FENCE_BATCH_MAX) until it has run. Writes the names of the fields
 * that must be read, each once, and returns how many; they live until the next batch. Anonymous and unreadable records
 * ask for no identity, and nothing asks for a voter where votes are not limited. */
size_t vt_fence_fold_begin(vt_fence_fold *fold, const vt_ledger_row *rows, size_t count,
                           vt_slice questions[VT_FENCE_QUESTIONS_MAX]);

/* What Redis answered to each question, in order. VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_fence_fold_answer(vt_fence_fold *fold, redisReply *const *answers, size_t count);

/* Folds the rows in order into `pairs`, and adds up their verdicts. VT_ERR_CORRUPT when a number gets too large. */
VT_MUST_CHECK vt_err vt_fence_fold_run(vt_fence_fold *fold, vt_fence_pairs *pairs, uint64_t verdicts[VT_VERDICT_COUNT]);

/* The fields of identities and voters that are other than before, name and value in turn; returns the number of
 * slices. They live until the next batch. */
size_t vt_fence_fold_changes(vt_fence_fold *fold, vt_slice changes[VT_FENCE_CHANGES_MAX]);

#endif
