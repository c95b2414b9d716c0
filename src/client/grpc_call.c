#include "client/grpc_call.h"

#include "base/assert.h"

enum { GRPC_OK = 0, GRPC_UNKNOWN = 2, GRPC_INTERNAL = 13, GRPC_UNAVAILABLE = 14, GRPC_UNIMPLEMENTED = 12 };

enum { TRAILER_BYTES_MAX = 256, SECONDS_DIGITS_MAX = 5 };

void vt_grpc_call_init(vt_grpc_call *call) {
    *call = (vt_grpc_call){0};
    vt_buf_init(&call->request, VT_GRPC_FRAME_LEN + (size_t) VT_BATCH_BYTES_MAX);
    vt_buf_init(&call->reply, VT_GRPC_FRAME_LEN + (size_t) VT_GRPC_MESSAGE_BYTES_MAX);
    vt_buf_init(&call->code, TRAILER_BYTES_MAX);
    vt_buf_init(&call->id, TRAILER_BYTES_MAX);
}

void vt_grpc_call_release(vt_grpc_call *call) {
    vt_buf_release(&call->request);
    vt_buf_release(&call->reply);
    vt_buf_release(&call->code);
    vt_buf_release(&call->id);
}

/* The frame of a message: not compressed, then its length (big endian). */
static vt_err frame(vt_buf *request, size_t len) {
    VT_ASSERT(len <= VT_BATCH_BYTES_MAX);
    const uint8_t head[VT_GRPC_FRAME_LEN] = {0, (uint8_t) (len >> 24), (uint8_t) (len >> 16), (uint8_t) (len >> 8),
                                             (uint8_t) len};
    return vt_buf_append(request, head, sizeof head);
}

vt_err vt_grpc_call_start(vt_grpc_call *call, const vt_parcel *parcel) {
    call->http_status = 0;
    call->status = -1;
    call->retry_after_ms = -1;
    call->request_sent = 0;
    vt_buf_clear(&call->request);
    vt_buf_clear(&call->reply);
    vt_buf_clear(&call->code);
    vt_buf_clear(&call->id);
    vt_err err = frame(&call->request, vt_parcel_proto_len(parcel));
    return err == VT_OK ? vt_parcel_write_proto(parcel, &call->request) : err;
}

/* A small decimal number, or −1. */
static int parse_number(vt_slice text) {
    int number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return -1;
        }
        number = number * 10 + (text.ptr[i] - '0');
    }
    return text.len == 0 || text.len > SECONDS_DIGITS_MAX ? -1 : number;
}

static vt_err keep(vt_buf *field, vt_slice value) {
    vt_buf_clear(field);
    vt_err err = vt_buf_append_slice(field, value);
    return err == VT_ERR_FULL ? VT_OK : err;
}

vt_err vt_grpc_call_header(vt_grpc_call *call, vt_slice name, vt_slice value) {
    if (vt_slice_eq(name, VT_SLICE("grpc-status"))) {
        int status = parse_number(value);
        call->status = status < 0 ? GRPC_UNKNOWN : status;
    } else if (vt_slice_eq(name, VT_SLICE(":status"))) {
        call->http_status = parse_number(value);
    } else if (vt_slice_eq(name, VT_SLICE("votaton-error"))) {
        return keep(&call->code, value);
    } else if (vt_slice_eq(name, VT_SLICE("votaton-id"))) {
        return keep(&call->id, value);
    } else if (vt_slice_eq(name, VT_SLICE("retry-after"))) {
        int seconds = parse_number(value);
        call->retry_after_ms = seconds < 0 ? -1 : (int64_t) seconds * 1000;
    }
    return VT_OK;
}

vt_err vt_grpc_call_data(vt_grpc_call *call, vt_slice bytes) {
    return vt_buf_append_slice(&call->reply, bytes);
}

/* The gRPC status for an HTTP status that comes without one (gRPC's http-grpc-status-mapping). */
static int status_from_http(int http_status) {
    switch (http_status) {
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

/* The one message inside of the reply; false when its frame does not fit. */
static bool message_of(const vt_grpc_call *call, vt_slice *out) {
    const uint8_t *bytes = (const uint8_t *) call->reply.ptr;
    if (call->reply.len < VT_GRPC_FRAME_LEN || bytes[0] != 0) {
        return false;
    }
    size_t len = (size_t) bytes[1] << 24 | (size_t) bytes[2] << 16 | (size_t) bytes[3] << 8 | bytes[4];
    if (len != call->reply.len - VT_GRPC_FRAME_LEN) {
        return false;
    }
    *out = vt_slice_of(call->reply.ptr + VT_GRPC_FRAME_LEN, len);
    return true;
}

bool vt_grpc_call_response(const vt_grpc_call *call, vt_response *out) {
    if (call->status < 0 && call->http_status == 0) {
        return false;
    }
    vt_response response = {.status = call->status,
                            .code = vt_buf_slice(&call->code),
                            .id = vt_buf_slice(&call->id),
                            .retry_after_ms = call->retry_after_ms};
    if (call->status < 0) {
        if (call->http_status == 200) {
            return false;
        }
        response.status = status_from_http(call->http_status);
    }
    if (response.status == GRPC_OK && !message_of(call, &response.body)) {
        response.status = GRPC_INTERNAL;
    }
    *out = response;
    return true;
}
