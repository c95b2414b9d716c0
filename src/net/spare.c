#include "net/spare.h"

void vt_spare_lend(vt_spare *spare, vt_buf *buf) {
    if (buf->cap > 0 || spare->count == 0) {
        return;
    }
    const vt_buf *lent = &spare->bufs[spare->count - 1];
    if (lent->cap > buf->max) {
        return;
    }
    buf->ptr = lent->ptr;
    buf->cap = lent->cap;
    spare->count--;
    vt_account_note(spare->account, 0, buf->cap);
}

vt_err vt_spare_grow(vt_spare *spare, vt_buf *buf, size_t extra) {
    size_t before = buf->cap;
    vt_err err = vt_buf_reserve(buf, extra);
    vt_account_note(spare->account, before, buf->cap);
    return err;
}

void vt_spare_return(vt_spare *spare, vt_buf *buf) {
    vt_account_note(spare->account, buf->cap, 0);
    bool is_worth_it = buf->cap >= VT_SPARE_BYTES_MIN && buf->cap <= VT_SPARE_BYTES_MAX;
    if (!is_worth_it || spare->count == VT_SPARE_COUNT_MAX) {
        vt_buf_release(buf);
        return;
    }
    spare->bufs[spare->count++] = (vt_buf){.ptr = buf->ptr, .cap = buf->cap, .max = buf->cap};
    vt_buf_init(buf, buf->max);
}

void vt_spare_release(vt_spare *spare) {
    for (size_t i = 0; i < spare->count; i++) {
        vt_buf_release(&spare->bufs[i]);
    }
    spare->count = 0;
}
