/* Borrowed text: a pointer and a length, never terminated, never owned. */
#ifndef VT_BASE_SLICE_H
#define VT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Valid as long as the memory it points into; ptr may be NULL only when len is 0. */
typedef struct vt_slice {
    const char *ptr;
    size_t len;
} vt_slice;

/* A slice of a string literal, without its terminator. */
#define VT_SLICE(literal) ((vt_slice){"" literal, sizeof(literal) - 1})

static inline vt_slice vt_slice_of(const char *ptr, size_t len) {
    return (vt_slice){ptr, len};
}

/* Borrows a terminated string. */
static inline vt_slice vt_slice_str(const char *text) {
    return (vt_slice){text, strlen(text)};
}

/* One past the last byte; NULL for an empty slice without memory, to which C allows no offset, not even 0. */
static inline const char *vt_slice_end(vt_slice text) {
    return text.len == 0 ? text.ptr : text.ptr + text.len;
}

static inline bool vt_slice_eq(vt_slice a, vt_slice b) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): ptr is NULL only when len is 0 */
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Orders by bytes, a prefix first: <0, 0, >0. */
static inline int vt_slice_cmp(vt_slice a, vt_slice b) {
    size_t len = a.len < b.len ? a.len : b.len;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): ptr is NULL only when len is 0 */
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline char vt_ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

/* Equal but for the case of ASCII letters. */
static inline bool vt_slice_eq_nocase(vt_slice a, vt_slice b) {
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (vt_ascii_lower(a.ptr[i]) != vt_ascii_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static inline bool vt_slice_starts_with(vt_slice text, vt_slice prefix) {
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

#endif
