#include "recorded_replies.h"

#include "base/assert.h"

#include <stdio.h>

struct vt_loop {
    uint32_t index;
    vt_task *first;
};

static vt_loop loops[2] = {{0, NULL}, {1, NULL}};
static recorded slots[RECORDED_SLOTS];
static uint32_t slots_used;
static vt_err write_err;

void recorded_clear(void) {
    for (uint32_t i = 0; i < RECORDED_SLOTS; i++) {
        vt_buf_release(&slots[i].body);
        for (uint32_t j = 0; j < RECORDED_MESSAGES; j++) {
            vt_buf_release(&slots[i].messages[j]);
        }
        slots[i] = (recorded){.status = -1};
    }
    slots_used = 0;
    write_err = VT_OK;
}

vt_reply recorded_reply(uint32_t loop) {
    VT_ASSERT(slots_used < RECORDED_SLOTS);
    slots[slots_used].is_open = true;
    return (vt_reply){&loops[loop], slots_used++, 1};
}

recorded *recorded_at(vt_reply reply) {
    return &slots[reply.slot];
}

void recorded_fail_writes(vt_err err) {
    write_err = err;
}

uint32_t recorded_run_tasks(uint32_t loop) {
    uint32_t count = 0;
    vt_task *task = loops[loop].first;
    loops[loop].first = NULL;
    for (vt_task *next = NULL; task != NULL; task = next, count++) {
        next = task->next;
        task->run(task);
    }
    return count;
}

static void keep(vt_buf *out, vt_slice bytes) {
    vt_buf_init(out, RECORDED_BYTES_MAX);
    VT_ASSERT(vt_buf_append_slice(out, bytes) == VT_OK);
}

void vt_reply_http(vt_reply reply, const vt_http_answer *answer) {
    recorded *here = recorded_at(reply);
    VT_ASSERT(here->is_open);
    here->is_open = false;
    here->is_ended = true;
    here->status = answer->status;
    if (answer->headers_count > 0) {
        snprintf(here->header_name, sizeof here->header_name, "%s", answer->headers[0].name.ptr);
        snprintf(here->header_value, sizeof here->header_value, "%s", answer->headers[0].value.ptr);
    }
    snprintf(here->content_type, sizeof here->content_type, "%.*s", (int) answer->content_type.len,
             answer->content_type.ptr);
    keep(&here->body, answer->body);
}

void vt_reply_grpc(vt_reply reply, const vt_grpc_answer *answer) {
    recorded *here = recorded_at(reply);
    VT_ASSERT(here->is_open);
    here->is_open = false;
    here->is_ended = true;
    here->status = answer->status;
    keep(&here->body, answer->message);
}

bool vt_reply_is_open(vt_reply reply) {
    return recorded_at(reply)->is_open;
}

vt_err vt_stream_write(vt_reply reply, vt_slice bytes) {
    recorded *here = recorded_at(reply);
    if (!here->is_open) {
        return VT_ERR_GONE;
    }
    if (write_err == VT_OK) {
        VT_ASSERT(here->messages_count < RECORDED_MESSAGES);
        keep(&here->messages[here->messages_count++], bytes);
    }
    return write_err;
}

void vt_stream_allow_silence(vt_reply reply) {
    recorded_at(reply)->is_silent = true;
}

void vt_stream_end_grpc(vt_reply reply, const vt_grpc_answer *answer) {
    recorded *here = recorded_at(reply);
    if (here->is_open) {
        here->is_open = false;
        here->is_ended = true;
        here->status = answer->status;
    }
}

void vt_loop_post(vt_loop *loop, vt_task *task) {
    task->next = loop->first;
    loop->first = task;
}

uint32_t vt_loop_index(const vt_loop *loop) {
    return loop->index;
}

vt_slice vt_request_header(const vt_request *request, vt_slice name) {
    for (uint32_t i = 0; i < request->headers_count; i++) {
        if (vt_slice_eq(request->headers[i].name, name)) {
            return request->headers[i].value;
        }
    }
    return (vt_slice){NULL, 0};
}
