/* Text that ends where readable memory ends, so that reading one byte too many is a crash in every build. */
#ifndef VT_TESTS_VOTE_GUARDED_H
#define VT_TESTS_VOTE_GUARDED_H

#include "base/slice.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARDED_BYTES_MAX = 1 << 16 };

/* A copy of `text` with an unreadable page behind it; valid until the next call. At most GUARDED_BYTES_MAX. */
static inline vt_slice guarded(vt_slice text) {
    static char *end;
    if (end == NULL) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE);
        char *memory = mmap(NULL, GUARDED_BYTES_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory + GUARDED_BYTES_MAX, page, PROT_NONE) != 0) {
            abort();
        }
        end = memory + GUARDED_BYTES_MAX;
    }
    if (text.len > GUARDED_BYTES_MAX) {
        abort();
    }
    if (text.len > 0) {
        memcpy(end - text.len, text.ptr, text.len);
    }
    return vt_slice_of(end - text.len, text.len);
}

#endif
