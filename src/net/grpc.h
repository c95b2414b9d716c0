/* The parts of the gRPC HTTP/2 protocol that are pure text and bytes: content types, timeouts, the frame of a message
 * and the encoding of grpc-message. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
#ifndef VT_NET_GRPC_H
#define VT_NET_GRPC_H

#include "base/buf.h"

#include <stdint.h>

/* Before each message: one byte of flags, then its length, big-endian. */
enum { VT_GRPC_PREFIX_LEN = 5 };

typedef enum vt_grpc_kind {
    VT_GRPC_NONE,    /* not gRPC at all */
    VT_GRPC_PROTO,   /* application/grpc, application/grpc+proto: served */
    VT_GRPC_FOREIGN, /* another application/grpc…: not served */
} vt_grpc_kind;

/* Classifies a content-type value: any case, parameters allowed. */
vt_grpc_kind vt_grpc_kind_of(vt_slice content_type);

/* Reads a grpc-timeout ("100m": 1 to 8 digits and one of H M S m u n) into milliseconds, rounded up. False when it is
 * malformed. */
bool vt_grpc_timeout_parse(vt_slice text, int64_t *out_ms);

/* Reads messages out of bytes that come in any pieces. */
typedef struct vt_grpc_reader {
    uint32_t prefix_len; /* how much of the prefix is there */
    uint8_t prefix[VT_GRPC_PREFIX_LEN];
} vt_grpc_reader;

typedef enum vt_grpc_progress {
    VT_GRPC_MORE,    /* all bytes are taken, the message goes on */
    VT_GRPC_MESSAGE, /* one message is complete in `body`; call again with the rest after clearing it */
    VT_GRPC_FAILED,
} vt_grpc_progress;

/* Takes bytes from the front of *bytes into `body`, which is empty before each message, at most one message. FAILED
 * sets *out_err: UNIMPLEMENTED for a compressed message, MALFORMED_REQUEST for unknown flags, BODY_TOO_LARGE beyond
 * `message_bytes_max`, NO_MEMORY. */
vt_grpc_progress vt_grpc_read(vt_grpc_reader *reader, uint32_t message_bytes_max, vt_slice *bytes, vt_buf *body,
                              vt_err *out_err);

/* Whether bytes of an incomplete message were read. */
static inline bool vt_grpc_is_partial(const vt_grpc_reader *reader) {
    return reader->prefix_len > 0;
}

/* Writes the prefix of an uncompressed message; `len` fits in 32 bits. */
void vt_grpc_write_prefix(uint8_t out[VT_GRPC_PREFIX_LEN], size_t len);

/* Appends `text` percent-encoded as grpc-message wants it. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_grpc_append_message(vt_buf *out, vt_slice text);

#endif
