#include "tally/view_list.h"

#include "vote/text.h"

#include <stdarg.h>
#include <stdio.h>

static const vt_slice placeholders[VT_VIEW_PART_KINDS] = {
    [VT_VIEW_NAME] = {"name", 4}, [VT_VIEW_ALBUM] = {"album", 5}, [VT_VIEW_YEAR] = {"year", 4}};

__attribute__((format(printf, 2, 3))) static vt_err refuse(char reason[VT_REDIS_REASON_MAX], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void) vsnprintf(reason, VT_REDIS_REASON_MAX, format, arguments);
    va_end(arguments);
    return VT_ERR_BAD_CONFIG;
}

/* How much of a text a reason quotes. */
static int quoted_len(vt_slice text) {
    enum { QUOTED_MAX = 80 };
    return (int) (text.len < QUOTED_MAX ? text.len : QUOTED_MAX);
}

/* Takes what stands before the first `separator` off *rest, without white space around it. */
static vt_slice take_until(vt_slice *rest, bool (*is_separator)(char c)) {
    size_t len = 0;
    while (len < rest->len && !is_separator(rest->ptr[len])) {
        len++;
    }
    vt_slice taken = vt_slice_of(rest->ptr, len);
    size_t skipped = len < rest->len ? len + 1 : len;
    *rest = vt_slice_of(rest->ptr + skipped, rest->len - skipped);
    return vt_text_trim(taken);
}

static bool is_semicolon(char c) {
    return c == ';';
}

/* ---- templates ---- */

static vt_view_part_kind placeholder_kind(vt_slice text) {
    for (int i = VT_VIEW_NAME; i < VT_VIEW_PART_KINDS; i++) {
        if (vt_slice_eq(text, placeholders[i])) {
            return (vt_view_part_kind) i;
        }
    }
    return VT_VIEW_TEXT;
}

