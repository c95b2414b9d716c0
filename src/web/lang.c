#include "web/lang.h"

#include "net/weighted.h"
#include "web/query.h"

const char *vt_lang_code(vt_lang lang) {
    return lang == VT_LANG_EN ? "en" : "es";
}

/* "es" and "es-GT" are Spanish. */
static bool lang_is(vt_slice range, const char *code) {
    vt_slice primary = range.len >= 2 ? vt_slice_of(range.ptr, 2) : range;
    return vt_slice_eq_nocase(primary, vt_slice_str(code)) && (range.len == 2 || range.ptr[2] == '-');
}

static vt_lang lang_negotiate(vt_slice accepted) {
    int weights[VT_LANG_COUNT] = {0, 0};
    vt_weighted range;
    while (vt_weighted_next(&accepted, &range)) {
        for (int i = 0; i < VT_LANG_COUNT; i++) {
            if (lang_is(range.value, vt_lang_code((vt_lang) i)) && range.weight > weights[i]) {
                weights[i] = range.weight;
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
