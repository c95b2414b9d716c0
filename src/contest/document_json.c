#include "contest/document.h"

#include <jansson.h>
#include <stdio.h>

/* One list or map on the way down. */
typedef struct level {
    json_t *value;
    void *member; /* of a map: the next one */
    size_t item;  /* of a list: the next one */
} level;

static const vt_node nowhere = {0};

static vt_err refuse(vt_problem *problem, const char *what) {
    vt_problem_set(problem, 0, 0, "%s", what);
    return VT_ERR_BAD_CONTEST;
}

/* Adds a text or number, or opens a list or map. */
static vt_err add(vt_document *document, const json_t *value, vt_problem *problem) {
    char digits[24];
    switch (json_typeof(value)) {
    case JSON_STRING:
        return vt_document_add_text(document, &nowhere,
                                    vt_slice_of(json_string_value(value), json_string_length(value)));
    case JSON_INTEGER:
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return vt_document_add_text(document, &nowhere, vt_slice_str(digits));
    case JSON_OBJECT:
        return vt_document_open(document, &nowhere, VT_NODE_MAP);
    case JSON_ARRAY:
        return vt_document_open(document, &nowhere, VT_NODE_LIST);
    default:
        return refuse(problem, "only texts, whole numbers, lists and objects are allowed");
    }
}

/* The next value inside of `at`, or NULL at its end; a member's key is added first. */
static vt_err step(vt_document *document, level *at, json_t **child) {
    *child = NULL;
    if (json_is_array(at->value)) {
        *child = json_array_get(at->value, at->item++);
        return VT_OK;
    }
    if (at->member == NULL) {
        return VT_OK;
    }
    const char *key = json_object_iter_key(at->member);
    *child = json_object_iter_value(at->member);
    at->member = json_object_iter_next(at->value, at->member);
    return vt_document_add_text(document, &nowhere, vt_slice_str(key));
}

static vt_err walk(vt_document *document, json_t *root, vt_problem *problem) {
    level levels[VT_DOCUMENT_DEPTH_MAX];
    uint32_t depth = 0;
    json_t *value = root;
    vt_err err = VT_OK;
    do {
        if (value != NULL) {
            err = add(document, value, problem);
            if (err == VT_OK && document->depth > depth) {
                levels[depth++] = (level){.value = value, .member = json_object_iter(value)};
            }
        } else {
            vt_document_close(document);
            depth--;
        }
        if (err == VT_OK && depth > 0) {
            err = step(document, &levels[depth - 1], &value);
        }
    } while (err == VT_OK && depth > 0);
    return err;
}

vt_err vt_document_read_json(vt_document *document, vt_slice text, vt_problem *problem) {
    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return VT_ERR_NO_MEMORY;
        }
        vt_problem_set(problem, (uint32_t) error.line, (uint32_t) error.column, "not JSON: %s", error.text);
        return VT_ERR_BAD_CONTEST;
    }
    vt_err err = walk(document, root, problem);
    json_decref(root);
    return err == VT_ERR_FULL ? refuse(problem, "the text is nested too deeply or holds too much") : err;
}
