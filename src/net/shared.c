#include "net/stream.h"

#include "base/assert.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

struct vt_shared {
    _Atomic uint32_t references;
    size_t len;
    char bytes[];
};

vt_err vt_shared_new(vt_slice bytes, vt_shared **out) {
    vt_shared *shared = malloc(sizeof *shared + bytes.len);
    if (shared == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    atomic_init(&shared->references, 1);
    shared->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(shared->bytes, bytes.ptr, bytes.len);
    }
    *out = shared;
    return VT_OK;
}

vt_shared *vt_shared_ref(vt_shared *shared) {
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

void vt_shared_unref(vt_shared *shared) {
    if (shared == NULL) {
        return;
    }
    uint32_t before = atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel);
    VT_ASSERT(before > 0);
    if (before == 1) {
        free(shared);
    }
}

vt_slice vt_shared_slice(const vt_shared *shared) {
    return (vt_slice){shared->bytes, shared->len};
}
