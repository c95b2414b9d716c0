#include "web/query.h"

/* The value of a hexadecimal digit, or -1. */
static int query_hex(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = vt_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static vt_err query_decode(vt_slice value, char room[VT_QUERY_VALUE_BYTES_MAX], vt_slice *out) {
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (len == VT_QUERY_VALUE_BYTES_MAX) {
            return VT_ERR_TOO_LONG;
        }
        char c = value.ptr[i] == '+' ? ' ' : value.ptr[i];
        if (c == '%') {
            bool has_digits = value.len - i > 2;
            int high = has_digits ? query_hex(value.ptr[i + 1]) : -1;
            int low = has_digits ? query_hex(value.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return VT_ERR_MALFORMED_REQUEST;
            }
            c = (char) (high * 16 + low);
            i += 2;
        }
        room[len++] = c;
    }
    *out = vt_slice_of(room, len);
    return VT_OK;
}

/* Cuts the next pair off the front of `query`. */
static vt_slice query_next(vt_slice *query) {
    const char *end = memchr(query->ptr, '&', query->len);
    size_t len = end == NULL ? query->len : (size_t) (end - query->ptr);
    vt_slice pair = vt_slice_of(query->ptr, len);
    size_t used = end == NULL ? len : len + 1;
    *query = vt_slice_of(query->ptr + used, query->len - used);
    return pair;
}

vt_err vt_query_find(vt_slice query, vt_slice name, char room[VT_QUERY_VALUE_BYTES_MAX], vt_slice *out) {
    vt_slice found = {NULL, 0};
    while (query.len > 0) {
        vt_slice pair = query_next(&query);
        const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
        size_t name_len = equals == NULL ? pair.len : (size_t) (equals - pair.ptr);
        if (equals != NULL && vt_slice_eq(vt_slice_of(pair.ptr, name_len), name)) {
            found = vt_slice_of(equals + 1, pair.len - name_len - 1);
        }
    }
    if (found.ptr == NULL) {
        *out = found;
        return VT_OK;
    }
    return query_decode(found, room, out);
}