static bool has_part(const vt_view_template *view, vt_view_part_kind kind) {
    for (uint32_t i = 0; i < view->parts_count; i++) {
        if (view->parts[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* Reads "{name}" off the front of *rest. */
static vt_err read_placeholder(vt_slice *rest, vt_view_template *view, char reason[VT_REDIS_REASON_MAX]) {
    const char *end = memchr(rest->ptr, '}', rest->len);
    if (end == NULL) {
        return refuse(reason, "view %.*s: a { without its }", quoted_len(view->key), view->key.ptr);
    }
    vt_slice inner = vt_slice_of(rest->ptr + 1, (size_t) (end - rest->ptr) - 1);
    vt_view_part_kind kind = placeholder_kind(inner);
    if (kind == VT_VIEW_TEXT) {
        return refuse(reason, "view %.*s: {%.*s} is none of {name}, {album}, {year}", quoted_len(view->key),
                      view->key.ptr, quoted_len(inner), inner.ptr);
    }
    if (has_part(view, kind)) {
        return refuse(reason, "view %.*s: {%.*s} stands twice", quoted_len(view->key), view->key.ptr, quoted_len(inner),
                      inner.ptr);
    }
    view->parts[view->parts_count++] = (vt_view_part){.kind = kind};
    *rest = vt_slice_of(end + 1, rest->len - inner.len - 2);
    return VT_OK;
}

static vt_err read_text(vt_slice *rest, vt_view_template *view, char reason[VT_REDIS_REASON_MAX]) {
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != '{' && rest->ptr[len] != '}') {
        len++;
    }
    if (len < rest->len && rest->ptr[len] == '}') {
        return refuse(reason, "view %.*s: a } without its {", quoted_len(view->key), view->key.ptr);
    }
    view->parts[view->parts_count++] = (vt_view_part){.kind = VT_VIEW_TEXT, .text = vt_slice_of(rest->ptr, len)};
    *rest = vt_slice_of(rest->ptr + len, rest->len - len);
    return VT_OK;
}

/* Texts and placeholders take turns and each placeholder stands once, so that the parts always fit. */
static vt_err read_template(vt_slice rest, vt_view_template *view, char reason[VT_REDIS_REASON_MAX]) {
    vt_err err = VT_OK;
    if (rest.len > VT_VIEW_TEMPLATE_BYTES_MAX) {
        return refuse(reason, "view %.*s: its template has more than %d bytes", quoted_len(view->key), view->key.ptr,
                      VT_VIEW_TEMPLATE_BYTES_MAX);
    }
    while (err == VT_OK && rest.len > 0) {
        err = rest.ptr[0] == '{' ? read_placeholder(&rest, view, reason) : read_text(&rest, view, reason);
    }
    if (err == VT_OK && !has_part(view, VT_VIEW_NAME) && !has_part(view, VT_VIEW_ALBUM) &&
        !has_part(view, VT_VIEW_YEAR)) {
        return refuse(reason, "view %.*s: a hash needs a template with {name}, {album} or {year}",
                      quoted_len(view->key), view->key.ptr);
    }
    return err;
}

/* ---- views ---- */

static vt_err check_key(const vt_view_list *list, const vt_view_template *view, char reason[VT_REDIS_REASON_MAX]) {
    if (view->key.len == 0 || view->key.len > VT_REDIS_TEXT_MAX) {
        return refuse(reason, "a view needs a key of 1 to %d bytes", VT_REDIS_TEXT_MAX);
    }
    if (view->key.ptr[0] == '{') {
        return refuse(reason, "view %.*s: keys that begin with { are those of tallies", quoted_len(view->key),
                      view->key.ptr);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (vt_slice_eq(list->views[i].key, view->key)) {
            return refuse(reason, "view %.*s: the key stands twice", quoted_len(view->key), view->key.ptr);
        }
    }
    return VT_OK;
}

static vt_err read_view(vt_slice text, vt_view_list *list, char reason[VT_REDIS_REASON_MAX]) {
    vt_view_template view = {0};
    vt_slice rest = text;
    vt_slice kind = take_until(&rest, vt_text_is_space);
    if (list->count == VT_VIEWS_MAX) {
        return refuse(reason, "more than %d views", VT_VIEWS_MAX);
    }
    rest = vt_text_trim(rest);
    view.key = take_until(&rest, vt_text_is_space);
    rest = vt_text_trim(rest);
    view.is_string = vt_slice_eq(kind, VT_SLICE("string"));
    if (!view.is_string && !vt_slice_eq(kind, VT_SLICE("hash"))) {
        return refuse(reason, "a view begins with hash or string, not with \"%.*s\"", quoted_len(kind), kind.ptr);
    }
    vt_err err = check_key(list, &view, reason);
    if (err == VT_OK && view.is_string && rest.len > 0) {
        err = refuse(reason, "view %.*s: a string has no template", quoted_len(view.key), view.key.ptr);
    }
    if (err == VT_OK && !view.is_string) {
        err = read_template(rest, &view, reason);
    }
    if (err == VT_OK) {
        list->views[list->count++] = view;
    }
    return err;
}

vt_err vt_view_list_read(vt_slice text, vt_view_list *out, char reason[VT_REDIS_REASON_MAX]) {
    vt_err err = VT_OK;
    if (text.len > sizeof out->text) {
        return refuse(reason, "the list of views has more than %zu bytes", sizeof out->text);
    }
    if (vt_text_check(text) != VT_OK) {
        return refuse(reason, "the list of views is not UTF-8 or has control characters");
    }
    if (text.len > 0) {
        memcpy(out->text, text.ptr, text.len);
    }
    out->count = 0;
    vt_slice rest = vt_slice_of(out->text, text.len);
    while (err == VT_OK && rest.len > 0) {
        vt_slice view = take_until(&rest, is_semicolon);
        if (view.len > 0) {
            err = read_view(view, out, reason);
        }
    }
    return err;
}

vt_err vt_view_field(const vt_view_template *view, const vt_fence_pair *pair, vt_buf *out) {
    if (pair->album.len == 0 && vt_slice_eq(pair->name, VT_SLICE(VT_FOLD_OTHER))) {
        return vt_buf_append_slice(out, pair->name);
    }
    vt_err err = vt_buf_reserve(out, VT_VIEW_FIELD_BYTES_MAX);
    for (uint32_t i = 0; err == VT_OK && i < view->parts_count; i++) {
        const vt_view_part *part = &view->parts[i];
        const vt_slice texts[VT_VIEW_PART_KINDS] = {[VT_VIEW_TEXT] = part->text,
                                                    [VT_VIEW_NAME] = pair->name,
                                                    [VT_VIEW_ALBUM] = pair->album,
                                                    [VT_VIEW_YEAR] = pair->year};
        err = vt_buf_append_slice(out, texts[part->kind]);
    }
    return err;
}
