#include "net/grpc.h"

#include "base/assert.h"

enum { TIMEOUT_DIGITS_MAX = 8 };

vt_grpc_kind vt_grpc_kind_of(vt_slice content_type) {
    const vt_slice family = VT_SLICE("application/grpc");
    if (content_type.len < family.len || !vt_slice_eq_nocase(vt_slice_of(content_type.ptr, family.len), family)) {
        return VT_GRPC_NONE;
    }
    vt_slice rest = vt_slice_of(content_type.ptr + family.len, content_type.len - family.len);
    const vt_slice proto = VT_SLICE("+proto");
    if (rest.len >= proto.len && vt_slice_eq_nocase(vt_slice_of(rest.ptr, proto.len), proto)) {
        rest = vt_slice_of(rest.ptr + proto.len, rest.len - proto.len);
    }
    bool ends = rest.len == 0 || rest.ptr[0] == ';' || rest.ptr[0] == ' ' || rest.ptr[0] == '\t';
    return ends ? VT_GRPC_PROTO : VT_GRPC_FOREIGN;
}

/* How many nanoseconds a unit has; 0 when there is no such unit. */
static int64_t unit_ns(char unit) {
    switch (unit) {
    case 'H':
        return 3600 * INT64_C(1000000000);
    case 'M':
        return 60 * INT64_C(1000000000);
    case 'S':
        return INT64_C(1000000000);
    case 'm':
        return 1000000;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool vt_grpc_timeout_parse(vt_slice text, int64_t *out_ms) {
    if (text.len < 2 || text.len > TIMEOUT_DIGITS_MAX + 1) {
        return false;
    }
    int64_t count = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        count = count * 10 + (text.ptr[i] - '0');
    }
    int64_t unit = unit_ns(text.ptr[text.len - 1]);
    if (unit == 0) {
        return false;
    }
    /* 99,999,999 hours in nanoseconds do not fit into 64 bits. */
    *out_ms = unit >= 1000000 ? count * (unit / 1000000) : (count * unit + 999999) / 1000000;
    return true;
}

static uint32_t prefix_message_len(const uint8_t prefix[VT_GRPC_PREFIX_LEN]) {
    return (uint32_t) prefix[1] << 24 | (uint32_t) prefix[2] << 16 | (uint32_t) prefix[3] << 8 | prefix[4];
}

static vt_err check_prefix(const uint8_t prefix[VT_GRPC_PREFIX_LEN], uint32_t message_bytes_max) {
    if (prefix[0] > 1) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    if (prefix[0] == 1) {
        return VT_ERR_UNIMPLEMENTED;
    }
    return prefix_message_len(prefix) > message_bytes_max ? VT_ERR_BODY_TOO_LARGE : VT_OK;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

vt_grpc_progress vt_grpc_read(vt_grpc_reader *reader, uint32_t message_bytes_max, vt_slice *bytes, vt_buf *body,
                              vt_err *out_err) {
    if (reader->prefix_len < VT_GRPC_PREFIX_LEN) {
        size_t len = smaller(VT_GRPC_PREFIX_LEN - reader->prefix_len, bytes->len);
        if (len > 0) {
            memcpy(reader->prefix + reader->prefix_len, bytes->ptr, len);
        }
        reader->prefix_len += (uint32_t) len;
        *bytes = vt_slice_of(bytes->ptr + len, bytes->len - len);
        if (reader->prefix_len < VT_GRPC_PREFIX_LEN) {
            return VT_GRPC_MORE;
        }
        vt_err err = check_prefix(reader->prefix, message_bytes_max);
        if (err != VT_OK) {
            *out_err = err;
            return VT_GRPC_FAILED;
        }
    }
    uint32_t message_len = prefix_message_len(reader->prefix);
    VT_ASSERT(body->len <= message_len);
    size_t len = smaller(message_len - body->len, bytes->len);
    vt_err err = len == 0 ? VT_OK : vt_buf_append(body, bytes->ptr, len);
    if (err != VT_OK) {
        *out_err = err;
        return VT_GRPC_FAILED;
    }
    *bytes = vt_slice_of(bytes->ptr + len, bytes->len - len);
    if (body->len < message_len) {
        return VT_GRPC_MORE;
    }
    reader->prefix_len = 0;
    return VT_GRPC_MESSAGE;
}

void vt_grpc_write_prefix(uint8_t out[VT_GRPC_PREFIX_LEN], size_t len) {
    VT_ASSERT(len <= UINT32_MAX);
    out[0] = 0;
    out[1] = (uint8_t) (len >> 24);
    out[2] = (uint8_t) (len >> 16);
    out[3] = (uint8_t) (len >> 8);
    out[4] = (uint8_t) len;
}

vt_err vt_grpc_append_message(vt_buf *out, vt_slice text) {
    static const char hex[] = "0123456789ABCDEF";
    vt_err err = vt_buf_reserve(out, text.len * 3);
    for (size_t i = 0; err == VT_OK && i < text.len; i++) {
        unsigned char c = (unsigned char) text.ptr[i];
        if (c >= 0x20 && c <= 0x7e && c != '%') {
            err = vt_buf_append_char(out, (char) c);
        } else {
            char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
            err = vt_buf_append(out, escaped, sizeof escaped);
        }
    }
    return err;
}
