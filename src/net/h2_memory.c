#include "net/h2_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_BYTES_MIN = 32, CLASS_NONE = VT_H2_MEMORY_CLASSES };

/* Stands before each block; 16 bytes keep the block aligned for anything. */
typedef struct block {
    struct block *next; /* while spare */
    uint32_t class;
    uint32_t len; /* for CLASS_NONE: the usable bytes */
} block;

_Static_assert(sizeof(block) == 16, "blocks stay aligned to 16 bytes");

static size_t class_bytes(uint32_t class) {
    return (size_t) CLASS_BYTES_MIN << class;
}

static uint32_t class_of(size_t len) {
    if (len <= CLASS_BYTES_MIN) {
        return 0;
    }
    if (len > class_bytes(VT_H2_MEMORY_CLASSES - 1)) {
        return CLASS_NONE;
    }
    return (uint32_t) (64 - __builtin_clzll((len - 1) / CLASS_BYTES_MIN));
}

static void *take(size_t len, void *user_data) {
    vt_h2_memory *memory = user_data;
    uint32_t class = class_of(len);
    if (class != CLASS_NONE && memory->spare[class] != NULL) {
        block *spare = memory->spare[class];
        memory->spare[class] = spare->next;
        memory->spare_bytes -= class_bytes(class);
        return spare + 1;
    }
    if (len > UINT32_MAX) {
        return NULL;
    }
    block *fresh = malloc(sizeof *fresh + (class == CLASS_NONE ? len : class_bytes(class)));
    if (fresh == NULL) {
        return NULL;
    }
    fresh->class = class;
    fresh->len = (uint32_t) len;
    return fresh + 1;
}

static void give(void *ptr, void *user_data) {
    if (ptr == NULL) {
        return;
    }
    vt_h2_memory *memory = user_data;
    block *used = (block *) ptr - 1;
    if (used->class == CLASS_NONE || memory->spare_bytes + class_bytes(used->class) > VT_H2_MEMORY_SPARE_BYTES_MAX) {
        free(used);
        return;
    }
    used->next = memory->spare[used->class];
    memory->spare[used->class] = used;
    memory->spare_bytes += class_bytes(used->class);
}

static void *take_zeroed(size_t count, size_t len, void *user_data) {
    size_t bytes;
    if (__builtin_mul_overflow(count, len, &bytes)) {
        return NULL;
    }
    void *ptr = take(bytes, user_data);
    return ptr == NULL ? NULL : memset(ptr, 0, bytes);
}

static void *resize(void *ptr, size_t len, void *user_data) {
    if (ptr == NULL) {
        return take(len, user_data);
    }
    const block *used = (const block *) ptr - 1;
    size_t have = used->class == CLASS_NONE ? used->len : class_bytes(used->class);
    if (len <= have) {
        return ptr;
    }
    void *moved = take(len, user_data);
    if (moved != NULL) {
        memcpy(moved, ptr, have);
        give(ptr, user_data);
    }
    return moved;
}

void vt_h2_memory_init(vt_h2_memory *memory) {
    *memory = (vt_h2_memory){
        .functions = {.mem_user_data = memory, .malloc = take, .free = give, .calloc = take_zeroed, .realloc = resize}};
}

void vt_h2_memory_release(vt_h2_memory *memory) {
    for (uint32_t i = 0; i < VT_H2_MEMORY_CLASSES; i++) {
        while (memory->spare[i] != NULL) {
            block *spare = memory->spare[i];
            memory->spare[i] = spare->next;
            free(spare);
        }
    }
    memory->spare_bytes = 0;
}
