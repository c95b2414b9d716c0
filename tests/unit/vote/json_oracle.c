#include "json_oracle.h"

#include <jansson.h>
#include <string.h>

enum { ORACLE_LOAD_FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };

/* How deep arrays and objects are nested. The recursion ends: jansson parses at most 2,048 levels. */
static unsigned depth_of(const json_t *value) {
    unsigned deepest = 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            unsigned depth = depth_of(json_array_get(value, i));
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (!json_is_object(value)) {
        return 0;
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *) (uintptr_t) value, key, member) {
        unsigned depth = depth_of(member);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* Some value of the key in any case; *count: in how many cases it is there. */
static json_t *find_member(json_t *object, vt_slice name, unsigned *count) {
    json_t *found = NULL;
    const char *key;
    json_t *member;
    *count = 0;
    json_object_foreach(object, key, member) {
        if (vt_slice_eq_nocase(vt_slice_str(key), name)) {
            found = member;
            (*count)++;
        }
    }
    return found;
}

static bool has_duplicate_key(vt_slice text) {
    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, ORACLE_LOAD_FLAGS | JSON_REJECT_DUPLICATES, &error);
    json_decref(root);
    return root == NULL && json_error_code(&error) == json_error_duplicate_key;
}

static vt_slice trimmed(vt_slice text) {
    static const char spaces[] = " \t\r\n";
    while (text.len > 0 && memchr(spaces, text.ptr[0], 4) != NULL) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && memchr(spaces, text.ptr[text.len - 1], 4) != NULL) {
        text.len--;
    }
    return text;
}

static bool has_control(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char) text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* jansson has made sure that the text is UTF-8. */
static vt_err expected_of_text(vt_slice text, vt_field field) {
    if (field == VT_FIELD_VOTE_ID) {
        return text.len < 1 || text.len > VT_VOTE_KEY_BYTES_MAX || has_control(text) ? VT_ERR_BAD_ID : VT_OK;
    }
    if (field == VT_FIELD_NAME && text.len == 0) {
        return VT_ERR_EMPTY_NAME;
    }
    if (text.len > VT_FIELD_BYTES_MAX) {
        return VT_ERR_TOO_LONG;
    }
    return has_control(text) ? VT_ERR_CONTROL_CHARACTER : VT_OK;
}

static vt_slice text_of(const json_t *value, vt_field field) {
    vt_slice text = vt_slice_of(json_string_value(value), json_string_length(value));
    return field <= VT_FIELD_RANK ? trimmed(text) : text;
}

/* What is wrong with the kinds of the members, then what with their texts. */
static vt_err expected_of_object(json_t *root, vt_field *field) {
    json_t *members[VT_FIELD_COUNT] = {0};
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        unsigned count;
        *field = (vt_field) i;
        members[i] = find_member(root, vt_field_name(*field), &count);
        if (count > 1) {
            return VT_ERR_DUPLICATE_FIELD;
        }
        if (count == 1 && !json_is_string(members[i])) {
            return VT_ERR_WRONG_TYPE;
        }
        if (count == 0 && i <= VT_FIELD_RANK) {
            return VT_ERR_MISSING_FIELD;
        }
    }
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        *field = (vt_field) i;
        vt_err err = members[i] == NULL ? VT_OK : expected_of_text(text_of(members[i], *field), *field);
        if (err != VT_OK) {
            return err;
        }
    }
    *field = VT_FIELD_NONE;
    return VT_OK;
}

static vt_field first_other_text(json_t *root, const vt_vote *vote) {
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        unsigned count;
        json_t *member = find_member(root, vt_field_name((vt_field) i), &count);
        bool is_same = count == 0
                           ? vote->text[i].ptr == NULL
                           : vote->text[i].ptr != NULL && vt_slice_eq(vote->text[i], text_of(member, (vt_field) i));
        if (!is_same) {
            return (vt_field) i;
        }
    }
    return VT_FIELD_NONE;
}

static bool is_limit_of_jansson(const json_error_t *error) {
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           code == json_error_null_byte_in_key || code == json_error_out_of_memory;
}

static json_oracle_result compare_with(vt_slice text, json_t *root, const vt_vote *vote, json_oracle_result result) {
    vt_field got_field = result.field;
    if (!json_is_object(root) || depth_of(root) > VT_JSON_DEPTH_MAX) {
        result.expected = VT_ERR_MALFORMED_JSON;
        result.difference = result.got != VT_ERR_MALFORMED_JSON ? "taken beyond a limit" : NULL;
        return result;
    }
    result.expected = expected_of_object(root, &result.field);
    /* Of keys that are spelled alike jansson keeps the last, and tells only that there were some: neither that a field
     * occurs twice nor how deep the lost value was. */
    bool may_be_lost = result.got == VT_ERR_DUPLICATE_FIELD || result.got == VT_ERR_MALFORMED_JSON;
    if (may_be_lost && has_duplicate_key(text)) {
        return result;
    }
    if (result.got != result.expected) {
        result.difference = "another error";
    } else if (result.got != VT_OK) {
        result.difference = got_field != result.field ? "another field" : NULL;
    } else {
        result.field = first_other_text(root, vote);
        result.difference = result.field != VT_FIELD_NONE ? "another text" : NULL;
    }
    return result;
}

json_oracle_result json_oracle_compare(vt_slice text) {
    json_oracle_result result = {0};
    vt_vote vote;
    vt_vote_scratch scratch;
    result.got = vt_vote_read_json(text, &vote, &scratch, &result.field);
    result.expected = VT_ERR_MALFORMED_JSON;
    /* jansson overlooks a NUL behind a number; no JSON text has one. */
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL) {
        result.difference = result.got != VT_ERR_MALFORMED_JSON ? "a NUL was taken" : NULL;
        return result;
    }
    json_error_t error;
    json_t *root = json_loadb(text.len > 0 ? text.ptr : "", text.len, ORACLE_LOAD_FLAGS, &error);
    if (root != NULL) {
        result = compare_with(text, root, &vote, result);
        json_decref(root);
    } else if (!is_limit_of_jansson(&error)) {
        result.difference = result.got == VT_OK ? "taken, but jansson refuses it" : NULL;
    }
    return result;
}
