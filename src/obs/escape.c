#include "obs/escape.h"

#include <stdint.h>

static bool is_continuation(char c) {
    return ((unsigned char) c & 0xC0) == 0x80;
}

/* The length of the UTF-8 character that `text` (not empty) starts with, and its code point; 0 when there is none
 * (RFC 3629 §4: overlong forms, surrogates and values above U+10FFFF are none). */
static size_t utf8_character(vt_slice text, uint32_t *code_point) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char) text.ptr[0];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    size_t len = (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : (first & 0xF8) == 0xF0 ? 4 : 0;
    if (len == 0 || len > text.len) {
        return 0;
    }
    uint32_t value = first & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(text.ptr[i])) {
            return 0;
        }
        value = value << 6 | ((unsigned char) text.ptr[i] & 0x3FU);
    }
    if (value < smallest[len] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code_point = value;
    return len;
}

static vt_err append_character(vt_buf *out, vt_slice character, uint32_t code_point) {
    switch (code_point) {
    case '"':
        return vt_buf_append_slice(out, VT_SLICE("\\\""));
    case '\\':
        return vt_buf_append_slice(out, VT_SLICE("\\\\"));
    case '\n':
        return vt_buf_append_slice(out, VT_SLICE("\\n"));
    case '\r':
        return vt_buf_append_slice(out, VT_SLICE("\\r"));
    case '\t':
        return vt_buf_append_slice(out, VT_SLICE("\\t"));
    default:
        break;
    }
    if (code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F)) {
        return vt_buf_appendf(out, "\\u%04x", (unsigned) code_point);
    }
    return vt_buf_append_slice(out, character);
}

vt_err vt_escape_json(vt_buf *out, vt_slice text) {
    while (text.len > 0) {
        uint32_t code_point = 0;
        size_t len = utf8_character(text, &code_point);
        vt_err err = len > 0 ? append_character(out, vt_slice_of(text.ptr, len), code_point)
                             : vt_buf_append_slice(out, VT_SLICE("\\ufffd"));
        if (err != VT_OK) {
            return err;
        }
        len = len > 0 ? len : 1;
        text = vt_slice_of(text.ptr + len, text.len - len);
    }
    return VT_OK;
}
