#include "web/lang.h"

#include "web/query.h"

#include <stdint.h>

enum { LANG_WEIGHT_MAX = 1000 }; /* "q=1", in thousandths */

const char *vt_lang_code(vt_lang lang) {
    return lang == VT_LANG_EN ? "en" : "es";
}

static vt_slice lang_trim(vt_slice text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = vt_slice_of(text.ptr + 1, text.len - 1);
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

/* Cuts what stands before `mark` off the front of `rest`. */
static vt_slice lang_cut(vt_slice *rest, char mark) {
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, mark, rest->len);
    size_t len = end == NULL ? rest->len : (size_t) (end - rest->ptr);
    vt_slice part = vt_slice_of(rest->ptr, len);
    size_t used = end == NULL ? len : len + 1;
    *rest = vt_slice_of(rest->ptr + used, rest->len - used);
    return lang_trim(part);
}

/* "q=0.8" → 800; 1000 when there is no weight; 0 when it cannot be read. */
static int lang_weight(vt_slice parameter) {
    if (parameter.len == 0) {
        return LANG_WEIGHT_MAX;
    }
    if (parameter.len < 3 || vt_ascii_lower(parameter.ptr[0]) != 'q' || parameter.ptr[1] != '=') {
        return 0;
    }
    if (parameter.ptr[2] != '0') {
        return parameter.ptr[2] == '1' ? LANG_WEIGHT_MAX : 0;
    }
    int weight = 0;
    int unit = 100;
    for (size_t i = 4; i < parameter.len && unit > 0; i++, unit /= 10) {
        char digit = parameter.ptr[i];
        weight += digit >= '0' && digit <= '9' ? (digit - '0') * unit : 0;
    }
    return weight;
}

/* "es" and "es-GT" are Spanish. */
static bool lang_is(vt_slice range, const char *code) {
    vt_slice primary = range.len >= 2 ? vt_slice_of(range.ptr, 2) : range;
    return vt_slice_eq_nocase(primary, vt_slice_str(code)) && (range.len == 2 || range.ptr[2] == '-');
}

static vt_lang lang_negotiate(vt_slice accepted) {
    int weights[VT_LANG_COUNT] = {0, 0};
    while (accepted.len > 0) {
        vt_slice member = lang_cut(&accepted, ',');
        vt_slice range = lang_cut(&member, ';');
        int weight = lang_weight(lang_trim(member));
        for (int i = 0; i < VT_LANG_COUNT; i++) {
            if (lang_is(range, vt_lang_code((vt_lang) i)) && weight > weights[i]) {
                weights[i] = weight;
            }
        }
    }
    return weights[VT_LANG_EN] > weights[VT_LANG_ES] ? VT_LANG_EN : VT_LANG_ES;
}

vt_lang vt_lang_choose(const vt_request *request) {
    char room[VT_QUERY_VALUE_BYTES_MAX];
    vt_slice asked = {NULL, 0};
    /* A value that cannot be read is no language, as any other unknown value. */
    if (vt_query_find(request->query, VT_SLICE("lang"), room, &asked) == VT_OK) {
        for (int i = 0; i < VT_LANG_COUNT; i++) {
            if (vt_slice_eq(asked, vt_slice_str(vt_lang_code((vt_lang) i)))) {
                return (vt_lang) i;
            }
        }
    }
    return lang_negotiate(vt_request_header(request, VT_SLICE("accept-language")));
}
