#include "web/text.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void vt_text_slice(vt_text *text, vt_slice markup) {
    if (text->err == VT_OK) {
        text->err = vt_buf_append_slice(text->buf, markup);
    }
}

void vt_text_raw(vt_text *text, const char *markup) {
    vt_text_slice(text, vt_slice_str(markup));
}

void vt_text_number(vt_text *text, uint64_t number) {
    if (text->err == VT_OK) {
        text->err = vt_buf_appendf(text->buf, "%" PRIu64, number);
    }
}

void vt_text_grouped(vt_text *text, uint64_t number) {
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            vt_text_raw(text, ",");
        }
        vt_text_slice(text, vt_slice_of(digits + i, 1));
    }
}

/* What stands for one byte in an output, or NULL when the byte stands for itself. */
typedef const char *text_escape(unsigned char byte, char scratch[8]);

/* Appends runs of plain bytes whole, so that ordinary text costs one copy. */
static void text_escaped(vt_text *text, vt_slice value, text_escape *escape) {
    char scratch[8];
    size_t plain = 0;
    for (size_t i = 0; i < value.len; i++) {
        const char *replacement = escape((unsigned char) value.ptr[i], scratch);
        if (replacement != NULL) {
            vt_text_slice(text, vt_slice_of(value.ptr + plain, i - plain));
            vt_text_raw(text, replacement);
            plain = i + 1;
        }
    }
    if (plain < value.len) {
        vt_text_slice(text, vt_slice_of(value.ptr + plain, value.len - plain));
    }
}

static const char *text_escape_json(unsigned char byte, char scratch[8]) {
    if (byte == '"') {
        return "\\\"";
    }
    if (byte == '\\') {
        return "\\\\";
    }
    if (byte >= 0x20) {
        return NULL;
    }
    snprintf(scratch, 8, "\\u%04x", (unsigned) byte);
    return scratch;
}

void vt_text_json(vt_text *text, vt_slice value) {
    vt_text_raw(text, "\"");
    text_escaped(text, value, text_escape_json);
    vt_text_raw(text, "\"");
}

void vt_text_json_time(vt_text *text, int64_t at_ms) {
    if (at_ms == 0) {
        vt_text_raw(text, "null");
        return;
    }
    char time[VT_ISO8601_LEN + 1];
    vt_clock_format_iso8601(at_ms, time);
    vt_text_json(text, vt_slice_str(time));
}

static const char *text_escape_html(unsigned char byte, char scratch[8]) {
    (void) scratch;
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void vt_text_html(vt_text *text, vt_slice value) {
    text_escaped(text, value, text_escape_html);
}

static bool text_is_unreserved(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

static const char *text_escape_query(unsigned char byte, char scratch[8]) {
    if (text_is_unreserved(byte)) {
        return NULL;
    }
    snprintf(scratch, 8, "%%%02X", (unsigned) byte);
    return scratch;
}

void vt_text_query(vt_text *text, vt_slice value) {
    text_escaped(text, value, text_escape_query);
}
