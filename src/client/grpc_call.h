/* One gRPC call as its stream goes on: the framed request on its way out, the message and trailers on their way in
 * (the gRPC over HTTP/2 protocol). Knows no nghttp2. */
#ifndef VT_CLIENT_GRPC_CALL_H
#define VT_CLIENT_GRPC_CALL_H

#include "client/answer.h"
#include "client/parcel.h"

enum { VT_GRPC_FRAME_LEN = 5, VT_GRPC_MESSAGE_BYTES_MAX = 4194304 };

typedef struct vt_grpc_call {
    int32_t stream;         /* the HTTP/2 stream; 0: the call is not in use */
    int http_status;        /* 0 until the head has come */
    int status;             /* grpc-status; −1 until it has come */
    int64_t retry_after_ms; /* < 0: none */
    vt_buf request;
    size_t request_sent;
    vt_buf reply; /* with its frame */
    vt_buf code;  /* votaton-error */
    vt_buf id;    /* votaton-id */
} vt_grpc_call;

void vt_grpc_call_init(vt_grpc_call *call);
void vt_grpc_call_release(vt_grpc_call *call); /* accepts an initialised one */

/* Forgets the call before and frames the parcel's message. Errors as vt_parcel_write_proto. */
VT_MUST_CHECK vt_err vt_grpc_call_start(vt_grpc_call *call, const vt_parcel *parcel);

/* A header or a trailer; what does not matter is ignored. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_grpc_call_header(vt_grpc_call *call, vt_slice name, vt_slice value);

/* Bytes of the reply's body. VT_ERR_FULL beyond VT_GRPC_MESSAGE_BYTES_MAX, NO_MEMORY. */
VT_MUST_CHECK vt_err vt_grpc_call_data(vt_grpc_call *call, vt_slice bytes);

/* What came, once the stream has ended. False when the peer broke the stream off without any status: then the outcome
 * is unknown. Without grpc-status the HTTP status decides, as gRPC's mapping says. Borrowed from `call`. */
bool vt_grpc_call_response(const vt_grpc_call *call, vt_response *out);

#endif
