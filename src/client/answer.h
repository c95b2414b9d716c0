/* What a server's response says about each vote of a request. */
#ifndef VT_CLIENT_ANSWER_H
#define VT_CLIENT_ANSWER_H

#include "client/votes_file.h"

#include <jansson.h>

typedef enum vt_outcome {
    VT_OUTCOME_COUNTED,   /* recorded, and counted already */
    VT_OUTCOME_RECORDED,  /* recorded; the count follows */
    VT_OUTCOME_DUPLICATE, /* recorded before under the same id */
    VT_OUTCOME_RETRY,     /* not recorded or unknown: send again with the same id */
    VT_OUTCOME_REFUSED,
} vt_outcome;

typedef struct vt_answer {
    vt_outcome outcome;
    vt_slice id;   /* as the server returned it; empty when it did not */
    vt_slice code; /* why, when refused or to be retried; never empty then */
} vt_answer;

/* A response as the protocol delivered it. */
typedef struct vt_response {
    int status;             /* an HTTP status, or a gRPC status code */
    vt_slice body;          /* JSON, or the protobuf message without its frame; may be empty */
    vt_slice code;          /* the gRPC trailer votaton-error; empty for HTTP */
    vt_slice id;            /* the gRPC trailer votaton-id; empty for HTTP */
    int64_t retry_after_ms; /* < 0: none */
} vt_response;

enum { VT_ANSWER_CODE_BYTES = 48 };

/* The answers to one request; reused from request to request. */
typedef struct vt_answers {
    vt_answer items[VT_BATCH_VOTES_MAX];
    json_t *json;                    /* owns what the slices of a JSON answer point to */
    char code[VT_ANSWER_CODE_BYTES]; /* a code that had to be made up */
} vt_answers;

/* Reads the response to a request of `count` votes into items[0 … count−1]; every response gives an answer. The slices
 * are borrowed from the response and from `answers`, until the next read or the release. `batch` is the request's form.
 *
 * HTTP: any 2xx accepts a single vote, so that services which know no receipts can be fed too; a batch needs one
 * receipt for each vote. 408, 429, 502, 503 and 504 are retried.
 * gRPC: UNAVAILABLE, DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED are retried, unless votaton-error names a code that is
 * not retryable (a quota is RESOURCE_EXHAUSTED too). */
void vt_answers_read_http(vt_answers *answers, const vt_response *response, bool batch, uint32_t count);
void vt_answers_read_grpc(vt_answers *answers, const vt_response *response, bool batch, uint32_t count);

/* `answers` zeroed or used before. */
void vt_answers_release(vt_answers *answers);

/* Whether a machine-readable code asks for another attempt: one of base/err.h that maps to 503. */
bool vt_answer_code_is_retryable(vt_slice code);

/* The outcome behind a receipt's status text ("counted", "recorded", "duplicate"); REFUSED for any other. */
vt_outcome vt_answer_outcome_of(vt_slice status);

/* Gives every one of `count` votes the same answer. */
void vt_answers_fill(vt_answers *answers, uint32_t count, const vt_answer *answer);

#endif
