#include "base/hash.h"

#include "base/assert.h"

#if defined(__x86_64__) && !defined(__wasm__)
#define VT_HASH_HAS_SHA_NI 1
#include <cpuid.h>
#include <immintrin.h>
#endif

enum { VT_SHA256_ROUNDS = 64, VT_SHA256_LENGTH_AT = VT_SHA256_BLOCK_LEN - 8 };

/* FIPS 180-4 §4.2.2. */
static const uint32_t round_constants[VT_SHA256_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate_right(uint32_t word, unsigned bits) {
    return (word >> bits) | (word << (32 - bits));
}

static inline uint32_t load_be32(const uint8_t *bytes) {
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

static inline void store_be32(uint8_t *bytes, uint32_t word) {
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t) (word >> (24 - 8 * i));
    }
}

static void expand_block(const uint8_t *block, uint32_t schedule[VT_SHA256_ROUNDS]) {
    for (unsigned i = 0; i < 16; i++) {
        schedule[i] = load_be32(block + (size_t) 4 * i);
    }
    for (unsigned i = 16; i < VT_SHA256_ROUNDS; i++) {
        uint32_t w15 = schedule[i - 15];
        uint32_t w2 = schedule[i - 2];
        uint32_t s0 = rotate_right(w15, 7) ^ rotate_right(w15, 18) ^ (w15 >> 3);
        uint32_t s1 = rotate_right(w2, 17) ^ rotate_right(w2, 19) ^ (w2 >> 10);
        schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
    }
}

/* FIPS 180-4 §6.2.2; the letters are the standard's. */
static void compress_block(uint32_t state[8], const uint8_t *block) {
    uint32_t schedule[VT_SHA256_ROUNDS];
    expand_block(block, schedule);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < VT_SHA256_ROUNDS; i++) {
        uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + schedule[i];
        uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void vt_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t blocks_count) {
    for (size_t i = 0; i < blocks_count; i++) {
        compress_block(state, blocks + i * VT_SHA256_BLOCK_LEN);
    }
}

#ifdef VT_HASH_HAS_SHA_NI

