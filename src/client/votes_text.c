#include "client/votes_text.h"

static void skip_space(vt_votes_text *walk) {
    while (walk->at < walk->text.len) {
        char c = walk->text.ptr[walk->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return;
        }
        walk->at++;
    }
}

static bool at_end(const vt_votes_text *walk) {
    return walk->at == walk->text.len;
}

static bool take_char(vt_votes_text *walk, char wanted) {
    if (at_end(walk) || walk->text.ptr[walk->at] != wanted) {
        return false;
    }
    walk->at++;
    return true;
}

void vt_votes_text_init(vt_votes_text *walk, vt_slice text) {
    *walk = (vt_votes_text){.text = text};
    skip_space(walk);
    walk->array = take_char(walk, '[');
    walk->item_at = walk->at;
}

/* Goes behind the closing quote; false when there is none. */
static bool skip_string(vt_votes_text *walk) {
    walk->at++;
    while (walk->at < walk->text.len) {
        char c = walk->text.ptr[walk->at++];
        if (c == '"') {
            return true;
        }
        if (c == '\\' && walk->at < walk->text.len) {
            walk->at++;
        }
    }
    return false;
}

/* Goes behind the brace that closes the object which begins here; false when the text ends before. */
static bool skip_object(vt_votes_text *walk) {
    uint64_t depth = 0;
    while (walk->at < walk->text.len) {
        char c = walk->text.ptr[walk->at];
        if (c == '"') {
            if (!skip_string(walk)) {
                return false;
            }
            continue;
        }
        walk->at++;
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
            if (depth == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Goes to the next item of an array, over the comma, or over the bracket that ends it. */
static vt_err find_in_array(vt_votes_text *walk) {
    skip_space(walk);
    walk->item_at = walk->at;
    if (take_char(walk, ']')) {
        walk->done = true;
        skip_space(walk);
        return at_end(walk) ? VT_OK : VT_ERR_MALFORMED_JSON;
    }
    if (walk->items > 0 && !take_char(walk, ',')) {
        return VT_ERR_MALFORMED_JSON;
    }
    skip_space(walk);
    return VT_OK;
}

static vt_err find_item(vt_votes_text *walk) {
    if (walk->array) {
        return find_in_array(walk);
    }
    skip_space(walk);
    walk->done = at_end(walk);
    return VT_OK;
}

vt_err vt_votes_text_next(vt_votes_text *walk, vt_slice *item) {
    vt_err err = walk->done ? VT_OK : find_item(walk);
    if (err != VT_OK) {
        return err;
    }
    walk->item_at = walk->at;
    if (walk->done) {
        *item = (vt_slice){0};
        return VT_OK;
    }
    if (at_end(walk) || walk->text.ptr[walk->at] != '{' || !skip_object(walk)) {
        return VT_ERR_MALFORMED_JSON;
    }
    *item = vt_slice_of(walk->text.ptr + walk->item_at, walk->at - walk->item_at);
    walk->items++;
    return VT_OK;
}

uint64_t vt_votes_text_line(const vt_votes_text *walk) {
    uint64_t line = 1;
    for (size_t i = 0; i < walk->item_at && i < walk->text.len; i++) {
        line += walk->text.ptr[i] == '\n';
    }
    return line;
}
