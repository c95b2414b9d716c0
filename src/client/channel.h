/* One connection that carries requests in a number of lanes: one for HTTP/1.1, one for each stream for gRPC.
 *
 * A lane has at most one request in flight. Each submitted request ends in exactly one event: `answered`, or `lost`
 * when its outcome is unknown; a cancelled one ends in none. The connection is kept up by itself. */
#ifndef VT_CLIENT_CHANNEL_H
#define VT_CLIENT_CHANNEL_H

#include "client/answer.h"
#include "client/parcel.h"
#include "client/wire.h"

typedef struct vt_channel vt_channel;

typedef struct vt_channel_events {
    /* The connection is up: lanes may be submitted to. */
    void (*ready)(void *owner, vt_channel *channel);
    /* Borrowed until it returns. The lane is free; it may be submitted to from inside. */
    void (*answered)(void *owner, vt_channel *channel, uint32_t lane, const vt_response *response);
    /* No answer will come. The lane is free. */
    void (*lost)(void *owner, vt_channel *channel, uint32_t lane);
    /* An attempt to connect failed. */
    void (*unreachable)(void *owner, vt_channel *channel);
} vt_channel_events;

typedef struct vt_channel_options {
    uv_loop_t *loop;
    const vt_target *target;
    const vt_channel_events *events;
    void *owner;
    char *read_bytes; /* VT_WIRE_READ_BYTES, shared; borrowed */
    uint32_t lanes;
    uint32_t timeout_ms; /* to connect; and told to a gRPC server as the deadline of each call */
    uint32_t number;     /* for the owner: which channel this is */
} vt_channel_options;

/* What a protocol implements; every one of these has a vt_channel_… below. */
typedef struct vt_channel_ops {
    bool (*is_ready)(const vt_channel *channel);
    void (*submit)(vt_channel *channel, uint32_t lane, const vt_parcel *parcel);
    void (*cancel)(vt_channel *channel, uint32_t lane);
    void (*flush)(vt_channel *channel);
    void (*release)(vt_channel *channel);
} vt_channel_ops;

/* The head of every channel. */
struct vt_channel {
    const vt_channel_ops *ops;
    vt_channel_options options;
    vt_wire wire;
};

/* The caller owns *out, ends it with vt_channel_stop, and frees it once vt_channel_is_closed. NO_MEMORY, SYSTEM. */
VT_MUST_CHECK vt_err vt_http_channel_new(const vt_channel_options *options, vt_channel **out);
VT_MUST_CHECK vt_err vt_grpc_channel_new(const vt_channel_options *options, vt_channel **out);

static inline bool vt_channel_is_ready(const vt_channel *channel) {
    return channel->ops->is_ready(channel);
}
/* Starts the request on a free lane of a ready channel; `parcel` is read before it returns. A request that cannot be
 * started is reported as lost, perhaps from inside. */
static inline void vt_channel_submit(vt_channel *channel, uint32_t lane, const vt_parcel *parcel) {
    channel->ops->submit(channel, lane, parcel);
}
/* Gives the request of a busy lane up, without an event for it. */
static inline void vt_channel_cancel(vt_channel *channel, uint32_t lane) {
    channel->ops->cancel(channel, lane);
}
/* Sends what was submitted outside of an event. */
static inline void vt_channel_flush(vt_channel *channel) {
    channel->ops->flush(channel);
}
static inline void vt_channel_stop(vt_channel *channel) {
    vt_wire_stop(&channel->wire);
}
static inline bool vt_channel_is_closed(const vt_channel *channel) {
    return vt_wire_is_closed(&channel->wire);
}
/* Accepts NULL. */
static inline void vt_channel_free(vt_channel *channel) {
    if (channel != NULL) {
        channel->ops->release(channel);
    }
}

#endif
