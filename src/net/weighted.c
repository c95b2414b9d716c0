#include "net/weighted.h"

static vt_slice trim(vt_slice text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = vt_slice_of(text.ptr + 1, text.len - 1);
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

/* Cuts what stands before `mark` off the front of `rest`. */
static vt_slice cut(vt_slice *rest, char mark) {
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, mark, rest->len);
    size_t len = end == NULL ? rest->len : (size_t) (end - rest->ptr);
    vt_slice part = vt_slice_of(rest->ptr, len);
    size_t used = end == NULL ? len : len + 1;
    *rest = vt_slice_of(rest->ptr + used, rest->len - used);
    return trim(part);
}

static int weight_of(vt_slice parameter) {
    if (parameter.len == 0) {
        return VT_WEIGHT_MAX;
    }
    if (parameter.len < 3 || vt_ascii_lower(parameter.ptr[0]) != 'q' || parameter.ptr[1] != '=') {
        return 0;
    }
    if (parameter.ptr[2] != '0') {
        return parameter.ptr[2] == '1' ? VT_WEIGHT_MAX : 0;
    }
    int weight = 0;
    int unit = 100;
    for (size_t i = 4; i < parameter.len && unit > 0; i++, unit /= 10) {
        char digit = parameter.ptr[i];
        weight += digit >= '0' && digit <= '9' ? (digit - '0') * unit : 0;
    }
    return weight;
}

bool vt_weighted_next(vt_slice *list, vt_weighted *out) {
    if (list->len == 0) {
        return false;
    }
    vt_slice member = cut(list, ',');
    out->value = cut(&member, ';');
    out->weight = weight_of(trim(member));
    return true;
}

bool vt_weighted_wants_page(vt_slice accept) {
    int page = 0;
    int json = 0;
    vt_weighted range;
    while (vt_weighted_next(&accept, &range)) {
        if (vt_slice_eq_nocase(range.value, VT_SLICE("text/html"))) {
            page = range.weight > page ? range.weight : page;
        } else if (vt_slice_eq_nocase(range.value, VT_SLICE("application/json"))) {
            json = range.weight > json ? range.weight : json;
        }
    }
    return page > 0 && page >= json;
}
