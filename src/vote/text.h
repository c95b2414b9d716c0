/* Checks on short texts, shared by the readers. */
#ifndef VT_VOTE_TEXT_H
#define VT_VOTE_TEXT_H

#include "base/err.h"
#include "base/slice.h"

/* Tab, LF, CR and U+0020: what is trimmed, and JSON's white space (RFC 8259 §2). */
static inline bool vt_text_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text without the white space at both ends. Borrows from `text`. */
vt_slice vt_text_trim(vt_slice text);

/* Whether the text is UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF. */
bool vt_text_is_utf8(vt_slice text);

/* VT_ERR_INVALID_UTF8, or else VT_ERR_CONTROL_CHARACTER when the text holds U+0000–U+001F or U+007F. */
VT_MUST_CHECK vt_err vt_text_check(vt_slice text);

#endif
