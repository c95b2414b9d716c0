/* What one exchange still has to say on HTTP/2, or what its HTTP/1.1 connection has not taken over yet: queued bytes,
 * then the piece that is being sent, then the newest piece that waits behind it. */
#ifndef VT_NET_OUTBOUND_H
#define VT_NET_OUTBOUND_H

#include "net/grpc.h"
#include "net/stream.h"

enum { VT_OUTBOUND_BYTES_MAX = 64 << 20, VT_OUTBOUND_KEEP_BYTES_MAX = 2048 };

typedef struct vt_outbound {
    vt_buf queue;
    size_t queue_sent;
    vt_shared *piece; /* owned references */
    size_t piece_sent;
    vt_shared *newest;
} vt_outbound;

void vt_outbound_init(vt_outbound *outbound);

/* Drops everything; keeps a little memory for the next exchange. */
void vt_outbound_clear(vt_outbound *outbound);
void vt_outbound_release(vt_outbound *outbound);

static inline bool vt_outbound_is_empty(const vt_outbound *outbound) {
    return outbound->queue.len == 0 && outbound->piece == NULL && outbound->newest == NULL;
}

/* Bytes that wait. */
size_t vt_outbound_waiting(const vt_outbound *outbound);

/* Appends (copied) behind all that waits, framed as a gRPC message if `is_message`. Errors of vt_buf_append, nothing is
 * appended then. */
VT_MUST_CHECK vt_err vt_outbound_append(vt_outbound *outbound, vt_slice bytes, bool is_message);

/* Replaces the newest piece; takes a reference. */
void vt_outbound_offer(vt_outbound *outbound, vt_shared *shared);

/* Moves up to `max` bytes to `to`; a piece is framed as a gRPC message if `is_grpc`. Returns how many; 0 when nothing
 * waits. */
size_t vt_outbound_read(vt_outbound *outbound, uint8_t *to, size_t max, bool is_grpc);

#endif
