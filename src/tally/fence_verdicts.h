/* What the fold in Redis said of single records. */
#ifndef VT_TALLY_FENCE_VERDICTS_H
#define VT_TALLY_FENCE_VERDICTS_H

#include "redis/redis_client.h"
#include "tally/tally.h"

typedef struct vt_fence_verdicts vt_fence_verdicts;

/* Room for VT_TALLY_QUESTIONS_MAX questions about a ledger of `partitions`. Asks nothing yet. One thread at a time. The
 * caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_fence_verdicts_open(const vt_id *ledger_id, int32_t partitions, vt_fence_verdicts **out);
void vt_fence_verdicts_close(vt_fence_verdicts *verdicts); /* accepts NULL */

/* Answers the questions, one command for each partition that they name: the first record of an identity has the
 * verdict that is stored, later ones are DUPLICATE or CONFLICT by their fingerprint, one that is not folded (or in a
 * partition that the ledger does not have) has NONE. A folded record whose identity was never seen is COUNTED when the
 * identity is made from the position, else BAD.
 * VT_ERR_NOT_FOUND when a partition has no hash, VT_ERR_OTHER_LEDGER, VT_ERR_CORRUPT, errors of vt_redis_call; no
 * verdict is set then. */
VT_MUST_CHECK vt_err vt_fence_verdicts_answer(vt_fence_verdicts *verdicts, vt_redis *redis,
                                              vt_tally_question *questions, size_t count);

#endif
