#include "vote/json_scan.h"

#include "base/assert.h"
#include "vote/text.h"

enum { VT_JSON_ESCAPE_HEX_LEN = 4 };

/* The next byte that ends a plain stretch of a string: a quote, a backslash, a control character; or the end. */
static inline const char *skip_plain(const char *ptr, const char *end) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - ptr >= VT_WORD_BYTES) {
        uint64_t word = vt_word_load(ptr);
        uint64_t special = vt_word_equal(word, '"') | vt_word_equal(word, '\\') | vt_word_below(word, 0x20);
        if (special != 0) {
            return ptr + __builtin_ctzll(special) / 8;
        }
        ptr += VT_WORD_BYTES;
    }
#endif
    while (ptr < end && *ptr != '"' && *ptr != '\\' && (uint8_t) *ptr >= 0x20) {
        ptr++;
    }
    return ptr;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = vt_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits at `ptr`, or -1. */
static int32_t read_hex(const char *ptr) {
    int32_t value = 0;
    for (int i = 0; i < VT_JSON_ESCAPE_HEX_LEN; i++) {
        int digit = hex_digit(ptr[i]);
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* What a one-letter escape stands for, or '\0'. */
static char short_escape(char c) {
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/* Behind the escape whose backslash is at `ptr`, or NULL. */
static const char *skip_escape(const char *ptr, const char *end) {
    if (end - ptr < 2) {
        return NULL;
    }
    if (ptr[1] != 'u') {
        return short_escape(ptr[1]) != '\0' ? ptr + 2 : NULL;
    }
    ptr += 2;
    return end - ptr >= VT_JSON_ESCAPE_HEX_LEN && read_hex(ptr) >= 0 ? ptr + VT_JSON_ESCAPE_HEX_LEN : NULL;
}

bool vt_json_read_string(vt_json_cursor *cursor, vt_json_string *out) {
    VT_ASSERT(cursor->ptr < cursor->end && *cursor->ptr == '"');
    const char *start = cursor->ptr + 1;
    const char *ptr = start;
    out->has_escapes = false;
    for (;;) {
        ptr = skip_plain(ptr, cursor->end);
        if (ptr == cursor->end) {
            return false;
        }
        if (*ptr == '"') {
            out->raw = vt_slice_of(start, (size_t) (ptr - start));
            cursor->ptr = ptr + 1;
            return true;
        }
        ptr = *ptr == '\\' ? skip_escape(ptr, cursor->end) : NULL;
        if (ptr == NULL) {
            return false;
        }
        out->has_escapes = true;
    }
}

static bool skip_digits(vt_json_cursor *cursor) {
    const char *start = cursor->ptr;
    while (cursor->ptr < cursor->end && *cursor->ptr >= '0' && *cursor->ptr <= '9') {
        cursor->ptr++;
    }
    return cursor->ptr > start;
}

static bool accept_either(vt_json_cursor *cursor, char a, char b) {
    if (cursor->ptr < cursor->end && (*cursor->ptr == a || *cursor->ptr == b)) {
        cursor->ptr++;
        return true;
    }
    return false;
}

/* RFC 8259 §6. */
static bool skip_number(vt_json_cursor *cursor) {
    accept_either(cursor, '-', '-');
    if (!accept_either(cursor, '0', '0') && !skip_digits(cursor)) {
        return false;
    }
    if (accept_either(cursor, '.', '.') && !skip_digits(cursor)) {
        return false;
    }
    if (accept_either(cursor, 'e', 'E')) {
        accept_either(cursor, '+', '-');
        return skip_digits(cursor);
    }
    return true;
}

static bool skip_literal(vt_json_cursor *cursor, vt_slice literal) {
    if (!vt_slice_starts_with(vt_slice_of(cursor->ptr, (size_t) (cursor->end - cursor->ptr)), literal)) {
        return false;
    }
    cursor->ptr += literal.len;
    return true;
}

static bool skip_string(vt_json_cursor *cursor, bool *is_unicode) {
    vt_json_string string;
    if (!vt_json_read_string(cursor, &string)) {
        return false;
    }
    *is_unicode = *is_unicode && vt_json_string_is_unicode(&string);
    return true;
}

/* A value that holds no other; the cursor stands at its first byte. */
static bool skip_scalar(vt_json_cursor *cursor, bool *is_unicode) {
    switch (*cursor->ptr) {
    case '"':
        return skip_string(cursor, is_unicode);
    case 't':
        return skip_literal(cursor, VT_SLICE("true"));
    case 'f':
        return skip_literal(cursor, VT_SLICE("false"));
    case 'n':
        return skip_literal(cursor, VT_SLICE("null"));
    default:
        return skip_number(cursor);
    }
}

/* The arrays and objects around the cursor: bit i is set when the one at depth i is an object. */
typedef struct nesting {
    uint64_t objects;
    unsigned depth;
} nesting;

static bool is_in_object(const nesting *open) {
    return (open->objects >> (open->depth - 1) & 1) != 0;
}

static bool skip_key(vt_json_cursor *cursor, bool *is_unicode) {
    vt_json_skip_space(cursor);
    return cursor->ptr < cursor->end && *cursor->ptr == '"' && skip_string(cursor, is_unicode) &&
           vt_json_accept(cursor, ':');
}

/* Enters the array or object at the cursor, up to its first value; *is_empty: it has none, and is left already. */
static bool enter(vt_json_cursor *cursor, nesting *open, bool *is_empty, bool *is_unicode) {
    bool is_object = *cursor->ptr++ == '{';
    *is_empty = vt_json_accept(cursor, is_object ? '}' : ']');
    if (*is_empty) {
        return true;
    }
    uint64_t bit = UINT64_C(1) << open->depth;
    open->objects = is_object ? open->objects | bit : open->objects & ~bit;
    open->depth++;
    return !is_object || skip_key(cursor, is_unicode);
}

/* Behind a value: leaves what ends here, and goes on to the next value if there is one. */
static bool leave(vt_json_cursor *cursor, nesting *open, bool *is_unicode) {
    while (open->depth > 0) {
        if (vt_json_accept(cursor, ',')) {
            return !is_in_object(open) || skip_key(cursor, is_unicode);
        }
        if (!vt_json_accept(cursor, is_in_object(open) ? '}' : ']')) {
            return false;
        }
        open->depth--;
    }
    return true;
}

bool vt_json_skip_value(vt_json_cursor *cursor, unsigned depth_max, bool *is_unicode) {
    VT_ASSERT(depth_max >= 1 && depth_max <= VT_JSON_SKIP_DEPTH_MAX);
    nesting open = {0};
    do {
        vt_json_skip_space(cursor);
        if (cursor->ptr == cursor->end) {
            return false;
        }
        bool is_whole = true;
        if (*cursor->ptr == '[' || *cursor->ptr == '{') {
            if (open.depth == depth_max || !enter(cursor, &open, &is_whole, is_unicode)) {
                return false;
            }
        } else if (!skip_scalar(cursor, is_unicode)) {
            return false;
        }
        if (is_whole && !leave(cursor, &open, is_unicode)) {
            return false;
        }
    } while (open.depth > 0);
    return true;
}

static bool is_high_surrogate(uint32_t code_point) {
    return code_point >= 0xd800 && code_point <= 0xdbff;
}

static bool is_low_surrogate(uint32_t code_point) {
    return code_point >= 0xdc00 && code_point <= 0xdfff;
}

/* Reads the well-formed escape at *ptr, a whole surrogate pair if there is one, and moves behind it. */
static uint32_t read_escape(const char **ptr, const char *end) {
    const char *at = *ptr;
    if (at[1] != 'u') {
        *ptr = at + 2;
        return (uint8_t) short_escape(at[1]);
    }
    uint32_t first = (uint32_t) read_hex(at + 2);
    at += 2 + VT_JSON_ESCAPE_HEX_LEN;
    *ptr = at;
    if (!is_high_surrogate(first) || end - at < 2 || at[0] != '\\' || at[1] != 'u') {
        return first;
    }
    uint32_t second = (uint32_t) read_hex(at + 2);
    if (!is_low_surrogate(second)) {
        return first;
    }
    *ptr = at + 2 + VT_JSON_ESCAPE_HEX_LEN;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

bool vt_json_string_is_unicode(const vt_json_string *string) {
    if (!vt_text_is_utf8(string->raw)) {
        return false;
    }
    const char *end = string->raw.ptr + string->raw.len;
    for (const char *ptr = string->raw.ptr; string->has_escapes && ptr < end;) {
        if (*ptr != '\\') {
            ptr++;
            continue;
        }
        uint32_t code_point = read_escape(&ptr, end);
        if (is_high_surrogate(code_point) || is_low_surrogate(code_point)) {
            return false;
        }
    }
    return true;
}

/* RFC 3629 §3, surrogates included. Returns the number of bytes. */
static size_t encode_utf8(uint32_t code_point, char out[4]) {
    if (code_point < 0x80) {
        out[0] = (char) code_point;
        return 1;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char) (0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    static const uint8_t leads[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char) (leads[len] | code_point);
    return len;
}

bool vt_json_decode(const vt_json_string *string, bool trims, char *out, size_t max, size_t *len) {
    const char *end = string->raw.ptr + string->raw.len;
    size_t used = 0;
    bool is_cut = false;
    for (const char *ptr = string->raw.ptr; ptr < end;) {
        char bytes[4];
        size_t count = 1;
        if (*ptr == '\\') {
            count = encode_utf8(read_escape(&ptr, end), bytes);
        } else {
            bytes[0] = *ptr++;
        }
        bool is_trimmable = trims && vt_text_is_space(bytes[0]);
        if (is_trimmable && used == 0) {
            continue;
        }
        is_cut = is_cut || count > max - used;
        if (is_cut && !is_trimmable) {
            return false;
        }
        if (!is_cut) {
            memcpy(out + used, bytes, count);
            used += count;
        }
    }
    *len = used;
    return true;
}
