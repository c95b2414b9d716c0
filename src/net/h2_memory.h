/* The allocator that nghttp2 gets: blocks of a few sizes are kept on free lists, so that a request allocates nothing
 * from the system once the loop is warm. One thread; one for each loop. */
#ifndef VT_NET_H2_MEMORY_H
#define VT_NET_H2_MEMORY_H

#include <nghttp2/nghttp2.h>

#include <stddef.h>

/* Blocks of 32 … 2048 bytes are pooled; larger ones come from the system and go back to it. */
enum { VT_H2_MEMORY_CLASSES = 7, VT_H2_MEMORY_SPARE_BYTES_MAX = 4 << 20 };

typedef struct vt_h2_memory {
    nghttp2_mem functions; /* for nghttp2_session_server_new3; borrows this object */
    void *spare[VT_H2_MEMORY_CLASSES];
    size_t spare_bytes; /* on the free lists, at most VT_H2_MEMORY_SPARE_BYTES_MAX */
} vt_h2_memory;

/* The object must not move afterwards. */
void vt_h2_memory_init(vt_h2_memory *memory);

/* Frees the spare blocks; every session that used it must be gone. */
void vt_h2_memory_release(vt_h2_memory *memory);

#endif
