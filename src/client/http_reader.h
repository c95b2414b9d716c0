/* Reads HTTP/1.1 responses, one at a time, from bytes as they arrive (RFC 9112). */
#ifndef VT_CLIENT_HTTP_READER_H
#define VT_CLIENT_HTTP_READER_H

#include "base/buf.h"

#include <llhttp.h>
#include <stdint.h>

enum { VT_HTTP_HEADER_BYTES_MAX = 16384, VT_HTTP_FIELD_BYTES_MAX = 64 };

typedef struct vt_http_reader {
    llhttp_t parser;
    llhttp_settings_t settings;
    bool complete;
    bool keep_alive; /* of the complete response */
    uint32_t header_bytes;
    vt_buf name;  /* of the header that is being read */
    vt_buf value; /* of a header that matters */
    vt_buf body;
    int64_t retry_after_ms; /* < 0: none; only delay-seconds are understood (RFC 9110 §10.2.3) */
} vt_http_reader;

/* In the caller's storage, which must not move. A larger body than `body_bytes_max` is an error. */
void vt_http_reader_init(vt_http_reader *reader, size_t body_bytes_max);
void vt_http_reader_release(vt_http_reader *reader); /* accepts a zeroed one */

/* Forgets everything: the next byte is the first of a connection. */
void vt_http_reader_reset(vt_http_reader *reader);

/* Takes bytes. *complete says whether the response is whole; it is read from the members, and vt_http_reader_next makes
 * room for another. Interim responses (1xx) are skipped. MALFORMED_REQUEST for what is no HTTP, for bytes behind the
 * response, and for a head or body beyond its limit. */
VT_MUST_CHECK vt_err vt_http_reader_feed(vt_http_reader *reader, vt_slice bytes, bool *complete);

/* The peer has closed: true when that completes a response whose length was not told. */
bool vt_http_reader_end(vt_http_reader *reader);

void vt_http_reader_next(vt_http_reader *reader);

static inline int vt_http_reader_status(const vt_http_reader *reader) {
    return reader->parser.status_code;
}

#endif
