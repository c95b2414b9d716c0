/* Checks on short texts, shared by the readers. */
#ifndef VT_VOTE_TEXT_H
#define VT_VOTE_TEXT_H

#include "base/err.h"
#include "base/slice.h"
#include "vote/word.h"

/* Tab, LF, CR and U+0020: what is trimmed, and JSON's white space (RFC 8259 §2). */
static inline bool vt_text_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text without the white space at both ends. Borrows from `text`. */
static inline vt_slice vt_text_trim(vt_slice text) {
    while (text.len > 0 && vt_text_is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    while (text.len > 0 && vt_text_is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* Whether the text is UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF. */
bool vt_text_is_utf8(vt_slice text);

/* What vt_text_check says, for any text. */
VT_MUST_CHECK vt_err vt_text_check_slowly(vt_slice text);

/* Whether a word holds only U+0020–U+007E. */
static inline bool vt_text_is_plain_word(uint64_t word) {
    return (vt_word_non_ascii(word) | vt_word_below(word, 0x20) | vt_word_equal(word, 0x7f)) == 0;
}

/* VT_ERR_INVALID_UTF8, or else VT_ERR_CONTROL_CHARACTER when the text holds U+0000–U+001F or U+007F. Most texts are a
 * few words of plain ASCII; these are told in a handful of instructions. */
VT_MUST_CHECK static inline vt_err vt_text_check(vt_slice text) {
    if (text.len < VT_WORD_BYTES) {
        uint64_t word = vt_word_load_short(text.ptr, text.len);
        return vt_text_is_plain_word(word) ? VT_OK : vt_text_check_slowly(text);
    }
    /* The last word overlaps with the one before it. */
    bool is_plain = vt_text_is_plain_word(vt_word_load(text.ptr + text.len - VT_WORD_BYTES));
    for (size_t i = 0; is_plain && i + VT_WORD_BYTES < text.len; i += VT_WORD_BYTES) {
        is_plain = vt_text_is_plain_word(vt_word_load(text.ptr + i));
    }
    return is_plain ? VT_OK : vt_text_check_slowly(text);
}

#endif
