#include "contest/reader.h"

#include "base/assert.h"
#include "contest/rfc3339.h"
#include "vote/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { SUGGESTION_DISTANCE_MAX = 3 };

vt_err vt_document_reader_refuse(vt_document_reader *reader, const vt_node *node, const char *format, ...) {
    char what[VT_REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    vt_problem_set(reader->problem, node->line, node->column, "%s%s%s", reader->path, reader->path_len > 0 ? ": " : "",
                   what);
    return VT_ERR_BAD_CONTEST;
}

/* Goes down to a member or an item; returns what vt_document_reader_leave needs to come back. */
static size_t enter(vt_document_reader *reader, const char *separator, const char *name) {
    size_t before = reader->path_len;
    int written = snprintf(reader->path + before, sizeof reader->path - before, "%s%s", separator, name);
    VT_ASSERT(written > 0 && before + (size_t) written < sizeof reader->path);
    reader->path_len += (size_t) written;
    return before;
}

static void leave(vt_document_reader *reader, size_t before) {
    reader->path_len = before;
    reader->path[before] = '\0';
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many characters must be added, removed or exchanged to get from one to the other (Levenshtein). */
static size_t distance(vt_slice from, vt_slice to) {
    size_t row[VT_DOCUMENT_READER_KEY_BYTES_MAX + 1];
    VT_ASSERT(to.len <= VT_DOCUMENT_READER_KEY_BYTES_MAX);
    for (size_t j = 0; j <= to.len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < from.len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < to.len; j++) {
            bool same = vt_ascii_lower(from.ptr[i]) == vt_ascii_lower(to.ptr[j]);
            size_t here = least(least(row[j], row[j + 1]) + 1, diagonal + !same);
            diagonal = row[j + 1];
            row[j + 1] = here;
        }
    }
    return row[to.len];
}

static const char *nearest_key(vt_slice name, const vt_key *keys, size_t keys_count) {
    const char *nearest = NULL;
    size_t nearest_distance = least(SUGGESTION_DISTANCE_MAX + 1, name.len);
    for (size_t i = 0; i < keys_count && name.len <= VT_DOCUMENT_READER_KEY_BYTES_MAX; i++) {
        size_t d = distance(name, vt_slice_str(keys[i].name));
        if (d < nearest_distance) {
            nearest = keys[i].name;
            nearest_distance = d;
        }
    }
    return nearest;
}

static vt_err refuse_key(vt_document_reader *reader, const vt_node *node, vt_slice name, const vt_key *keys,
                         size_t keys_count) {
    char quoted[VT_REASON_QUOTE_BYTES_MAX + 1];
    vt_problem_quote(name, quoted);
    const char *nearest = nearest_key(name, keys, keys_count);
    if (nearest != NULL) {
        return vt_document_reader_refuse(reader, node, "unknown key \"%s\"; did you mean \"%s\"?", quoted, nearest);
    }
    return vt_document_reader_refuse(reader, node, "unknown key \"%s\"", quoted);
}

static vt_err read_member(vt_document_reader *reader, const vt_node *name, const vt_key *keys, size_t keys_count,
                          uint32_t *seen) {
    if (name->kind != VT_NODE_TEXT) {
        return vt_document_reader_refuse(reader, name, "a key must be a text");
    }
    vt_slice text = vt_document_text(reader->document, name);
    size_t i = 0;
    while (i < keys_count && !vt_slice_eq(text, vt_slice_str(keys[i].name))) {
        i++;
    }
    if (i == keys_count) {
        return refuse_key(reader, name, text, keys, keys_count);
    }
    size_t before = enter(reader, reader->path_len > 0 ? "." : "", keys[i].name);
    vt_err err = (*seen & (UINT32_C(1) << i)) != 0 ? vt_document_reader_refuse(reader, name, "is given twice")
                                                   : keys[i].read(reader, vt_document_next(reader->document, name));
    *seen |= UINT32_C(1) << i;
    leave(reader, before);
    return err;
}

vt_err vt_document_reader_map(vt_document_reader *reader, const vt_node *node, const vt_key *keys, size_t keys_count) {
    VT_ASSERT(keys_count <= VT_DOCUMENT_READER_KEYS_MAX);
    if (node->kind != VT_NODE_MAP) {
        return vt_document_reader_refuse(reader, node, "must have keys and values (key: value)");
    }
    uint32_t seen = 0;
    const vt_node *name = vt_document_first(reader->document, node);
    while (name != NULL) {
        vt_err err = read_member(reader, name, keys, keys_count, &seen);
        if (err != VT_OK) {
            return err;
        }
        name = vt_document_next(reader->document, vt_document_next(reader->document, name));
    }
    for (size_t i = 0; i < keys_count; i++) {
        if (keys[i].required && (seen & (UINT32_C(1) << i)) == 0) {
            return vt_document_reader_refuse(reader, node, "the key \"%s\" is missing", keys[i].name);
        }
    }
    return VT_OK;
}

vt_err vt_document_reader_list(vt_document_reader *reader, const vt_node *node, uint32_t items_max,
                               vt_read_value *read) {
    if (node->kind != VT_NODE_LIST) {
        return vt_document_reader_refuse(reader, node, "must be a list");
    }
    if (node->children_count > items_max) {
        return vt_document_reader_refuse(reader, node, "has %u items; at most %u are allowed", node->children_count,
                                         items_max);
    }
    vt_err err = VT_OK;
    uint32_t i = 0;
    const vt_node *item = vt_document_first(reader->document, node);
    for (; err == VT_OK && item != NULL; item = vt_document_next(reader->document, item)) {
        char index[16];
        snprintf(index, sizeof index, "[%u]", i++);
        size_t before = enter(reader, "", index);
        err = read(reader, item);
        leave(reader, before);
    }
    return err;
}

vt_err vt_document_reader_text(vt_document_reader *reader, const vt_node *node, size_t bytes_max, vt_slice *out) {
    if (node->kind != VT_NODE_TEXT) {
        return vt_document_reader_refuse(reader, node, "must be a text");
    }
    vt_slice text = vt_text_trim(vt_document_text(reader->document, node));
    if (text.len == 0) {
        return vt_document_reader_refuse(reader, node, "must not be empty");
    }
    vt_err err = vt_text_check(text);
    if (err != VT_OK) {
        return vt_document_reader_refuse(reader, node, "%s", vt_err_text(err));
    }
    if (text.len > bytes_max) {
        return vt_document_reader_refuse(reader, node, "has %zu bytes; at most %zu are allowed", text.len, bytes_max);
    }
    *out = text;
    return VT_OK;
}

vt_err vt_document_reader_word(vt_document_reader *reader, const vt_node *node, const char *const *words,
                               size_t words_count, size_t *out) {
    char list[VT_REASON_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < words_count; i++) {
        if (node->kind == VT_NODE_TEXT &&
            vt_slice_eq(vt_document_text(reader->document, node), vt_slice_str(words[i]))) {
            *out = i;
            return VT_OK;
        }
        len += (size_t) snprintf(list + len, sizeof list - len, "%s%s",
                                 i == 0                ? ""
                                 : i + 1 < words_count ? ", "
                                                       : " or ",
                                 words[i]);
        VT_ASSERT(len < sizeof list);
    }
    return vt_document_reader_refuse(reader, node, "must be %s", list);
}

static bool parse_number(vt_slice text, uint32_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t) (text.ptr[i] - '0');
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *out = (uint32_t) value;
    return text.len > 0;
}

vt_err vt_document_reader_number(vt_document_reader *reader, const vt_node *node, uint32_t min, uint32_t max,
                                 uint32_t *out) {
    uint32_t value;
    if (node->kind != VT_NODE_TEXT || !parse_number(vt_document_text(reader->document, node), &value) || value < min ||
        value > max) {
        return vt_document_reader_refuse(reader, node, "must be a whole number from %u to %u", min, max);
    }
    *out = value;
    return VT_OK;
}

vt_err vt_document_reader_time(vt_document_reader *reader, const vt_node *node, int64_t *out_ms) {
    if (node->kind != VT_NODE_TEXT || !vt_rfc3339_parse(vt_document_text(reader->document, node), out_ms)) {
        return vt_document_reader_refuse(reader, node,
                                         "must be a time with its offset, like 2026-12-01T18:00:00-06:00");
    }
    return VT_OK;
}
