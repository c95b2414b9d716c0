/* Fresh vote ids (UUIDv7) from the wall clock and the system's entropy, which is fetched for many ids at once. */
#ifndef VT_CLIENT_VOTE_IDS_H
#define VT_CLIENT_VOTE_IDS_H

#include "base/err.h"
#include "vote/identity.h"

enum { VT_VOTE_IDS_POOL_BYTES = 256 * VT_UUID_RANDOM_LEN };

typedef struct vt_vote_ids {
    uint8_t pool[VT_VOTE_IDS_POOL_BYTES];
    size_t used;
} vt_vote_ids;

/* In the caller's storage; needs no release. */
void vt_vote_ids_init(vt_vote_ids *ids);

/* Writes one id in canonical text. VT_ERR_SYSTEM when there is no entropy. */
VT_MUST_CHECK vt_err vt_vote_ids_next(vt_vote_ids *ids, int64_t wall_ms, char out[VT_UUID_TEXT_LEN]);

/* 32 random bits, for jitter and sampling. VT_ERR_SYSTEM as above. */
VT_MUST_CHECK vt_err vt_vote_ids_random(vt_vote_ids *ids, uint32_t *out);

#endif
