#include "vote/text.h"

#include <stdint.h>

/* Eight bytes at a time. The high bit of each byte of a mask is the answer for that byte; as a borrow runs upwards,
 * only the lowest answer of has_control is exact, which is enough to ask whether there is any. */
#define VT_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static inline uint64_t load64(const char *ptr) {
    uint64_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

static inline uint64_t load32(const char *ptr) {
    uint32_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

static inline uint64_t has_non_ascii(uint64_t word) {
    return word & VT_EACH_BYTE(0x80);
}

static inline uint64_t has_control(uint64_t word) {
    uint64_t delete_is_zero = word ^ VT_EACH_BYTE(0x7f);
    uint64_t below_space = (word - VT_EACH_BYTE(0x20)) & ~word;
    uint64_t is_delete = (delete_is_zero - VT_EACH_BYTE(0x01)) & ~delete_is_zero;
    return (below_space | is_delete) & VT_EACH_BYTE(0x80);
}

/* The bytes of a text of less than 8, filled up with some of them again, or with letters. */
static inline uint64_t load_short(const char *ptr, size_t len) {
    if (len >= 4) {
        return load32(ptr) << 32 | load32(ptr + len - 4);
    }
    uint64_t word = VT_EACH_BYTE('a');
    for (size_t i = 0; i < len; i++) {
        word = word << 8 | (uint8_t) ptr[i];
    }
    return word;
}

static bool is_plain_ascii(vt_slice text) {
    if (text.len < 8) {
        uint64_t word = load_short(text.ptr, text.len);
        return (has_non_ascii(word) | has_control(word)) == 0;
    }
    uint64_t found = 0;
    for (size_t i = 0; i + 8 <= text.len; i += 8) {
        uint64_t word = load64(text.ptr + i);
        found |= has_non_ascii(word) | has_control(word);
    }
    uint64_t last = load64(text.ptr + text.len - 8);
    return (found | has_non_ascii(last) | has_control(last)) == 0;
}

/* The second byte of a sequence is what rules out overlong forms, surrogates and what lies beyond U+10FFFF
 * (RFC 3629 §4). Returns the length of the sequence at `ptr`, 0 when there is none. */
static size_t sequence_len(const uint8_t *ptr, size_t len) {
    uint8_t lead = ptr[0];
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    size_t needed = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len < needed) {
        return 0;
    }
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (ptr[1] < low || ptr[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < needed; i++) {
        if ((ptr[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return needed;
}

bool vt_text_is_utf8(vt_slice text) {
    const uint8_t *bytes = (const uint8_t *) text.ptr;
    size_t at = 0;
    while (at < text.len) {
        if (text.len - at >= 8 && has_non_ascii(load64(text.ptr + at)) == 0) {
            at += 8;
            continue;
        }
        size_t len = sequence_len(bytes + at, text.len - at);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

static bool holds_control(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t) text.ptr[i];
        if (byte < 0x20 || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

vt_err vt_text_check(vt_slice text) {
    if (is_plain_ascii(text)) {
        return VT_OK;
    }
    if (!vt_text_is_utf8(text)) {
        return VT_ERR_INVALID_UTF8;
    }
    return holds_control(text) ? VT_ERR_CONTROL_CHARACTER : VT_OK;
}

vt_slice vt_text_trim(vt_slice text) {
    while (text.len > 0 && vt_text_is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    while (text.len > 0 && vt_text_is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    return text;
}
