#include "vote/vote_proto.h"

#include "base/assert.h"
#include "vote/text.h"

enum {
    VT_PROTO_BATCH_FIELD_VOTES = 1,
    VT_PROTO_VARINT_BYTES_MAX = 10,
    VT_PROTO_TAG_BYTES_MAX = 5, /* tags and lengths are 32-bit numbers */
};

/* https://protobuf.dev/programming-guides/encoding/#structure */
typedef enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5,
} wire_type;

typedef struct cursor {
    const char *ptr;
    const char *end;
} cursor;

/* One field of a message; `bytes` is set for WIRE_BYTES only. */
typedef struct wire_field {
    uint32_t number;
    uint32_t type;
    vt_slice bytes;
} wire_field;

/* Rare, so it stays out of the way of the short ones. */
__attribute__((noinline)) static bool read_long_varint(cursor *in, unsigned bytes_max, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes_max && in->ptr < in->end; i++) {
        uint8_t byte = (uint8_t) *in->ptr++;
        /* Ten times seven bits are six more than there are; protobuf's own readers drop them, too. */
        value |= (uint64_t) (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* A tag or a length. */
static inline bool read_varint32(cursor *in, uint32_t *out) {
    if (in->ptr < in->end && (uint8_t) *in->ptr < 0x80) {
        *out = (uint8_t) *in->ptr++;
        return true;
    }
    uint64_t value;
    if (!read_long_varint(in, VT_PROTO_TAG_BYTES_MAX, &value) || value > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t) value;
    return true;
}

static inline bool skip(cursor *in, size_t len) {
    if (len > (size_t) (in->end - in->ptr)) {
        return false;
    }
    in->ptr += len;
    return true;
}

static inline bool read_bytes(cursor *in, vt_slice *out) {
    uint32_t len;
    if (!read_varint32(in, &len)) {
        return false;
    }
    *out = vt_slice_of(in->ptr, len);
    return skip(in, len);
}

/* Reads one field, whatever it is. The types 3 and 4, groups, are refused like those that do not exist: proto3 has no
 * groups, and they nest. */
static inline bool read_wire_field(cursor *in, wire_field *out) {
    uint32_t tag;
    if (!read_varint32(in, &tag)) {
        return false;
    }
    out->number = tag >> 3;
    out->type = tag & 7;
    if (out->number == 0) {
        return false;
    }
    uint64_t ignored;
    switch (out->type) {
    case WIRE_BYTES:
        return read_bytes(in, &out->bytes);
    case WIRE_VARINT:
        return read_long_varint(in, VT_PROTO_VARINT_BYTES_MAX, &ignored);
    case WIRE_FIXED64:
        return skip(in, sizeof(uint64_t));
    case WIRE_FIXED32:
        return skip(in, sizeof(uint32_t));
    default:
        return false;
    }
}

/* Reads all fields. *not_utf8 becomes the first field of which a text that was replaced is no UTF-8: it escapes the
 * check of the vote, but proto3 knows no other texts. */
static bool read_fields(vt_slice bytes, vt_field fields_max, vt_vote *vote, vt_field *not_utf8) {
    cursor in = {bytes.ptr, vt_slice_end(bytes)};
    while (in.ptr < in.end) {
        wire_field found;
        if (!read_wire_field(&in, &found)) {
            return false;
        }
        if (found.type != WIRE_BYTES || found.number > (uint32_t) fields_max) {
            continue;
        }
        vt_slice *text = &vote->text[found.number];
        bool is_first_bad = *not_utf8 == VT_FIELD_NONE || found.number < (uint32_t) *not_utf8;
        if (text->len > 0 && is_first_bad && !vt_text_is_utf8(*text)) {
            *not_utf8 = (vt_field) found.number;
        }
        *text = found.bytes;
    }
    return true;
}

vt_err vt_vote_read_proto(vt_slice bytes, vt_field fields_max, vt_vote *vote, vt_field *field) {
    VT_ASSERT(fields_max >= VT_FIELD_RANK && fields_max <= VT_FIELD_VOTER_CODE);
    *vote = (vt_vote){0};
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_RANK; i++) {
        vote->text[i] = vt_slice_of("", 0);
    }
    *field = VT_FIELD_NONE;
    if (!read_fields(bytes, fields_max, vote, field)) {
        *field = VT_FIELD_NONE;
        return VT_ERR_MALFORMED_PROTOBUF;
    }
    if (*field != VT_FIELD_NONE) {
        return VT_ERR_INVALID_UTF8;
    }
    for (int i = VT_FIELD_VOTE_ID; i <= VT_FIELD_VOTER_CODE; i++) {
        if (vote->text[i].len == 0) {
            vote->text[i] = (vt_slice){0};
        }
    }
    return vt_vote_check(vote, field);
}

char *vt_proto_write_varint(char *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (char) (0x80 | (value & 0x7f));
        value >>= 7;
    }
    *out++ = (char) value;
    return out;
}

char *vt_proto_write_text(char *out, unsigned field_number, vt_slice text) {
    VT_ASSERT(field_number >= 1 && field_number <= 15);
    if (text.len == 0) {
        return out;
    }
    *out++ = (char) (field_number << 3 | WIRE_BYTES);
    out = vt_proto_write_varint(out, text.len);
    memcpy(out, text.ptr, text.len);
    return out + text.len;
}

size_t vt_vote_write_proto(const vt_vote *vote, char out[VT_VOTE_PROTO_BYTES_MAX]) {
    char *end = out;
    for (unsigned i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        end = vt_proto_write_text(end, i, vote->text[i]);
    }
    VT_ASSERT(end - out <= VT_VOTE_PROTO_BYTES_MAX);
    return (size_t) (end - out);
}

/* The next vote of a batch, past whatever is none; false at the end. *err is set on a bad field. */
static bool next_vote(cursor *in, vt_slice *vote, vt_err *err) {
    while (in->ptr < in->end) {
        wire_field found;
        if (!read_wire_field(in, &found)) {
            *err = VT_ERR_MALFORMED_PROTOBUF;
            return false;
        }
        if (found.number == VT_PROTO_BATCH_FIELD_VOTES && found.type == WIRE_BYTES) {
            *vote = found.bytes;
            return true;
        }
    }
    return false;
}

vt_err vt_proto_batch_open(vt_slice bytes, vt_proto_batch *batch, size_t *count) {
    cursor in = {bytes.ptr, vt_slice_end(bytes)};
    vt_err err = VT_OK;
    vt_slice vote;
    size_t votes = 0;
    while (next_vote(&in, &vote, &err)) {
        votes++;
    }
    if (err != VT_OK) {
        return err;
    }
    if (votes == 0) {
        return VT_ERR_EMPTY_BATCH;
    }
    if (votes > VT_BATCH_VOTES_MAX) {
        return VT_ERR_BATCH_TOO_LARGE;
    }
    batch->rest = bytes;
    *count = votes;
    return VT_OK;
}

bool vt_proto_batch_next(vt_proto_batch *batch, vt_slice *item) {
    cursor in = {batch->rest.ptr, vt_slice_end(batch->rest)};
    vt_err err = VT_OK;
    bool is_vote = next_vote(&in, item, &err);
    batch->rest = vt_slice_of(in.ptr, (size_t) (in.end - in.ptr));
    return is_vote;
}
