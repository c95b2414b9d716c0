#include "base/assert.h"
#include "client/channel.h"
#include "client/http_reader.h"

#include <stdlib.h>

enum {
    ANSWER_BYTES_MAX = 4194304,
    HEAD_BYTES_MAX = VT_TARGET_PATH_BYTES + VT_TARGET_AUTHORITY_BYTES + 512,
    REQUEST_BYTES_MAX = HEAD_BYTES_MAX + VT_BATCH_BYTES_MAX,
};

typedef struct http_channel {
    vt_channel base;
    vt_http_reader reader;
    vt_buf head;
    bool busy;
} http_channel;

static http_channel *self_of(vt_channel *channel) {
    return (http_channel *) (void *) channel;
}

static bool is_ready(const vt_channel *channel) {
    return channel->wire.state == VT_WIRE_OPEN;
}

/* The part of the head that is the same in every request. */
static vt_err write_head(vt_buf *head, const vt_target *target) {
    return vt_buf_appendf(head,
                          "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: votaton/" VT_VERSION
                          "\r\nContent-Type: application/json\r\nContent-Length: ",
                          target->path, target->authority);
}

static vt_err write_request(vt_channel *channel, const vt_parcel *parcel) {
    vt_buf *out = vt_wire_out(&channel->wire);
    vt_err err = vt_buf_append_slice(out, vt_buf_slice(&self_of(channel)->head));
    if (err != VT_OK) {
        return err;
    }
    vt_slice key = vt_parcel_key(parcel);
    err = vt_buf_appendf(out, "%zu\r\n%s%.*s\r\n%s", vt_parcel_json_len(parcel),
                         key.len == 0 ? "" : "Idempotency-Key: ", (int) key.len, key.ptr, key.len == 0 ? "" : "\r\n");
    return err == VT_OK ? vt_parcel_write_json(parcel, out) : err;
}

static void submit(vt_channel *channel, uint32_t lane, const vt_parcel *parcel) {
    http_channel *self = self_of(channel);
    VT_ASSERT(lane == 0 && !self->busy && is_ready(channel));
    self->busy = true;
    if (write_request(channel, parcel) != VT_OK) {
        /* Half a request must not leave: without a flush it is dropped when the connection closes. */
        vt_buf_clear(vt_wire_out(&channel->wire));
        vt_wire_reset(&channel->wire);
    }
}

/* HTTP/1.1 has no way to take one request back: the connection goes. */
static void cancel(vt_channel *channel, uint32_t lane) {
    (void) lane;
    self_of(channel)->busy = false;
    vt_wire_reset(&channel->wire);
}

static void flush(vt_channel *channel) {
    vt_wire_flush(&channel->wire);
}

static void on_connected(void *owner) {
    vt_channel *channel = owner;
    vt_http_reader_reset(&self_of(channel)->reader);
    channel->options.events->ready(channel->options.owner, channel);
    flush(channel);
}

/* Hands the whole response over; the lane is free before, so that the next request can follow from inside. */
static void deliver(vt_channel *channel) {
    http_channel *self = self_of(channel);
    vt_response response = {.status = vt_http_reader_status(&self->reader),
                            .body = vt_buf_slice(&self->reader.body),
                            .retry_after_ms = self->reader.retry_after_ms};
    self->busy = false;
    bool keep_alive = self->reader.keep_alive;
    if (!keep_alive) {
        vt_wire_reset(&channel->wire);
    }
    channel->options.events->answered(channel->options.owner, channel, 0, &response);
    vt_http_reader_next(&self->reader);
    flush(channel);
}

static bool on_bytes(void *owner, vt_slice bytes) {
    vt_channel *channel = owner;
    http_channel *self = self_of(channel);
    bool complete = false;
    if (!self->busy || vt_http_reader_feed(&self->reader, bytes, &complete) != VT_OK) {
        return false;
    }
    if (complete) {
        deliver(channel);
    }
    return true;
}

static void on_ended(void *owner) {
    vt_channel *channel = owner;
    http_channel *self = self_of(channel);
    if (self->busy && vt_http_reader_end(&self->reader)) {
        self->reader.keep_alive = false;
        deliver(channel);
    }
}

static void on_lost(void *owner) {
    vt_channel *channel = owner;
    http_channel *self = self_of(channel);
    if (self->busy) {
        self->busy = false;
        channel->options.events->lost(channel->options.owner, channel, 0);
    }
}

static void on_unreachable(void *owner) {
    vt_channel *channel = owner;
    channel->options.events->unreachable(channel->options.owner, channel);
}

static void release(vt_channel *channel) {
    vt_wire_release(&channel->wire);
    vt_http_reader_release(&self_of(channel)->reader);
    vt_buf_release(&self_of(channel)->head);
    free(channel);
}

vt_err vt_http_channel_new(const vt_channel_options *options, vt_channel **out) {
    static const vt_channel_ops ops = {is_ready, submit, cancel, flush, release};
    static const vt_wire_events wire_events = {
        .connected = on_connected,
        .bytes = on_bytes,
        .ended = on_ended,
        .lost = on_lost,
        .unreachable = on_unreachable,
    };
    VT_ASSERT(options->lanes == 1);
    http_channel *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->base.ops = &ops;
    self->base.options = *options;
    vt_http_reader_init(&self->reader, ANSWER_BYTES_MAX);
    vt_wire_options wire_options = {.loop = options->loop,
                                    .target = options->target,
                                    .events = &wire_events,
                                    .owner = self,
                                    .read_bytes = options->read_bytes,
                                    .write_bytes_max = REQUEST_BYTES_MAX,
                                    .connect_timeout_ms = options->timeout_ms};
    vt_buf_init(&self->head, HEAD_BYTES_MAX);
    vt_err err = write_head(&self->head, options->target);
    if (err == VT_OK) {
        err = vt_wire_open(&self->base.wire, &wire_options);
    }
    if (err != VT_OK) {
        release(&self->base);
        return err;
    }
    *out = &self->base;
    return VT_OK;
}
