/* An nghttp2 client over a wire, for the tests of HTTP/2 and gRPC. */
#ifndef VT_TEST_H2_CLIENT_H
#define VT_TEST_H2_CLIENT_H

#include "wire.h"

#include <nghttp2/nghttp2.h>

enum { H2_STREAMS_MAX = 512, H2_TEXT_MAX = 2048, H2_BODY_MAX = 8192 };

/* What came back on one stream: headers and trailers as "name: value\n" lines. */
typedef struct h2_answer {
    int32_t stream_id;
    bool is_closed;
    uint32_t error_code;
    unsigned header_blocks;
    size_t text_len;
    char text[H2_TEXT_MAX];
    size_t body_len;
    char body[H2_BODY_MAX];
} h2_answer;

typedef struct h2_client {
    test_wire *wire;
    nghttp2_session *session;
    size_t step;     /* how many bytes at once; 0: all */
    bool is_holding; /* data that comes in does not widen the windows again */
    bool has_goaway;
    uint32_t goaway_code;
    int32_t goaway_last;
    unsigned answers_count;
    h2_answer answers[H2_STREAMS_MAX];
} h2_client;

typedef struct h2_header {
    const char *name;
    const char *value;
} h2_header;

h2_client *h2_client_open(const vt_server_limits *limits);
void h2_client_close(h2_client *client);

/* Sends a request with a body (NULL: none; the stream stays open if is_open) and returns the index of its answer. */
unsigned h2_client_send(h2_client *client, const char *method, const char *path, const h2_header *headers,
                        const vt_slice *body, bool is_open);

/* The same for gRPC: content-type and te are added. */
unsigned h2_client_call(h2_client *client, const char *path, const h2_header *headers, vt_slice body, bool is_open);

/* More DATA on an open stream. */
void h2_client_data(h2_client *client, unsigned answer, vt_slice bytes, bool is_end);

/* Moves bytes both ways until nothing moves. */
void h2_client_run(h2_client *client);

/* Whether the answer's headers and trailers hold this line. */
bool h2_has(const h2_client *client, unsigned answer, const char *line);

#endif
