/* Identity: the 16 bytes by which a vote is known, and the fingerprint of its content. */
#ifndef VT_VOTE_IDENTITY_H
#define VT_VOTE_IDENTITY_H

#include "vote/vote.h"

enum { VT_ID_LEN = 16, VT_UUID_TEXT_LEN = 36, VT_UUID_RANDOM_LEN = 10 };

typedef struct vt_id {
    uint8_t bytes[VT_ID_LEN];
} vt_id;

static inline bool vt_id_eq(const vt_id *a, const vt_id *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Reads the 36-character form (RFC 9562 §4), in any case; false when `text` is anything else. */
bool vt_uuid_parse(vt_slice text, vt_id *out);

/* Writes the canonical lower-case form; no terminator. */
void vt_uuid_format(const vt_id *id, char out[VT_UUID_TEXT_LEN]);

/* A version 7 UUID (RFC 9562 §5.7) from the caller's clock and entropy. */
vt_id vt_uuid_v7(int64_t at_ms, const uint8_t random[VT_UUID_RANDOM_LEN]);

/* What an identity is made from. */
typedef struct vt_identity_input {
    const vt_id *ledger_id;
    const vt_id *voter; /* hash of the voter where votes are limited, else NULL */
    vt_slice key;       /* the client's key, 1..VT_VOTE_KEY_BYTES_MAX bytes */
    int32_t item;       /* index in an array whose items share `key`, or -1 */
} vt_identity_input;

/* A UUID key outside an array and without a voter is taken as it is. Everything else is the first 16 bytes of
 * SHA-256(ledger id ‖ 0 [‖ voter ‖ 0] ‖ key [‖ 0 ‖ u32le item]), where a UUID key stands in its canonical form. */
vt_id vt_identity_derive(const vt_identity_input *input);

/* The content fingerprint: SHA-256 of the four checked texts, each preceded by its u32le length, cut to 16 bytes. */
vt_id vt_fingerprint(const vt_vote *vote);

#endif
