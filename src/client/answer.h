/* What a server's response says about each vote of a request. */
#ifndef VT_CLIENT_ANSWER_H
#define VT_CLIENT_ANSWER_H

#include "client/votes_file.h"

#include <jansson.h>

typedef enum vt_send_outcome {
    VT_SEND_OUTCOME_COUNTED,   /* recorded, and counted already */
    VT_SEND_OUTCOME_RECORDED,  /* recorded; the count follows */
    VT_SEND_OUTCOME_DUPLICATE, /* recorded before under the same id */
    VT_SEND_OUTCOME_RETRY,     /* not recorded or unknown: send again with the same id */
    VT_SEND_OUTCOME_REFUSED,
} vt_send_outcome;

typedef struct vt_send_answer {
    vt_send_outcome outcome;
    vt_slice id;       /* as the server returned it; empty when it did not */
    vt_slice position; /* of the record; empty when the server did not say */
    vt_slice code;     /* why, when refused or to be retried; never empty then */
} vt_send_answer;

/* A response as the protocol delivered it. */
typedef struct vt_response {
    int status;             /* an HTTP status, or a gRPC status code */
    vt_slice body;          /* JSON, or the protobuf message without its frame; may be empty */
    vt_slice code;          /* the gRPC trailer votaton-error; empty for HTTP */
    vt_slice id;            /* the gRPC trailer votaton-id; empty for HTTP */
    int64_t retry_after_ms; /* < 0: none */
} vt_response;

enum { VT_SEND_ANSWER_CODE_BYTES = 48 };

/* The answers to one request; reused from request to request. */
typedef struct vt_send_answers {
    vt_send_answer items[VT_BATCH_VOTES_MAX];
    json_t *json;                         /* owns what the slices of a JSON answer point to */
    char code[VT_SEND_ANSWER_CODE_BYTES]; /* a code that had to be made up */
} vt_send_answers;

/* Reads the response to a request of `count` votes into items[0 … count−1]; every response gives an answer. The slices
 * are borrowed from the response and from `answers`, until the next read or the release. `batch` is the request's form.
 *
 * HTTP: any 2xx accepts a single vote, so that services which know no receipts can be fed too; a batch needs one
 * receipt for each vote. 408, 429, 502, 503 and 504 are retried.
 * gRPC: UNAVAILABLE, DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED are retried, unless votaton-error names a code that is
 * not retryable (a quota is RESOURCE_EXHAUSTED too). */
void vt_send_answers_read_http(vt_send_answers *answers, const vt_response *response, bool batch, uint32_t count);
void vt_send_answers_read_grpc(vt_send_answers *answers, const vt_response *response, bool batch, uint32_t count);

/* `answers` zeroed or used before. */
void vt_send_answers_release(vt_send_answers *answers);

/* Whether a machine-readable code asks for another attempt: one of base/err.h that maps to 503. */
bool vt_send_answer_code_is_retryable(vt_slice code);

/* The outcome behind a receipt's status text ("counted", "recorded", "duplicate"); REFUSED for any other. */
vt_send_outcome vt_send_answer_outcome_of(vt_slice status);

/* Gives every one of `count` votes the same answer. */
void vt_send_answers_fill(vt_send_answers *answers, uint32_t count, const vt_send_answer *answer);

#endif
