#include "vote/vote_json.h"

#include "base/assert.h"
#include "vote/json_scan.h"
#include "vote/text.h"

enum { VT_VOTE_KEY_NAME_BYTES_MAX = 10 }; /* voter_code */

/* What was found while the text was read: bit i of a set is about field i. Nothing but a syntax error ends the reading,
 * so that what is refused does not depend on the order of the keys. */
typedef struct findings {
    unsigned seen;
    unsigned duplicate;
    unsigned wrong_type;
    bool is_unicode; /* keys and values that are no field */
} findings;

static inline bool has(unsigned fields, vt_field field) {
    return (fields >> field & 1) != 0;
}

/* The only field whose name begins like this and has this length. */
static vt_field field_like(vt_slice key) {
    switch (vt_ascii_lower(key.ptr[0])) {
    case 'n':
        return VT_FIELD_NAME;
    case 'a':
        return VT_FIELD_ALBUM;
    case 'y':
        return VT_FIELD_YEAR;
    case 'r':
        return VT_FIELD_RANK;
    case 'v':
        return key.len == VT_VOTE_KEY_NAME_BYTES_MAX ? VT_FIELD_VOTER_CODE : VT_FIELD_VOTE_ID;
    default:
        return VT_FIELD_NONE;
    }
}

static vt_field field_of(const vt_json_string *key) {
    char decoded[VT_VOTE_KEY_NAME_BYTES_MAX];
    vt_slice text = key->raw;
    if (key->has_escapes) {
        if (!vt_json_decode(key, false, decoded, sizeof decoded, &text.len)) {
            return VT_FIELD_NONE;
        }
        text.ptr = decoded;
    }
    if (text.len == 0) {
        return VT_FIELD_NONE;
    }
    vt_field field = field_like(text);
    return vt_slice_eq_nocase(text, vt_field_name(field)) ? field : VT_FIELD_NONE;
}

static size_t bytes_max(vt_field field) {
    switch (field) {
    case VT_FIELD_VOTE_ID:
        return VT_VOTE_KEY_BYTES_MAX;
    case VT_FIELD_VOTER_CODE:
        return VT_VOTER_CODE_BYTES_MAX;
    default:
        return VT_FIELD_BYTES_MAX;
    }
}

/* The value of a string. One that decodes to too much stays as it is written: that is at least as long, so the check
 * refuses it. */
static vt_slice value_of(const vt_json_string *string, vt_field field, vt_vote_scratch *scratch) {
    if (!string->has_escapes) {
        return string->raw;
    }
    size_t max = bytes_max(field);
    VT_ASSERT(max <= sizeof scratch->bytes - scratch->used);
    vt_slice value = {scratch->bytes + scratch->used, 0};
    if (!vt_json_decode(string, field <= VT_FIELD_RANK, scratch->bytes + scratch->used, max, &value.len)) {
        return string->raw;
    }
    scratch->used += value.len;
    return value;
}

static bool read_field(vt_json_cursor *cursor, vt_field field, vt_vote *vote, vt_vote_scratch *scratch,
                       findings *found) {
    unsigned bit = 1U << field;
    bool is_first = !has(found->seen, field);
    found->duplicate |= is_first ? 0 : bit;
    found->seen |= bit;
    vt_json_skip_space(cursor);
    if (cursor->ptr == cursor->end || *cursor->ptr != '"') {
        found->wrong_type |= bit;
        return vt_json_skip_value(cursor, VT_JSON_DEPTH_MAX - 1, &found->is_unicode);
    }
    vt_json_string string;
    if (!vt_json_read_string(cursor, &string)) {
        return false;
    }
    /* The scratch has room for each field once. */
    if (is_first) {
        vote->text[field] = value_of(&string, field, scratch);
    }
    return true;
}

static bool read_member(vt_json_cursor *cursor, vt_vote *vote, vt_vote_scratch *scratch, findings *found) {
    vt_json_skip_space(cursor);
    vt_json_string key;
    if (cursor->ptr == cursor->end || *cursor->ptr != '"' || !vt_json_read_string(cursor, &key) ||
        !vt_json_accept(cursor, ':')) {
        return false;
    }
    vt_field field = field_of(&key);
    if (field != VT_FIELD_NONE) {
        return read_field(cursor, field, vote, scratch, found);
    }
    found->is_unicode = found->is_unicode && vt_json_string_is_unicode(&key);
    return vt_json_skip_value(cursor, VT_JSON_DEPTH_MAX - 1, &found->is_unicode);
}

