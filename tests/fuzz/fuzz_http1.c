/* Any bytes as HTTP/1.1: no crash, and the same answers however the bytes are cut. The first byte chooses the cuts. */
#include "wire.h"

#include "base/assert.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void answer_kept(test_wire *wire) {
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("text/plain"), .body = VT_SLICE("later")};
    for (unsigned i = 0; i < echo_kept_now.count; i++) {
        if (vt_reply_is_open(echo_kept_now.replies[i])) {
            vt_reply_http(echo_kept_now.replies[i], &answer);
        }
    }
    echo_kept_now.count = 0;
    wire_flush(wire);
}

static test_wire *run(const uint8_t *data, size_t len, size_t step) {
    test_wire *wire = wire_open(NULL);
    for (size_t at = 0; at < len && !wire->is_closed; at += step) {
        size_t piece = len - at < step ? len - at : step;
        wire_feed(wire, vt_slice_of((const char *) data + at, piece));
    }
    while (echo_kept_now.count > 0 && !wire->is_closed && wire->conn.kind == VT_CONN_HTTP1 &&
           !wire->conn.http1.exchange->is_streaming) {
        answer_kept(wire);
    }
    return wire;
}

/* Where the last answer begins. */
static size_t last_answer(vt_slice out) {
    static const char start[] = "HTTP/1.1 ";
    for (size_t at = out.len; at > 0; at--) {
        if (out.len - (at - 1) >= sizeof start - 1 && memcmp(out.ptr + at - 1, start, sizeof start - 1) == 0) {
            return at - 1;
        }
    }
    return 0;
}

static bool is_refusal(vt_slice out, size_t at) {
    static const char *const refusals[] = {"HTTP/1.1 400 ", "HTTP/1.1 413 ", "HTTP/1.1 431 "};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        size_t len = strlen(refusals[i]);
        if (out.len - at >= len && memcmp(out.ptr + at, refusals[i], len) == 0) {
            return true;
        }
    }
    return false;
}

/* A request with two faults, one too many of something and one of syntax in the same token, is refused for the one that
 * is seen first, which the cuts decide: llhttp hands over a token in as many parts as it comes in. */
static bool is_same(vt_slice a, vt_slice b) {
    if (vt_slice_eq(a, b)) {
        return true;
    }
    size_t at_a = last_answer(a);
    size_t at_b = last_answer(b);
    return vt_slice_eq(vt_slice_of(a.ptr, at_a), vt_slice_of(b.ptr, at_b)) && is_refusal(a, at_a) &&
           is_refusal(b, at_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len < 1) {
        return 0;
    }
    test_wire *whole = run(data + 1, len - 1, len);
    test_wire *pieces = run(data + 1, len - 1, (size_t) data[0] % 32 + 1);
    bool is_http1 = whole->conn.kind == VT_CONN_HTTP1;
    VT_ASSERT(!is_http1 || is_same(vt_buf_slice(&whole->out), vt_buf_slice(&pieces->out)));
    VT_ASSERT(whole->is_closed == pieces->is_closed || !is_http1);
    wire_close(whole);
    wire_close(pieces);
    return 0;
}
