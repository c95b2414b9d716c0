/* A guest module that wasm2c has translated to C, which is compiled into the program. */
#ifndef VT_WASM_MODULE_H
#define VT_WASM_MODULE_H

#include "vote/core.h"

#include <wasm-rt.h>

enum { VT_GUEST_FORMS = 3 };

/* What guest.h exports, for any such module. An instance has instance_bytes of memory of its own besides. */
typedef struct vt_guest_module {
    size_t instance_bytes;
    void (*init)(void); /* once in a process */
    void (*instantiate)(void *instance);
    void (*release)(void *instance);
    wasm_rt_memory_t *(*memory)(void *instance);
    uint32_t (*in)(void *instance);
    uint32_t (*out)(void *instance);
    uint32_t (*read[VT_GUEST_FORMS])(void *instance, uint32_t len); /* by vt_core_form */
} vt_guest_module;

/* Defines `const vt_guest_module vt_guest_NAME` over what `wasm2c -n NAME` made. */
#define VT_GUEST_MODULE(name)                                                                                          \
    static void name##_instantiate(void *instance) {                                                                   \
        Z_##name##_instantiate(instance);                                                                              \
    }                                                                                                                  \
    static void name##_release(void *instance) {                                                                       \
        Z_##name##_free(instance);                                                                                     \
    }                                                                                                                  \
    static wasm_rt_memory_t *name##_memory(void *instance) {                                                           \
        return Z_##name##Z_memory(instance);                                                                           \
    }                                                                                                                  \
    static uint32_t name##_in(void *instance) {                                                                        \
        return Z_##name##Z_vt_in(instance);                                                                            \
    }                                                                                                                  \
    static uint32_t name##_out(void *instance) {                                                                       \
        return Z_##name##Z_vt_out(instance);                                                                           \
    }                                                                                                                  \
    static uint32_t name##_vote(void *instance, uint32_t len) {                                                        \
        return Z_##name##Z_vt_vote1(instance, len);                                                                    \
    }                                                                                                                  \
    static uint32_t name##_proto(void *instance, uint32_t len) {                                                       \
        return Z_##name##Z_vt_proto1(instance, len);                                                                   \
    }                                                                                                                  \
    static uint32_t name##_request(void *instance, uint32_t len) {                                                     \
        return Z_##name##Z_vt_request1(instance, len);                                                                 \
    }                                                                                                                  \
    const vt_guest_module vt_guest_##name = {                                                                          \
        .instance_bytes = sizeof(Z_##name##_instance_t),                                                               \
        .init = Z_##name##_init_module,                                                                                \
        .instantiate = name##_instantiate,                                                                             \
        .release = name##_release,                                                                                     \
        .memory = name##_memory,                                                                                       \
        .in = name##_in,                                                                                               \
        .out = name##_out,                                                                                             \
        .read = {[VT_CORE_JSON] = name##_vote, [VT_CORE_VOTE] = name##_proto, [VT_CORE_REQUEST_ID] = name##_request},  \
    };

/* The vote core. */
extern const vt_guest_module vt_guest_votecore;

#endif
