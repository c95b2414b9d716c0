#include "base/buf.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { VT_BUF_FIRST_BYTES = 256 };

void vt_buf_init(vt_buf *buf, size_t max) {
    *buf = (vt_buf){.max = max};
}

void vt_buf_release(vt_buf *buf) {
    free(buf->ptr);
    vt_buf_init(buf, buf->max);
}

vt_err vt_buf_reserve(vt_buf *buf, size_t extra) {
    VT_ASSERT(buf->len <= buf->cap && buf->cap <= buf->max);
    if (extra <= buf->cap - buf->len) {
        return VT_OK;
    }
    if (extra > buf->max - buf->len) {
        return VT_ERR_FULL;
    }
    size_t cap = buf->cap == 0 ? VT_BUF_FIRST_BYTES : buf->cap;
    while (cap < buf->len + extra) {
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    }
    if (cap > buf->max) {
        cap = buf->max;
    }
    char *ptr = realloc(buf->ptr, cap);
    if (ptr == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return VT_OK;
}

vt_err vt_buf_append(vt_buf *buf, const void *bytes, size_t len) {
    vt_err err = vt_buf_reserve(buf, len);
    if (err == VT_OK && len > 0) {
        memcpy(buf->ptr + buf->len, bytes, len);
        buf->len += len;
    }
    return err;
}

vt_err vt_buf_append_slice(vt_buf *buf, vt_slice text) {
    return vt_buf_append(buf, text.ptr, text.len);
}

vt_err vt_buf_append_char(vt_buf *buf, char c) {
    return vt_buf_append(buf, &c, 1);
}

vt_err vt_buf_appendf(vt_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (needed < 0) {
        return VT_ERR_INTERNAL;
    }
    /* vsnprintf writes a terminator, which needs room although it is not counted. */
    vt_err err = vt_buf_reserve(buf, (size_t) needed + 1);
    if (err != VT_OK) {
        return err;
    }
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t) needed + 1, format, args);
    va_end(args);
    buf->len += (size_t) needed;
    return VT_OK;
}

void vt_buf_consume(vt_buf *buf, size_t len) {
    if (len >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->ptr, buf->ptr + len, buf->len - len);
    buf->len -= len;
}

vt_err vt_buf_cstr(vt_buf *buf, const char **out) {
    vt_err err = vt_buf_reserve(buf, 1);
    if (err == VT_OK) {
        buf->ptr[buf->len] = '\0';
        *out = buf->ptr;
    }
    return err;
}
