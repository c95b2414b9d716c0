/* Spare buffers of a loop: a connection or an exchange borrows the memory of one while it has bytes in it, so that idle
 * ones hold none and busy ones reuse warm memory. One thread. */
#ifndef VT_NET_SPARE_H
#define VT_NET_SPARE_H

#include "base/buf.h"
#include "net/account.h"

enum { VT_SPARE_COUNT_MAX = 128, VT_SPARE_BYTES_MIN = 1024, VT_SPARE_BYTES_MAX = 256 * 1024 };

typedef struct vt_spare {
    vt_account *account; /* counts what is lent */
    vt_buf bufs[VT_SPARE_COUNT_MAX];
    size_t count;
} vt_spare;

/* Gives an empty buffer without memory (cap 0) that of a spare one, if there is one. Its maximum stays. */
void vt_spare_lend(vt_spare *spare, vt_buf *buf);

/* Makes room for `extra` more bytes in a buffer that was lent, or is without memory. Errors of vt_buf_reserve. */
VT_MUST_CHECK vt_err vt_spare_grow(vt_spare *spare, vt_buf *buf, size_t extra);

/* Takes the memory of `buf` back, which is then empty without memory. */
void vt_spare_return(vt_spare *spare, vt_buf *buf);

void vt_spare_release(vt_spare *spare);

#endif
