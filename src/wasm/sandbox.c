#include "wasm/sandbox.h"

#include "base/assert.h"
#include "vote/vote_proto.h"
#include "wasm/trap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

enum { FIELD_BITS = 3 };

struct vt_sandbox {
    vt_core core; /* first: a vt_core * points here */
    const vt_guest_module *module;
    bool is_alive; /* `instance` is one */
    uint32_t in;   /* addresses in the guest, as it said */
    uint32_t out;
    max_align_t instance[];
};

/* The one call into a guest that this thread is in. */
static _Thread_local jmp_buf *trap_target;

void vt_sandbox_trap(int code) {
    VT_ASSERT(trap_target != NULL && code != 0);
    longjmp(*trap_target, code);
}

static bool try_to_instantiate(vt_sandbox *self) {
    jmp_buf target;
    bool is_done = false;
    trap_target = &target;
    if (setjmp(target) == 0) {
        self->module->instantiate(self->instance);
        self->in = self->module->in(self->instance);
        self->out = self->module->out(self->instance);
        is_done = true;
    }
    trap_target = NULL;
    return is_done;
}

static vt_err instantiate(vt_sandbox *self) {
    memset(self->instance, 0, self->module->instance_bytes);
    self->is_alive = try_to_instantiate(self);
    if (!self->is_alive) {
        self->module->release(self->instance);
    }
    return self->is_alive ? VT_OK : VT_ERR_CORRUPT;
}

static void release(vt_sandbox *self) {
    if (self->is_alive) {
        self->module->release(self->instance);
        self->is_alive = false;
    }
}

/* The memory may have moved since the last call. NULL where the range is not all inside. */
static char *guest_range(vt_sandbox *self, uint32_t address, size_t len) {
    const wasm_rt_memory_t *memory = self->module->memory(self->instance);
    if (address > memory->size || len > memory->size - address) {
        return NULL;
    }
    return (char *) memory->data + address;
}

/* False after a trap. */
static bool call(vt_sandbox *self, vt_core_form form, size_t len, int32_t *result) {
    jmp_buf target;
    bool is_done = false;
    trap_target = &target;
    if (setjmp(target) == 0) {
        *result = (int32_t) self->module->read[form](self->instance, (uint32_t) len);
        is_done = true;
    }
    trap_target = NULL;
    return is_done;
}

/* The guest's refusal; INTERNAL where no vote core refuses so. */
static vt_err refusal_of(int32_t result, vt_field *field) {
    int64_t refusal = -(int64_t) result;
    int64_t which = refusal & ((1 << FIELD_BITS) - 1);
    int64_t err = refusal >> FIELD_BITS;
    if (which >= VT_FIELD_COUNT || !vt_err_is_input((int) err)) {
        return VT_ERR_INTERNAL;
    }
    *field = (vt_field) which;
    return (vt_err) err;
}

/* The texts lie in the guest, which the next vote overwrites. The scratch has room for all of them at their limits. */
static void keep_texts(vt_vote *vote, vt_vote_scratch *scratch) {
    scratch->used = 0;
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        vt_slice *text = &vote->text[i];
        if (text->ptr != NULL) {
            VT_ASSERT(text->len <= sizeof scratch->bytes - scratch->used);
            char *kept = scratch->bytes + scratch->used;
            memcpy(kept, text->ptr, text->len);
            scratch->used += text->len;
            text->ptr = kept;
        }
    }
}

static vt_err take_result(vt_sandbox *self, vt_core_form form, int32_t result, vt_vote *vote, vt_vote_scratch *scratch,
                          vt_field *field) {
    if (result < 0) {
        return refusal_of(result, field);
    }
    const char *bytes = result > VT_VOTE_PROTO_BYTES_MAX ? NULL : guest_range(self, self->out, (size_t) result);
    vt_field last = form == VT_CORE_REQUEST_ID ? VT_FIELD_RANK : VT_FIELD_VOTER_CODE;
    if (bytes == NULL || vt_vote_read_proto(vt_slice_of(bytes, (size_t) result), last, vote, field) != VT_OK) {
        return VT_ERR_INTERNAL;
    }
    keep_texts(vote, scratch);
    return VT_OK;
}

static vt_err run(vt_sandbox *self, vt_core_form form, vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch,
                  vt_field *field) {
    int32_t result;
    char *room = guest_range(self, self->in, bytes.len);
    if (room == NULL) {
        return VT_ERR_INTERNAL;
    }
    memcpy(room, bytes.ptr, bytes.len);
    return call(self, form, bytes.len, &result) ? take_result(self, form, result, vote, scratch, field)
                                                : VT_ERR_INTERNAL;
}

static vt_err read_in_sandbox(vt_core *core, vt_core_form form, vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch,
                              vt_field *field) {
    vt_sandbox *self = (vt_sandbox *) core;
    *field = VT_FIELD_NONE;
    if (bytes.len > VT_BATCH_BYTES_MAX) {
        return VT_ERR_BODY_TOO_LARGE;
    }
    vt_err err = self->is_alive ? VT_OK : instantiate(self);
    if (err != VT_OK) {
        return err;
    }
    err = run(self, form, bytes, vote, scratch, field);
    if (err == VT_ERR_INTERNAL) {
        *field = VT_FIELD_NONE;
        release(self);
    }
    return err;
}

vt_err vt_sandbox_open(const vt_guest_module *module, vt_sandbox **out) {
    static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
    vt_sandbox *self = calloc(1, sizeof *self + module->instance_bytes);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    pthread_mutex_lock(&init_lock);
    module->init();
    pthread_mutex_unlock(&init_lock);
    self->core.read = read_in_sandbox;
    self->module = module;
    vt_err err = instantiate(self);
    if (err != VT_OK) {
        free(self);
        return err;
    }
    *out = self;
    return VT_OK;
}

void vt_sandbox_close(vt_sandbox *sandbox) {
    if (sandbox != NULL) {
        release(sandbox);
        free(sandbox);
    }
}

vt_core *vt_sandbox_core(vt_sandbox *sandbox) {
    return &sandbox->core;
}
