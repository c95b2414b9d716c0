/* SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), without libc, so that the vote core can use them anywhere. */
#ifndef VT_BASE_HASH_H
#define VT_BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

enum { VT_SHA256_LEN = 32, VT_SHA256_BLOCK_LEN = 64 };

typedef struct vt_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[VT_SHA256_BLOCK_LEN];
} vt_sha256;

void vt_sha256_init(vt_sha256 *hash);
void vt_sha256_update(vt_sha256 *hash, const void *bytes, size_t len);

/* Writes the digest; `hash` must be initialised again before its next use. */
void vt_sha256_final(vt_sha256 *hash, uint8_t out[VT_SHA256_LEN]);

/* HMAC over the concatenation of `parts`. */
void vt_hmac_sha256(vt_slice key, const vt_slice *parts, size_t parts_count, uint8_t out[VT_SHA256_LEN]);

/* Whether two byte strings of one length are equal, in time that does not depend on where they differ. */
bool vt_hash_equal(const uint8_t *a, const uint8_t *b, size_t len);

#endif
