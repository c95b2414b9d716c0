/* A server for error paths only: it takes one HTTP/1.1 connection at a time and follows a script, one step for each
 * request. A thread of its own. */
#ifndef VT_TEST_CLIENT_MOCK_HTTP_H
#define VT_TEST_CLIENT_MOCK_HTTP_H

#include <stddef.h>
#include <stdint.h>

typedef enum vt_mock_act {
    VT_MOCK_ANSWER,
    VT_MOCK_ANSWER_AND_CLOSE, /* with Connection: close */
    VT_MOCK_HANG_UP,          /* take the request and close without an answer */
    VT_MOCK_SILENT,           /* take the request and wait until the client goes */
} vt_mock_act;

typedef struct vt_mock_step {
    vt_mock_act act;
    int status;
    const char *headers; /* further header lines, each with its CRLF; NULL: none */
    const char *body;
} vt_mock_step;

typedef struct vt_mock_http vt_mock_http;

/* The last step repeats for ever. `steps` is borrowed. Aborts the test program when it cannot start. */
vt_mock_http *vt_mock_http_start(const vt_mock_step *steps, size_t steps_count);
void vt_mock_http_stop(vt_mock_http *mock);

/* "http://127.0.0.1:PORT" */
const char *vt_mock_http_url(const vt_mock_http *mock);

/* Requests taken so far, and the head and body of one; after the client has ended. */
size_t vt_mock_http_count(const vt_mock_http *mock);
const char *vt_mock_http_request(const vt_mock_http *mock, size_t number);

#endif
