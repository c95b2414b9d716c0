/* Answers as the reading side gives them: the headers that every one of its kind carries. */
#ifndef VT_WEB_ANSWER_H
#define VT_WEB_ANSWER_H

#include "net/http.h"

/* What the headers of an answer depend on. */
typedef enum vt_answer_kind {
    VT_ANSWER_JSON,  /* readable from any page: access-control-allow-origin * */
    VT_ANSWER_PAGE,  /* HTML under the strict Content-Security-Policy */
    VT_ANSWER_EVENTS /* text/event-stream, for vt_stream_start */
} vt_answer_kind;

/* One finished answer; the slices are borrowed. */
typedef struct vt_answer {
    vt_answer_kind kind;
    int status;
    vt_slice etag; /* with its quotes, or empty: then the answer must not be stored */
    vt_slice body;
} vt_answer;

/* Headers for an answer, laid out in `room`; *out borrows both. A 503 says Retry-After: 1. */
void vt_answer_lay_out(const vt_answer *answer, vt_header room[VT_REPLY_HEADERS_MAX], vt_http_answer *out);

/* Answers, now. On the reply's loop thread, as everything below. */
void vt_answer_send(vt_reply reply, const vt_answer *answer);

/* {"error":{"code","message"}} with the status of `err`. `message` NULL: the error's own. */
void vt_answer_error(vt_reply reply, vt_err err, const char *message);

/* Whether If-None-Match names this entity tag (RFC 9110 §13.1.2, weak comparison; "*" matches any). */
bool vt_answer_matches(vt_slice if_none_match, vt_slice etag);

#endif
