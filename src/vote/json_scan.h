/* Walks over JSON (RFC 8259) without recursion, allocation or a tree: what the readers of votes stand on.
 *
 * Every function that returns bool returns false on a syntax error; the cursor then stands anywhere.
 */
#ifndef VT_VOTE_JSON_SCAN_H
#define VT_VOTE_JSON_SCAN_H

#include "vote/text.h"

/* What has not been read yet: never beyond `end`. */
typedef struct vt_json_cursor {
    const char *ptr;
    const char *end;
} vt_json_cursor;

/* A string as it stands between its quotes: the escapes are well-formed, the bytes not yet known to be UTF-8. */
typedef struct vt_json_string {
    vt_slice raw; /* borrows from the text */
    bool has_escapes;
} vt_json_string;

static inline void vt_json_skip_space(vt_json_cursor *cursor) {
    while (cursor->ptr < cursor->end && vt_text_is_space(*cursor->ptr)) {
        cursor->ptr++;
    }
}

/* Skips white space, then `c`; false, and the cursor at the next byte, when something else stands there. */
static inline bool vt_json_accept(vt_json_cursor *cursor, char c) {
    vt_json_skip_space(cursor);
    if (cursor->ptr == cursor->end || *cursor->ptr != c) {
        return false;
    }
    cursor->ptr++;
    return true;
}

/* Reads a string; the cursor stands at its opening quote. */
bool vt_json_read_string(vt_json_cursor *cursor, vt_json_string *out);

/* Skips one value of any kind and the white space before it, at most `depth_max` (1..VT_JSON_SKIP_DEPTH_MAX) arrays and
 * objects deep. Clears *is_unicode when a string inside (a key, too) is not Unicode (vt_json_string_is_unicode). */
enum { VT_JSON_SKIP_DEPTH_MAX = 64 };
bool vt_json_skip_value(vt_json_cursor *cursor, unsigned depth_max, bool *is_unicode);

/* Whether a string is valid UTF-8 and every `\u` surrogate in it has its other half. */
bool vt_json_string_is_unicode(const vt_json_string *string);

/* Decodes the escapes of a string into at most `max` bytes at `out`. A lone surrogate becomes its three-byte form,
 * which vt_text_is_utf8 refuses. With `trims`, white space at the start is left out, and so is that at the end which
 * does not fit: what vt_text_trim leaves of the value has at most `max` bytes. False when the value does not fit; *len
 * is unchanged then. */
bool vt_json_decode(const vt_json_string *string, bool trims, char *out, size_t max, size_t *len);

#endif
