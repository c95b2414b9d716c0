#include "vote/text.h"

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
        if (text.len - at >= VT_WORD_BYTES && vt_word_non_ascii(vt_word_load(text.ptr + at)) == 0) {
            at += VT_WORD_BYTES;
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

vt_err vt_text_check_slowly(vt_slice text) {
    if (!vt_text_is_utf8(text)) {
        return VT_ERR_INVALID_UTF8;
    }
    return holds_control(text) ? VT_ERR_CONTROL_CHARACTER : VT_OK;
}
