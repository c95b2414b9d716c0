#include "base/assert.h"
#include "client/channel.h"
#include "client/grpc_call.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WRITE_BYTES_MAX = 524288, /* one frame beyond WRITE_BYTES_ENOUGH fits */
    WRITE_BYTES_ENOUGH = 262144,
    WINDOW_BYTES = 4194304,
    TIMEOUT_TEXT_BYTES = 16,
    HEADERS_COUNT = 8,
    PATH_HEADER = 2, /* its place in the request's headers */
};

static const char cast_path[] = "/votaton.v1.VoteService/Cast";
static const char batch_path[] = "/votaton.v1.VoteService/CastBatch";

typedef struct grpc_channel {
    vt_channel base;
    nghttp2_session *session; /* one for each connection; NULL while there is none */
    bool draining;            /* GOAWAY has come: no new streams, then a new connection */
    bool receiving;           /* inside of nghttp2_session_mem_recv, which must not be entered again */
    uint32_t busy;            /* calls in flight */
    char timeout[TIMEOUT_TEXT_BYTES];
    nghttp2_nv headers[HEADERS_COUNT];
    vt_grpc_call *calls; /* by lane */
} grpc_channel;

static grpc_channel *self_of(vt_channel *channel) {
    return (grpc_channel *) (void *) channel;
}

static bool is_ready(const vt_channel *channel) {
    const grpc_channel *self = (const grpc_channel *) (const void *) channel;
    return channel->wire.state == VT_WIRE_OPEN && self->session != NULL && !self->draining;
}

/* Lets nghttp2 write as long as the peer keeps up; a slow one is written to again when it has drained. */
static void pump(grpc_channel *self) {
    vt_wire *wire = &self->base.wire;
    while (wire->state == VT_WIRE_OPEN && self->session != NULL) {
        vt_buf *out = vt_wire_out(wire);
        const uint8_t *bytes = NULL;
        ssize_t len = 0;
        while (out->len < WRITE_BYTES_ENOUGH && (len = nghttp2_session_mem_send(self->session, &bytes)) > 0) {
            if (vt_buf_append(out, bytes, (size_t) len) != VT_OK) {
                len = NGHTTP2_ERR_NOMEM;
                break;
            }
        }
        if (len < 0) {
            vt_wire_reset(wire);
            return;
        }
        if (out->len == 0 || vt_wire_is_busy(wire)) {
            return;
        }
        vt_wire_flush(wire);
    }
}

/* When the last stream of a connection that the peer wants to end is done, the next connection can be made. */
static void leave_if_drained(grpc_channel *self) {
    if (self->draining && self->busy == 0) {
        vt_wire_reset(&self->base.wire);
    }
}

static void flush(vt_channel *channel) {
    grpc_channel *self = self_of(channel);
    if (!self->receiving) {
        pump(self);
        leave_if_drained(self);
    }
}

static ssize_t on_read_request(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room, uint32_t *flags,
                               nghttp2_data_source *source, void *user_data) {
    (void) session;
    (void) user_data;
    vt_grpc_call *call = source->ptr;
    if (call->stream != stream) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    size_t left = call->request.len - call->request_sent;
    size_t len = left < room ? left : room;
    memcpy(out, call->request.ptr + call->request_sent, len);
    call->request_sent += len;
    if (call->request_sent == call->request.len) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t) len;
}

static void report_lost(grpc_channel *self, uint32_t lane) {
    self->calls[lane].stream = 0;
    self->busy--;
    self->base.options.events->lost(self->base.options.owner, &self->base, lane);
}

static void submit(vt_channel *channel, uint32_t lane, const vt_parcel *parcel) {
    grpc_channel *self = self_of(channel);
    vt_grpc_call *call = &self->calls[lane];
    VT_ASSERT(lane < channel->options.lanes && call->stream == 0 && is_ready(channel));
    self->busy++;
    if (vt_grpc_call_start(call, parcel) != VT_OK) {
        report_lost(self, lane);
        return;
    }
    const char *path = parcel->batch ? batch_path : cast_path;
    self->headers[PATH_HEADER].value = (uint8_t *) (uintptr_t) path;
    self->headers[PATH_HEADER].valuelen = strlen(path);
    nghttp2_data_provider body = {.source = {.ptr = call}, .read_callback = on_read_request};
    int32_t stream = nghttp2_submit_request(self->session, NULL, self->headers, HEADERS_COUNT, &body, call);
    if (stream < 0) {
        /* Stream numbers are used up, or memory is: another connection helps with the first. */
        self->draining = true;
        report_lost(self, lane);
        return;
    }
    call->stream = stream;
}

static void cancel(vt_channel *channel, uint32_t lane) {
    grpc_channel *self = self_of(channel);
    vt_grpc_call *call = &self->calls[lane];
    nghttp2_session_set_stream_user_data(self->session, call->stream, NULL);
    int status = nghttp2_submit_rst_stream(self->session, NGHTTP2_FLAG_NONE, call->stream, NGHTTP2_CANCEL);
    call->stream = 0;
    self->busy--;
    if (status != 0) {
        self->draining = true;
    }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user_data) {
    (void) flags;
    (void) user_data;
    vt_grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (call == NULL) {
        return 0;
    }
    vt_err err = vt_grpc_call_header(call, vt_slice_of((const char *) name, name_len),
                                     vt_slice_of((const char *) value, value_len));
    return err == VT_OK ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len,
                   void *user_data) {
    (void) flags;
    (void) user_data;
    vt_grpc_call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (call != NULL && vt_grpc_call_data(call, vt_slice_of((const char *) bytes, len)) != VT_OK) {
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    }
    return 0;
}

