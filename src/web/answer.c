#include "web/answer.h"

#include "base/assert.h"

#include <stdio.h>

#define ANSWER_POLICY                                                                                                  \
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'self'; frame-ancestors 'none'"

enum { ANSWER_ERROR_BYTES_MAX = 512 };

static const vt_header answer_nosniff = {{"x-content-type-options", 22}, {"nosniff", 7}};
static const vt_header answer_any_origin = {{"access-control-allow-origin", 27}, {"*", 1}};
static const vt_header answer_no_store = {{"cache-control", 13}, {"no-store", 8}};
static const vt_header answer_no_cache = {{"cache-control", 13}, {"no-cache", 8}};
static const vt_header answer_unbuffered = {{"x-accel-buffering", 17}, {"no", 2}};
static const vt_header answer_no_referrer = {{"referrer-policy", 15}, {"no-referrer", 11}};
static const vt_header answer_retry_after = {{"retry-after", 11}, {"1", 1}};
static const vt_header answer_vary = {{"vary", 4}, {"accept-language", 15}};
static const vt_header answer_policy = {{"content-security-policy", 23}, {ANSWER_POLICY, sizeof ANSWER_POLICY - 1}};

static vt_slice answer_type(vt_answer_kind kind) {
    switch (kind) {
    case VT_ANSWER_PAGE:
        return VT_SLICE("text/html; charset=utf-8");
    case VT_ANSWER_EVENTS:
        return VT_SLICE("text/event-stream");
    case VT_ANSWER_JSON:
    default:
        return VT_SLICE("application/json");
    }
}

void vt_answer_lay_out(const vt_answer *answer, vt_header room[VT_REPLY_HEADERS_MAX], vt_http_answer *out) {
    uint32_t count = 0;
    room[count++] = answer_nosniff;
    room[count++] = answer->etag.len > 0 ? answer_no_cache : answer_no_store;
    if (answer->etag.len > 0) {
        room[count++] = (vt_header){VT_SLICE("etag"), answer->etag};
    }
    if (answer->kind == VT_ANSWER_PAGE) {
        room[count++] = answer_policy;
        room[count++] = answer_no_referrer;
        room[count++] = answer_vary;
    } else {
        room[count++] = answer_any_origin;
    }
    if (answer->kind == VT_ANSWER_EVENTS) {
        room[count++] = answer_unbuffered;
    }
    if (answer->status == 503) {
        room[count++] = answer_retry_after;
    }
    VT_ASSERT(count <= VT_REPLY_HEADERS_MAX);
    bool has_body = answer->status != 304; /* RFC 9110 §15.4.5 */
    *out = (vt_http_answer){
        .status = answer->status,
        .content_type = has_body ? answer_type(answer->kind) : (vt_slice){NULL, 0},
        .headers = room,
        .headers_count = count,
        .body = has_body ? answer->body : (vt_slice){NULL, 0},
    };
}

void vt_answer_send(vt_reply reply, const vt_answer *answer) {
    vt_header room[VT_REPLY_HEADERS_MAX];
    vt_http_answer http;
    vt_answer_lay_out(answer, room, &http);
    vt_reply_http(reply, &http);
}

void vt_answer_error(vt_reply reply, vt_err err, const char *message) {
    char body[ANSWER_ERROR_BYTES_MAX];
    int len = snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", vt_err_code(err),
                       message == NULL ? vt_err_text(err) : message);
    VT_ASSERT(len > 0 && (size_t) len < sizeof body);
    vt_answer answer = {.status = vt_err_http_status(err), .body = vt_slice_of(body, (size_t) len)};
    vt_answer_send(reply, &answer);
}

/* Cuts the next list member off the front of `list`, without the spaces around it. */
static vt_slice answer_next_tag(vt_slice *list) {
    const char *end = memchr(list->ptr, ',', list->len);
    size_t len = end == NULL ? list->len : (size_t) (end - list->ptr);
    vt_slice tag = vt_slice_of(list->ptr, len);
    size_t used = end == NULL ? len : len + 1;
    *list = vt_slice_of(list->ptr + used, list->len - used);
    while (tag.len > 0 && (tag.ptr[0] == ' ' || tag.ptr[0] == '\t')) {
        tag = vt_slice_of(tag.ptr + 1, tag.len - 1);
    }
    while (tag.len > 0 && (tag.ptr[tag.len - 1] == ' ' || tag.ptr[tag.len - 1] == '\t')) {
        tag.len--;
    }
    return tag;
}

bool vt_answer_matches(vt_slice if_none_match, vt_slice etag) {
    while (if_none_match.len > 0) {
        vt_slice tag = answer_next_tag(&if_none_match);
        if (vt_slice_starts_with(tag, VT_SLICE("W/"))) {
            tag = vt_slice_of(tag.ptr + 2, tag.len - 2);
        }
        if (vt_slice_eq(tag, etag) || vt_slice_eq(tag, VT_SLICE("*"))) {
            return true;
        }
    }
    return false;
}
