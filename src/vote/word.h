/* Eight bytes of text at a time, in one 64-bit number.
 *
 * A mask has the high bit of each byte of which something is true. As borrows run upwards, bytes above the lowest true
 * one may be told wrongly: only "is there any" and, on a little-endian machine, "which is the first" are exact. All but
 * vt_word_non_ascii are meant for bytes below 0x80 and never true for others.
 */
#ifndef VT_VOTE_WORD_H
#define VT_VOTE_WORD_H

#include <stdint.h>
#include <string.h>

enum { VT_WORD_BYTES = 8 };

#define VT_WORD_HIGH_BITS UINT64_C(0x8080808080808080)

static inline uint64_t vt_word_of(uint8_t byte) {
    return UINT64_C(0x0101010101010101) * byte;
}

static inline uint64_t vt_word_load(const char *ptr) {
    uint64_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

/* The bytes of a text of less than 8, in some order, and filled up with some of them again or with letters. */
static inline uint64_t vt_word_load_short(const char *ptr, size_t len) {
    if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, ptr, sizeof first);
        memcpy(&last, ptr + len - sizeof last, sizeof last);
        return (uint64_t) first << 32 | last;
    }
    uint64_t word = vt_word_of('a');
    for (size_t i = 0; i < len; i++) {
        word = word << 8 | (uint8_t) ptr[i];
    }
    return word;
}

static inline uint64_t vt_word_non_ascii(uint64_t word) {
    return word & VT_WORD_HIGH_BITS;
}

static inline uint64_t vt_word_below(uint64_t word, uint8_t limit) {
    return (word - vt_word_of(limit)) & ~word & VT_WORD_HIGH_BITS;
}

static inline uint64_t vt_word_equal(uint64_t word, uint8_t byte) {
    return vt_word_below(word ^ vt_word_of(byte), 1);
}

#endif