static int on_stream_closed(nghttp2_session *session, int32_t stream, uint32_t error_code, void *user_data) {
    (void) error_code; /* without a status the outcome is unknown, whatever the peer calls it */
    grpc_channel *self = user_data;
    vt_grpc_call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (call == NULL) {
        return 0;
    }
    uint32_t lane = (uint32_t) (call - self->calls);
    vt_response response;
    if (!vt_grpc_call_response(call, &response)) {
        report_lost(self, lane);
        return 0;
    }
    call->stream = 0;
    self->busy--;
    self->base.options.events->answered(self->base.options.owner, &self->base, lane, &response);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void) session;
    grpc_channel *self = user_data;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        self->draining = true;
    }
    return 0;
}

static vt_err start_session(grpc_channel *self) {
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return VT_ERR_NO_MEMORY;
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_closed);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    int status = nghttp2_session_client_new(&self->session, callbacks, self);
    nghttp2_session_callbacks_del(callbacks);
    if (status != 0) {
        self->session = NULL;
        return VT_ERR_NO_MEMORY;
    }
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
    status = nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]);
    if (status == 0) {
        status = nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
    }
    return status == 0 ? VT_OK : VT_ERR_NO_MEMORY;
}

static void end_session(grpc_channel *self) {
    nghttp2_session_del(self->session);
    self->session = NULL;
    self->draining = false;
}

static void on_connected(void *owner) {
    grpc_channel *self = owner;
    end_session(self);
    if (start_session(self) != VT_OK) {
        vt_wire_reset(&self->base.wire);
        return;
    }
    self->base.options.events->ready(self->base.options.owner, &self->base);
    flush(&self->base);
}

static bool on_bytes(void *owner, vt_slice bytes) {
    grpc_channel *self = owner;
    self->receiving = true;
    ssize_t taken = nghttp2_session_mem_recv(self->session, (const uint8_t *) bytes.ptr, bytes.len);
    self->receiving = false;
    if (taken < 0 || (size_t) taken != bytes.len) {
        return false;
    }
    flush(&self->base);
    return true;
}

static void on_drained(void *owner) {
    flush(owner);
}

static void on_lost(void *owner) {
    grpc_channel *self = owner;
    for (uint32_t lane = 0; lane < self->base.options.lanes; lane++) {
        if (self->calls[lane].stream != 0) {
            report_lost(self, lane);
        }
    }
    VT_ASSERT(self->busy == 0);
}

static void on_unreachable(void *owner) {
    vt_channel *channel = owner;
    channel->options.events->unreachable(channel->options.owner, channel);
}

static void release(vt_channel *channel) {
    grpc_channel *self = self_of(channel);
    end_session(self);
    for (uint32_t i = 0; self->calls != NULL && i < channel->options.lanes; i++) {
        vt_grpc_call_release(&self->calls[i]);
    }
    free(self->calls);
    vt_wire_release(&channel->wire);
    free(self);
}

static nghttp2_nv header(const char *name, const char *value) {
    return (nghttp2_nv){.name = (uint8_t *) (uintptr_t) name,
                        .value = (uint8_t *) (uintptr_t) value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value),
                        .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static void fill_headers(grpc_channel *self) {
    snprintf(self->timeout, sizeof self->timeout, "%um", (unsigned) self->base.options.timeout_ms);
    const nghttp2_nv headers[HEADERS_COUNT] = {
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", cast_path),
        header(":authority", self->base.options.target->authority),
        header("te", "trailers"),
        header("content-type", "application/grpc"),
        header("user-agent", "votaton/" VT_VERSION),
        header("grpc-timeout", self->timeout),
    };
    memcpy(self->headers, headers, sizeof headers);
}

static vt_err init(grpc_channel *self, const vt_channel_options *options) {
    static const vt_wire_events wire_events = {
        .connected = on_connected,
        .bytes = on_bytes,
        .drained = on_drained,
        .lost = on_lost,
        .unreachable = on_unreachable,
    };
    self->calls = calloc(options->lanes, sizeof *self->calls);
    if (self->calls == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < options->lanes; i++) {
        vt_grpc_call_init(&self->calls[i]);
    }
    fill_headers(self);
    vt_wire_options wire_options = {.loop = options->loop,
                                    .target = options->target,
                                    .events = &wire_events,
                                    .owner = self,
                                    .read_bytes = options->read_bytes,
                                    .write_bytes_max = WRITE_BYTES_MAX,
                                    .connect_timeout_ms = options->timeout_ms};
    return vt_wire_open(&self->base.wire, &wire_options);
}

vt_err vt_grpc_channel_new(const vt_channel_options *options, vt_channel **out) {
    static const vt_channel_ops ops = {is_ready, submit, cancel, flush, release};
    grpc_channel *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->base.ops = &ops;
    self->base.options = *options;
    vt_err err = init(self, options);
    if (err != VT_OK) {
        release(&self->base);
        return err;
    }
    *out = &self->base;
    return VT_OK;
}