/* The instructions want the state as the two vectors ABEF and CDGH (Intel SDM, SHA256RNDS2), four words of the
 * schedule at a time, and each schedule vector replaced by the one that is due four steps later. */
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_sha_ni(uint32_t state[8], const uint8_t *blocks,
                                                                        size_t blocks_count) {
    const __m128i swap_bytes = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *) (const void *) state), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *) (const void *) (state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    for (size_t i = 0; i < blocks_count; i++) {
        const __m128i *block = (const __m128i *) (const void *) (blocks + i * VT_SHA256_BLOCK_LEN);
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i words[4];
        for (unsigned j = 0; j < 4; j++) {
            words[j] = _mm_shuffle_epi8(_mm_loadu_si128(block + j), swap_bytes);
        }
#pragma GCC unroll 16
        for (unsigned step = 0; step < VT_SHA256_ROUNDS / 4; step++) {
            const __m128i *constants = (const __m128i *) (const void *) (round_constants + (size_t) 4 * step);
            const __m128i now = words[step % 4];
            const __m128i sum = _mm_add_epi32(now, _mm_loadu_si128(constants));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
            const __m128i newest = words[(step + 3) % 4];
            const __m128i seven_back = _mm_alignr_epi8(newest, words[(step + 2) % 4], 4);
            const __m128i partial = _mm_sha256msg1_epu32(now, words[(step + 1) % 4]);
            words[step % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(partial, seven_back), newest);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *) (void *) state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *) (void *) (state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool cpu_has_sha_ni(void) {
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) {
        return false;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

vt_sha256_compress *vt_sha256_compress_native(void) {
    return cpu_has_sha_ni() ? compress_sha_ni : NULL;
}

#else

vt_sha256_compress *vt_sha256_compress_native(void) {
    return NULL;
}

#endif

static void compress(uint32_t state[8], const uint8_t *blocks, size_t blocks_count) {
    /* Threads may race to choose, but they all choose the same. */
    static vt_sha256_compress *chosen;
    vt_sha256_compress *function = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (function == NULL) {
        function = vt_sha256_compress_native();
        function = function != NULL ? function : vt_sha256_compress_portable;
        __atomic_store_n(&chosen, function, __ATOMIC_RELAXED);
    }
    function(state, blocks, blocks_count);
}

void vt_sha256_init(vt_sha256 *hash) {
    static const uint32_t first_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, first_state, sizeof hash->state);
    hash->bytes = 0;
}

void vt_sha256_update(vt_sha256 *hash, const void *bytes, size_t len) {
    if (len == 0) {
        return;
    }
    const uint8_t *ptr = bytes;
    size_t filled = hash->bytes % VT_SHA256_BLOCK_LEN;
    hash->bytes += len;
    if (filled > 0) {
        size_t room = VT_SHA256_BLOCK_LEN - filled;
        size_t taken = len < room ? len : room;
        memcpy(hash->block + filled, ptr, taken);
        if (taken < room) {
            return;
        }
        compress(hash->state, hash->block, 1);
        ptr += taken;
        len -= taken;
    }
    size_t whole = len / VT_SHA256_BLOCK_LEN;
    if (whole > 0) {
        compress(hash->state, ptr, whole);
        ptr += whole * VT_SHA256_BLOCK_LEN;
    }
    memcpy(hash->block, ptr, len % VT_SHA256_BLOCK_LEN);
}

void vt_sha256_final(vt_sha256 *hash, uint8_t out[VT_SHA256_LEN]) {
    size_t filled = hash->bytes % VT_SHA256_BLOCK_LEN;
    hash->block[filled++] = 0x80;
    if (filled > VT_SHA256_LENGTH_AT) {
        memset(hash->block + filled, 0, VT_SHA256_BLOCK_LEN - filled);
        compress(hash->state, hash->block, 1);
        filled = 0;
    }
    memset(hash->block + filled, 0, VT_SHA256_LENGTH_AT - filled);
    uint64_t bits = hash->bytes * 8;
    store_be32(hash->block + VT_SHA256_LENGTH_AT, (uint32_t) (bits >> 32));
    store_be32(hash->block + VT_SHA256_LENGTH_AT + 4, (uint32_t) bits);
    compress(hash->state, hash->block, 1);
    for (unsigned i = 0; i < 8; i++) {
        store_be32(out + (size_t) 4 * i, hash->state[i]);
    }
}

static void hmac_start(vt_sha256 *hash, const uint8_t key[VT_SHA256_BLOCK_LEN], uint8_t pad) {
    uint8_t block[VT_SHA256_BLOCK_LEN];
    for (unsigned i = 0; i < VT_SHA256_BLOCK_LEN; i++) {
        block[i] = key[i] ^ pad;
    }
    vt_sha256_init(hash);
    vt_sha256_update(hash, block, sizeof block);
}

void vt_hmac_sha256(vt_slice key, const vt_slice *parts, size_t parts_count, uint8_t out[VT_SHA256_LEN]) {
    vt_sha256 hash;
    uint8_t block_key[VT_SHA256_BLOCK_LEN] = {0};
    if (key.len > VT_SHA256_BLOCK_LEN) {
        vt_sha256_init(&hash);
        vt_sha256_update(&hash, key.ptr, key.len);
        vt_sha256_final(&hash, block_key);
    } else if (key.len > 0) {
        memcpy(block_key, key.ptr, key.len);
    }
    uint8_t inner[VT_SHA256_LEN];
    hmac_start(&hash, block_key, 0x36);
    for (size_t i = 0; i < parts_count; i++) {
        vt_sha256_update(&hash, parts[i].ptr, parts[i].len);
    }
    vt_sha256_final(&hash, inner);
    hmac_start(&hash, block_key, 0x5c);
    vt_sha256_update(&hash, inner, sizeof inner);
    vt_sha256_final(&hash, out);
}

bool vt_hash_equal(const uint8_t *a, const uint8_t *b, size_t len) {
    /* volatile, so that the compiler cannot leave the loop early. */
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < len; i++) {
        difference = (uint8_t) (difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}
