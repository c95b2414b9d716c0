/* Any bytes behind the HTTP/2 preface. If the first byte is odd they are raw frames; else they are orders that open
 * gRPC calls and send DATA on them, so that the message reader is reached often. The second bit gives the loop little
 * memory. At the end the connection is sealed. */
#include "wire.h"

#include "base/assert.h"

#include <stddef.h>
#include <stdint.h>

enum { LITTLE_ROOM = 8 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const vt_slice start = VT_SLICE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");

static void feed_frame(test_wire *wire, uint8_t type, uint8_t flags, uint32_t stream_id, vt_slice payload) {
    char head[9] = {
        (char) (payload.len >> 16), (char) (payload.len >> 8), (char) payload.len,      (char) type,     (char) flags,
        (char) (stream_id >> 24),   (char) (stream_id >> 16),  (char) (stream_id >> 8), (char) stream_id};
    wire_feed(wire, vt_slice_of(head, sizeof head));
    wire_feed(wire, payload);
}

static void add_field(vt_buf *block, const char *name, const char *value) {
    char lens[2] = {(char) strlen(name), (char) strlen(value)};
    vt_err err = vt_buf_append_char(block, 0); /* a literal without indexing, RFC 7541 §6.2.2 */
    err = err != VT_OK ? err : vt_buf_append_char(block, lens[0]);
    err = err != VT_OK ? err : vt_buf_append_slice(block, vt_slice_str(name));
    err = err != VT_OK ? err : vt_buf_append_char(block, lens[1]);
    err = err != VT_OK ? err : vt_buf_append_slice(block, vt_slice_str(value));
    VT_ASSERT(err == VT_OK);
}

static void open_call(test_wire *wire, uint32_t stream_id, uint8_t kind) {
    static const char *const paths[] = {"/test.Echo/Unary", "/test.Echo/Later", "/test.Echo/Stream", "/echo"};
    vt_buf block;
    vt_buf_init(&block, 1024);
    add_field(&block, ":method", "POST");
    add_field(&block, ":scheme", "http");
    add_field(&block, ":authority", "a");
    add_field(&block, ":path", paths[kind % 4]);
    add_field(&block, "content-type", kind % 4 == 3 ? "text/plain" : "application/grpc");
    if (kind & 4) {
        add_field(&block, "grpc-timeout", "50m");
    }
    feed_frame(wire, 1, (uint8_t) (kind & 8 ? 5 : 4), stream_id, vt_buf_slice(&block));
    vt_buf_release(&block);
}

static void answer_kept(void) {
    for (unsigned i = 0; i < echo_kept_now.count; i++) {
        vt_grpc_answer answer = {.status = (int) (i % 17), .text = VT_SLICE("x\n"), .message = VT_SLICE("hello")};
        vt_reply_grpc(echo_kept_now.replies[i], &answer);
    }
    echo_kept_now.count = 0;
}

/* One order: a byte that says what, a byte with the stream or a length, then what it needs. Returns how many bytes. */
static size_t obey(test_wire *wire, const uint8_t *data, size_t len) {
    if (len < 2) {
        return len;
    }
    uint32_t stream_id = (uint32_t) (data[1] % 16) * 2 + 1;
    size_t payload = (size_t) (data[0] >> 2) < len - 2 ? (size_t) (data[0] >> 2) : len - 2;
    vt_slice bytes = vt_slice_of((const char *) data + 2, payload);
    switch (data[0] & 3) {
    case 0:
        open_call(wire, stream_id, (uint8_t) (data[1] >> 4));
        return 2;
    case 1:
        feed_frame(wire, 0, data[1] >> 7, stream_id, bytes);
        return 2 + payload;
    case 2:
        feed_frame(wire, data[1] >> 4, data[1] & 0xd, stream_id, bytes);
        return 2 + payload;
    default:
        if (data[1] & 1) {
            wire_pass(wire, 10 * (data[1] >> 4));
        } else {
            answer_kept();
            wire_flush(wire);
        }
        return 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len < 1) {
        return 0;
    }
    test_wire *wire = wire_open(NULL);
    if (data[0] & 2) {
        wire->loop.account.bytes_max = LITTLE_ROOM;
    }
    wire_feed(wire, start);
    if (data[0] & 1) {
        size_t step = data[0] / 2 + 1;
        for (size_t at = 1; at < len && !wire->is_closed; at += step) {
            wire_feed(wire, vt_slice_of((const char *) data + at, len - at < step ? len - at : step));
        }
    } else {
        for (size_t at = 1; at < len && !wire->is_closed && echo_kept_now.count < ECHO_KEPT_MAX;) {
            at += obey(wire, data + at, len - at);
        }
    }
    unsigned calls = atomic_load(&echo_calls_count);
    wire->loop.is_sealed = true;
    vt_conn_seal(&wire->conn);
    wire_flush(wire);
    VT_ASSERT(calls == atomic_load(&echo_calls_count));
    wire_close(wire);
    return 0;
}
