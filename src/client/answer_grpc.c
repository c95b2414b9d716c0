#include "client/answer.h"

#include "vote/vote_proto.h"

/* Field numbers of votaton.v1.Receipt and Error. */
enum {
    RECEIPT_ID = 1,
    RECEIPT_POSITION = 2,
    RECEIPT_STATUS = 3,
    RECEIPT_ERROR = 4,
    RECEIPT_FIELDS = 5,
    ERROR_CODE = 1,
    ERROR_FIELDS = 2
};

enum { GRPC_OK = 0, GRPC_DEADLINE_EXCEEDED = 4, GRPC_RESOURCE_EXHAUSTED = 8, GRPC_UNAVAILABLE = 14 };

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static bool take_varint(vt_slice *rest, uint64_t *out) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        uint8_t byte = (uint8_t) *rest->ptr;
        *rest = vt_slice_of(rest->ptr + 1, rest->len - 1);
        value |= (uint64_t) (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* The length of a value that has one; a varint is taken here, as its end is its length. */
static bool value_len(vt_slice *rest, uint32_t wire_type, uint64_t *len) {
    uint64_t ignored = 0;
    *len = wire_type == WIRE_FIXED64 ? 8 : wire_type == WIRE_FIXED32 ? 4 : 0;
    switch (wire_type) {
    case WIRE_VARINT:
        return take_varint(rest, &ignored);
    case WIRE_BYTES:
        return take_varint(rest, len);
    case WIRE_FIXED64:
    case WIRE_FIXED32:
        return true;
    default:
        return false;
    }
}

/* The length-delimited fields below `fields_count`, by number; of a repeated one the last. False for what is no
 * protobuf. */
static bool read_fields(vt_slice message, vt_slice *fields, uint32_t fields_count) {
    while (message.len > 0) {
        uint64_t tag = 0;
        uint64_t len = 0;
        if (!take_varint(&message, &tag) || !value_len(&message, (uint32_t) (tag & 7), &len) || len > message.len) {
            return false;
        }
        if ((tag & 7) == WIRE_BYTES && tag >> 3 < fields_count) {
            fields[tag >> 3] = vt_slice_of(message.ptr, (size_t) len);
        }
        message = vt_slice_of(message.ptr + len, message.len - (size_t) len);
    }
    return true;
}

static vt_send_answer refused(vt_slice code) {
    return (vt_send_answer){.outcome = vt_send_answer_code_is_retryable(code) ? VT_SEND_OUTCOME_RETRY
                                                                              : VT_SEND_OUTCOME_REFUSED,
                            .code = code.len == 0 ? VT_SLICE("bad_answer") : code};
}

static vt_send_answer receipt_answer(vt_slice message) {
    vt_slice fields[RECEIPT_FIELDS] = {0};
    vt_slice error[ERROR_FIELDS] = {0};
    if (!read_fields(message, fields, RECEIPT_FIELDS) || !read_fields(fields[RECEIPT_ERROR], error, ERROR_FIELDS)) {
        return refused(VT_SLICE("bad_answer"));
    }
    vt_send_answer answer = {.outcome = vt_send_answer_outcome_of(fields[RECEIPT_STATUS])};
    if (fields[RECEIPT_ERROR].ptr != NULL) {
        answer = refused(error[ERROR_CODE]);
    } else if (answer.outcome == VT_SEND_OUTCOME_REFUSED) {
        answer = refused(fields[RECEIPT_STATUS]);
    }
    answer.id = fields[RECEIPT_ID];
    answer.position = fields[RECEIPT_POSITION];
    return answer;
}

static void read_batch(vt_send_answers *answers, vt_slice message, uint32_t count) {
    vt_proto_batch batch;
    size_t receipts = 0;
    /* CastBatchReply and CastBatchRequest have one shape: messages in field 1. */
    if (vt_proto_batch_open(message, &batch, &receipts) != VT_OK || receipts != count) {
        vt_send_answer answer = refused(VT_SLICE("bad_answer"));
        vt_send_answers_fill(answers, count, &answer);
        return;
    }
    vt_slice item = {0};
    for (uint32_t i = 0; i < count && vt_proto_batch_next(&batch, &item); i++) {
        answers->items[i] = receipt_answer(item);
    }
}

/* The names of the gRPC status codes, for servers that send no votaton-error. */
static vt_slice status_code_name(int status) {
    static const char *const names[] = {
        "ok",        "cancelled",       "unknown",           "invalid_argument",   "deadline_exceeded",
        "not_found", "already_exists",  "permission_denied", "resource_exhausted", "failed_precondition",
        "aborted",   "out_of_range",    "unimplemented",     "internal",           "unavailable",
        "data_loss", "unauthenticated",
    };
    bool known = status > 0 && (size_t) status < sizeof names / sizeof names[0];
    return known ? vt_slice_str(names[status]) : VT_SLICE("bad_answer");
}

static vt_send_answer error_answer(const vt_response *response) {
    if (response->code.len > 0) {
        vt_send_answer answer = refused(response->code);
        answer.id = response->id;
        return answer;
    }
    bool retry = response->status == GRPC_UNAVAILABLE || response->status == GRPC_RESOURCE_EXHAUSTED ||
                 response->status == GRPC_DEADLINE_EXCEEDED;
    return (vt_send_answer){.outcome = retry ? VT_SEND_OUTCOME_RETRY : VT_SEND_OUTCOME_REFUSED,
                            .id = response->id,
                            .code = status_code_name(response->status)};
}

void vt_send_answers_read_grpc(vt_send_answers *answers, const vt_response *response, bool batch, uint32_t count) {
    vt_send_answers_release(answers);
    if (response->status != GRPC_OK) {
        vt_send_answer answer = error_answer(response);
        vt_send_answers_fill(answers, count, &answer);
    } else if (batch) {
        read_batch(answers, response->body, count);
    } else {
        answers->items[0] = receipt_answer(response->body);
    }
}
