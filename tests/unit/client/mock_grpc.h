/* A server for error paths only: it takes one HTTP/2 connection at a time and follows a script, one step for each call.
 * A thread of its own. */
#ifndef VT_TEST_CLIENT_MOCK_GRPC_H
#define VT_TEST_CLIENT_MOCK_GRPC_H

#include "base/buf.h"

#include <stdint.h>

typedef enum vt_mock_grpc_act {
    VT_MOCK_GRPC_ANSWER,
    VT_MOCK_GRPC_REFUSE,  /* trailers only */
    VT_MOCK_GRPC_RESET,   /* RST_STREAM */
    VT_MOCK_GRPC_GOAWAY,  /* GOAWAY that says this call was not looked at */
    VT_MOCK_GRPC_HANG_UP, /* close the connection */
    VT_MOCK_GRPC_SILENT,
} vt_mock_grpc_act;

typedef struct vt_mock_grpc_step {
    vt_mock_grpc_act act;
    vt_slice message;   /* of an answer, without its frame */
    const char *status; /* grpc-status of a refusal */
    const char *code;   /* votaton-error of a refusal; NULL: none */
} vt_mock_grpc_step;

typedef struct vt_mock_grpc vt_mock_grpc;

/* The last step repeats for ever. `steps` is borrowed. Aborts the test program when it cannot start. */
vt_mock_grpc *vt_mock_grpc_start(const vt_mock_grpc_step *steps, size_t steps_count);
void vt_mock_grpc_stop(vt_mock_grpc *mock);

/* "grpc://127.0.0.1:PORT" */
const char *vt_mock_grpc_url(vt_mock_grpc *mock);

/* Calls and connections taken, and the path and message (without its frame) of a call. Each of these ends the server
 * first. */
size_t vt_mock_grpc_count(vt_mock_grpc *mock);
size_t vt_mock_grpc_connections(vt_mock_grpc *mock);
const char *vt_mock_grpc_path(vt_mock_grpc *mock, size_t number);
vt_slice vt_mock_grpc_message(vt_mock_grpc *mock, size_t number);

#endif