static bool read_object(vt_slice text, vt_vote *vote, vt_vote_scratch *scratch, findings *found) {
    vt_json_cursor cursor = {text.ptr, vt_slice_end(text)};
    if (!vt_json_accept(&cursor, '{')) {
        return false;
    }
    if (!vt_json_accept(&cursor, '}')) {
        do {
            if (!read_member(&cursor, vote, scratch, found)) {
                return false;
            }
        } while (vt_json_accept(&cursor, ','));
        if (!vt_json_accept(&cursor, '}')) {
            return false;
        }
    }
    vt_json_skip_space(&cursor);
    return cursor.ptr == cursor.end;
}

static vt_err judge(const findings *found, vt_field *field) {
    *field = VT_FIELD_NONE;
    if (!found->is_unicode) {
        return VT_ERR_INVALID_UTF8;
    }
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        *field = (vt_field) i;
        if (has(found->duplicate, *field)) {
            return VT_ERR_DUPLICATE_FIELD;
        }
        if (has(found->wrong_type, *field)) {
            return VT_ERR_WRONG_TYPE;
        }
        if (i <= VT_FIELD_RANK && !has(found->seen, *field)) {
            return VT_ERR_MISSING_FIELD;
        }
    }
    *field = VT_FIELD_NONE;
    return VT_OK;
}

vt_err vt_vote_read_json(vt_slice text, vt_vote *vote, vt_vote_scratch *scratch, vt_field *field) {
    findings found = {.is_unicode = true};
    *vote = (vt_vote){0};
    scratch->used = 0;
    if (!read_object(text, vote, scratch, &found)) {
        *field = VT_FIELD_NONE;
        return VT_ERR_MALFORMED_JSON;
    }
    vt_err err = judge(&found, field);
    return err != VT_OK ? err : vt_vote_check(vote, field);
}

bool vt_json_is_array(vt_slice text) {
    vt_json_cursor cursor = {text.ptr, vt_slice_end(text)};
    return vt_json_accept(&cursor, '[');
}

vt_err vt_json_array_open(vt_slice text, vt_json_array *array, size_t *count) {
    vt_json_cursor cursor = {text.ptr, vt_slice_end(text)};
    if (!vt_json_accept(&cursor, '[')) {
        return VT_ERR_MALFORMED_JSON;
    }
    const char *first = cursor.ptr;
    size_t items = 0;
    bool is_unicode = true; /* not asked here: each item's reader answers it for the item */
    if (!vt_json_accept(&cursor, ']')) {
        do {
            if (!vt_json_skip_value(&cursor, VT_JSON_DEPTH_MAX, &is_unicode)) {
                return VT_ERR_MALFORMED_JSON;
            }
            items++;
        } while (vt_json_accept(&cursor, ','));
        if (!vt_json_accept(&cursor, ']')) {
            return VT_ERR_MALFORMED_JSON;
        }
    }
    vt_json_skip_space(&cursor);
    if (cursor.ptr != cursor.end) {
        return VT_ERR_MALFORMED_JSON;
    }
    if (items == 0) {
        return VT_ERR_EMPTY_BATCH;
    }
    if (items > VT_BATCH_VOTES_MAX) {
        return VT_ERR_BATCH_TOO_LARGE;
    }
    array->rest = vt_slice_of(first, (size_t) (cursor.end - first));
    *count = items;
    return VT_OK;
}

bool vt_json_array_next(vt_json_array *array, vt_slice *item) {
    vt_json_cursor cursor = {array->rest.ptr, vt_slice_end(array->rest)};
    vt_json_skip_space(&cursor);
    const char *start = cursor.ptr;
    bool is_unicode = true;
    if (!vt_json_skip_value(&cursor, VT_JSON_DEPTH_MAX, &is_unicode)) {
        return false;
    }
    *item = vt_slice_of(start, (size_t) (cursor.ptr - start));
    vt_json_accept(&cursor, ',');
    array->rest = vt_slice_of(cursor.ptr, (size_t) (cursor.end - cursor.ptr));
    return true;
}
