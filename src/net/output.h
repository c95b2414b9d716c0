/* Bytes on their way to the socket: a buffer, then perhaps one piece that many connections share. */
#ifndef VT_NET_OUTPUT_H
#define VT_NET_OUTPUT_H

#include "net/spare.h"
#include "net/stream.h"

enum {
    VT_OUTPUT_BYTES_MAX = 64 << 20,     /* one whole answer must fit */
    VT_OUTPUT_ENOUGH_BYTES = 256 << 10, /* with that much waiting, a connection makes no further output */
    VT_OUTPUT_PARTS_MAX = 3,
};

typedef struct vt_output {
    vt_buf bytes;
    size_t bytes_sent;
    vt_shared *piece; /* behind the bytes; owned reference */
    size_t piece_sent;
    bool piece_is_chunk; /* a line break belongs behind the piece (RFC 9112 §7.1) */
} vt_output;

void vt_output_init(vt_output *output);
void vt_output_release(vt_output *output, vt_spare *spare);

static inline bool vt_output_is_empty(const vt_output *output) {
    return output->bytes.len == 0 && output->piece == NULL;
}

/* Bytes that wait. */
size_t vt_output_waiting(const vt_output *output);

/* Appends (copied) behind all that waits. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_output_append(vt_output *output, vt_spare *spare, const void *bytes, size_t len);

/* Room for `len` bytes behind all that waits, to be written at once; the writer then adds what it wrote to bytes.len.
 * NULL without memory. */
char *vt_output_room(vt_output *output, vt_spare *spare, size_t len);

/* Puts a shared piece behind the bytes; there must be none yet. Takes over the caller's reference. */
void vt_output_share(vt_output *output, vt_shared *piece, bool is_chunk);

/* Borrows what waits as up to VT_OUTPUT_PARTS_MAX slices until the next change; returns how many. */
unsigned vt_output_parts(const vt_output *output, vt_slice out[VT_OUTPUT_PARTS_MAX]);

/* Drops `len` bytes from the front, at most all. An output that became empty returns its memory. */
void vt_output_consume(vt_output *output, vt_spare *spare, size_t len);

#endif
