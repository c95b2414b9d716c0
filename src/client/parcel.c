#include "client/parcel.h"

#include "base/assert.h"
#include "vote/vote_proto.h"

#include <stdlib.h>

static const char json_id[] = ",\"vote_id\":\"";

enum {
    JSON_ID_LEN = sizeof json_id - 1 + VT_UUID_TEXT_LEN + 1, /* with the closing quote */
    PROTO_ID_LEN = 2 + VT_UUID_TEXT_LEN,
    ITEM_FRAME_LEN_MAX = 4, /* a comma and a brace, or a tag and a length below 2^21 */
    PROTO_VOTES_TAG = 1 << 3 | 2,
};

vt_err vt_parcel_init(vt_parcel *parcel, const vt_votes *votes, bool batch, uint32_t capacity) {
    vt_parcel_item *items = calloc(capacity, sizeof *items);
    if (items == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    *parcel = (vt_parcel){.votes = votes, .batch = batch, .capacity = capacity, .items = items};
    return VT_OK;
}

void vt_parcel_release(vt_parcel *parcel) {
    free(parcel->items);
    *parcel = (vt_parcel){0};
}

static bool adds_id(const vt_parcel *parcel, uint32_t item) {
    return !vt_votes_has_id(parcel->votes, parcel->items[item].vote);
}

static vt_slice body_of(const vt_parcel *parcel, uint32_t item) {
    return vt_votes_body(parcel->votes, parcel->items[item].vote);
}

static size_t proto_item_len(const vt_parcel *parcel, uint32_t item) {
    return body_of(parcel, item).len + (adds_id(parcel, item) ? (size_t) PROTO_ID_LEN : 0);
}

static size_t varint_len(size_t value) {
    size_t len = 1;
    while (value >= 0x80) {
        value >>= 7;
        len++;
    }
    return len;
}

size_t vt_parcel_json_len(const vt_parcel *parcel) {
    if (!parcel->batch) {
        return body_of(parcel, 0).len + 1;
    }
    size_t len = 1;
    for (uint32_t i = 0; i < parcel->count; i++) {
        len += body_of(parcel, i).len + (adds_id(parcel, i) ? (size_t) JSON_ID_LEN : 0) + 2;
    }
    return len;
}

size_t vt_parcel_proto_len(const vt_parcel *parcel) {
    if (!parcel->batch) {
        return proto_item_len(parcel, 0);
    }
    size_t len = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        size_t item = proto_item_len(parcel, i);
        len += 1 + varint_len(item) + item;
    }
    return len;
}

size_t vt_parcel_item_len_max(const vt_parcel *parcel, uint32_t vote) {
    return vt_votes_body(parcel->votes, vote).len + JSON_ID_LEN + ITEM_FRAME_LEN_MAX;
}

static char *put(char *end, const void *bytes, size_t len) {
    memcpy(end, bytes, len);
    return end + len;
}

static char *put_json_item(char *end, const vt_parcel *parcel, uint32_t item) {
    vt_slice body = body_of(parcel, item);
    end = put(end, body.ptr, body.len);
    if (adds_id(parcel, item)) {
        end = put(end, json_id, sizeof json_id - 1);
        end = put(end, parcel->items[item].id, VT_UUID_TEXT_LEN);
        *end++ = '"';
    }
    *end++ = '}';
    return end;
}

vt_err vt_parcel_write_json(const vt_parcel *parcel, vt_buf *out) {
    size_t len = vt_parcel_json_len(parcel);
    vt_err err = vt_buf_reserve(out, len);
    if (err != VT_OK) {
        return err;
    }
    char *end = out->ptr + out->len;
    if (!parcel->batch) {
        vt_slice body = body_of(parcel, 0);
        end = put(end, body.ptr, body.len);
        *end++ = '}';
    } else {
        for (uint32_t i = 0; i < parcel->count; i++) {
            *end++ = i == 0 ? '[' : ',';
            end = put_json_item(end, parcel, i);
        }
        *end++ = ']';
    }
    VT_ASSERT(end == out->ptr + out->len + len);
    out->len += len;
    return VT_OK;
}

static char *put_proto_item(char *end, const vt_parcel *parcel, uint32_t item) {
    vt_slice body = body_of(parcel, item);
    end = put(end, body.ptr, body.len);
    if (adds_id(parcel, item)) {
        end = vt_proto_write_text(end, VT_FIELD_VOTE_ID, vt_slice_of(parcel->items[item].id, VT_UUID_TEXT_LEN));
    }
    return end;
}

vt_err vt_parcel_write_proto(const vt_parcel *parcel, vt_buf *out) {
    size_t len = vt_parcel_proto_len(parcel);
    vt_err err = vt_buf_reserve(out, len);
    if (err != VT_OK) {
        return err;
    }
    char *end = out->ptr + out->len;
    if (!parcel->batch) {
        end = put_proto_item(end, parcel, 0);
    } else {
        for (uint32_t i = 0; i < parcel->count; i++) {
            *end++ = PROTO_VOTES_TAG;
            end = vt_proto_write_varint(end, proto_item_len(parcel, i));
            end = put_proto_item(end, parcel, i);
        }
    }
    VT_ASSERT(end == out->ptr + out->len + len);
    out->len += len;
    return VT_OK;
}

vt_slice vt_parcel_key(const vt_parcel *parcel) {
    if (parcel->batch || !adds_id(parcel, 0)) {
        return (vt_slice){0};
    }
    return vt_slice_of(parcel->items[0].id, VT_UUID_TEXT_LEN);
}
