/* Owned bytes that grow up to a maximum which the owner must name. */
#ifndef VT_BASE_BUF_H
#define VT_BASE_BUF_H

#include "base/err.h"
#include "base/slice.h"

/* Invariants: len <= cap <= max; ptr is NULL when cap is 0. Not terminated unless vt_buf_cstr is called. */
typedef struct vt_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max;
} vt_buf;

/* An empty buffer that will never hold more than `max` bytes. Allocates nothing. */
void vt_buf_init(vt_buf *buf, size_t max);

/* Frees the bytes and leaves an empty buffer with the same maximum. Accepts a zeroed buffer. */
void vt_buf_release(vt_buf *buf);

/* Forgets the content, keeps the memory. */
static inline void vt_buf_clear(vt_buf *buf) {
    buf->len = 0;
}

/* Makes room for `extra` more bytes. VT_ERR_FULL beyond the maximum, VT_ERR_NO_MEMORY; the content is unchanged. */
VT_MUST_CHECK vt_err vt_buf_reserve(vt_buf *buf, size_t extra);

/* Appends bytes (copied). Errors as vt_buf_reserve; on error nothing is appended. */
VT_MUST_CHECK vt_err vt_buf_append(vt_buf *buf, const void *bytes, size_t len);
VT_MUST_CHECK vt_err vt_buf_append_slice(vt_buf *buf, vt_slice text);
VT_MUST_CHECK vt_err vt_buf_append_char(vt_buf *buf, char c);

/* Appends formatted text (printf's rules). Errors as vt_buf_reserve. */
VT_MUST_CHECK __attribute__((format(printf, 2, 3))) vt_err vt_buf_appendf(vt_buf *buf, const char *format, ...);

/* Drops the first `len` bytes (at most all). */
void vt_buf_consume(vt_buf *buf, size_t len);

/* Borrows the content until the next change. */
static inline vt_slice vt_buf_slice(const vt_buf *buf) {
    return (vt_slice){buf->ptr, buf->len};
}

/* The content with a terminator behind it (not counted in len). Errors as vt_buf_reserve. Borrowed as vt_buf_slice. */
VT_MUST_CHECK vt_err vt_buf_cstr(vt_buf *buf, const char **out);

#endif
