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

/* An empty message. */
void vt_sha256_init(vt_sha256 *hash);

/* Appends to the message. `bytes` may be NULL when `len` is 0. */
void vt_sha256_update(vt_sha256 *hash, const void *bytes, size_t len);

/* Writes the digest; `hash` must be initialised again before its next use. */
void vt_sha256_final(vt_sha256 *hash, uint8_t out[VT_SHA256_LEN]);

/* HMAC over the concatenation of `parts`. */
void vt_hmac_sha256(vt_slice key, const vt_slice *parts, size_t parts_count, uint8_t out[VT_SHA256_LEN]);

/* Whether two byte strings of one length are equal, in time that does not depend on where they differ. */
bool vt_hash_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* Mixes whole blocks into the state (FIPS 180-4 §6.2.2): the step that has two implementations. */
typedef void vt_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t blocks_count);

/* Both implementations, so that they can be tested against each other. The native one uses the processor's SHA
 * instructions (x86-64) and is taken wherever it exists; NULL where it does not. */
vt_sha256_compress vt_sha256_compress_portable;
vt_sha256_compress *vt_sha256_compress_native(void);

#endif
