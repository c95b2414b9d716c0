/* A seeded hash of texts, for tables in memory. Neither cryptographic nor stable: it never leaves the process. */
#ifndef VT_BASE_TEXT_HASH_H
#define VT_BASE_TEXT_HASH_H

#include "base/slice.h"

#include <stdint.h>

/* Continues `hash` (a random seed, or the hash of the text before) with `text`, FNV-1a's way. The length ends it, so
 * that ("ab", "c") is not ("a", "bc"). */
static inline uint64_t vt_text_hash(uint64_t hash, vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (uint8_t) text.ptr[i]) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ text.len) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

#endif
