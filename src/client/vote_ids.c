#include "client/vote_ids.h"

#include <errno.h>
#include <sys/random.h>

void vt_vote_ids_init(vt_vote_ids *ids) {
    ids->used = VT_VOTE_IDS_POOL_BYTES;
}

static vt_err refill(vt_vote_ids *ids) {
    size_t have = 0;
    while (have < VT_VOTE_IDS_POOL_BYTES) {
        ssize_t got = getrandom(ids->pool + have, VT_VOTE_IDS_POOL_BYTES - have, 0);
        if (got < 0 && errno != EINTR) {
            return VT_ERR_SYSTEM;
        }
        have += got > 0 ? (size_t) got : 0;
    }
    ids->used = 0;
    return VT_OK;
}

static vt_err take(vt_vote_ids *ids, const uint8_t **out) {
    if (ids->used == VT_VOTE_IDS_POOL_BYTES) {
        vt_err err = refill(ids);
        if (err != VT_OK) {
            return err;
        }
    }
    *out = ids->pool + ids->used;
    ids->used += VT_UUID_RANDOM_LEN;
    return VT_OK;
}

vt_err vt_vote_ids_next(vt_vote_ids *ids, int64_t wall_ms, char out[VT_UUID_TEXT_LEN]) {
    const uint8_t *random = NULL;
    vt_err err = take(ids, &random);
    if (err == VT_OK) {
        vt_id id = vt_uuid_v7(wall_ms, random);
        vt_uuid_format(&id, out);
    }
    return err;
}

vt_err vt_vote_ids_random(vt_vote_ids *ids, uint32_t *out) {
    const uint8_t *random = NULL;
    vt_err err = take(ids, &random);
    if (err == VT_OK) {
        memcpy(out, random, sizeof *out);
    }
    return err;
}
