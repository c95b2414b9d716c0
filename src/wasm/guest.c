#include "wasm/guest.h"

#include "base/assert.h"
#include "vote/vote_json.h"

#include <string.h>

_Static_assert(VT_FIELD_COUNT <= 8, "a field takes three bits of an error");

#ifdef __wasm__
#define VT_EXPORT(name) __attribute__((export_name(name)))
#else
#define VT_EXPORT(name)
#endif

static char in[VT_GUEST_IN_BYTES];
static char out[VT_GUEST_OUT_BYTES];

VT_EXPORT("vt_in") char *vt_in(void) {
    return in;
}

VT_EXPORT("vt_out") char *vt_out(void) {
    return out;
}

static int32_t refuse(vt_err err, vt_field field) {
    return -((int32_t) err * 8 + (int32_t) field);
}

static int32_t vote_from_json(vt_slice text, char *to) {
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field;
    vt_err err = vt_vote_read_json(text, &vote, &scratch, &field);
    return err == VT_OK ? (int32_t) vt_vote_write_proto(&vote, to) : refuse(err, field);
}

VT_EXPORT("vt_vote1") int32_t vt_vote1(int32_t len) {
    if (len < 0 || len > VT_VOTE_JSON_BYTES_MAX) {
        return refuse(VT_ERR_BODY_TOO_LARGE, VT_FIELD_NONE);
    }
    return vote_from_json(vt_slice_of(in, (size_t) len), out);
}

static int32_t vote_from_proto(int32_t len, vt_field fields_max) {
    if (len < 0 || len > VT_BATCH_BYTES_MAX) {
        return refuse(VT_ERR_BODY_TOO_LARGE, VT_FIELD_NONE);
    }
    vt_vote vote;
    vt_field field;
    vt_err err = vt_vote_read_proto(vt_slice_of(in, (size_t) len), fields_max, &vote, &field);
    return err == VT_OK ? (int32_t) vt_vote_write_proto(&vote, out) : refuse(err, field);
}

VT_EXPORT("vt_proto1") int32_t vt_proto1(int32_t len) {
    return vote_from_proto(len, VT_FIELD_VOTER_CODE);
}

VT_EXPORT("vt_request1") int32_t vt_request1(int32_t len) {
    return vote_from_proto(len, VT_FIELD_RANK);
}

static uint32_t read_u32le(const char *at) {
    const unsigned char *bytes = (const unsigned char *) at;
    return bytes[0] | (uint32_t) bytes[1] << 8 | (uint32_t) bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}

static void write_u32le(char *at, uint32_t value) {
    for (int i = 0; i < VT_GUEST_PREFIX_BYTES; i++) {
        at[i] = (char) (value >> (8 * i));
    }
}

/* Takes the next item off *rest; false where its length does not fit. */
static bool next_item(vt_slice *rest, vt_slice *item) {
    if (rest->len < VT_GUEST_PREFIX_BYTES) {
        return false;
    }
    uint32_t len = read_u32le(rest->ptr);
    if (len > rest->len - VT_GUEST_PREFIX_BYTES) {
        return false;
    }
    *item = vt_slice_of(rest->ptr + VT_GUEST_PREFIX_BYTES, len);
    *rest = vt_slice_of(item->ptr + len, rest->len - VT_GUEST_PREFIX_BYTES - len);
    return true;
}

static vt_err count_items(vt_slice rest) {
    vt_slice item;
    for (int count = 0; rest.len > 0; count++) {
        if (!next_item(&rest, &item)) {
            return VT_ERR_MALFORMED_REQUEST;
        }
        if (count == VT_BATCH_VOTES_MAX) {
            return VT_ERR_BATCH_TOO_LARGE;
        }
    }
    return VT_OK;
}

VT_EXPORT("vt_batch") int32_t vt_batch(int32_t len) {
    if (len <= 0 || len > VT_GUEST_IN_BYTES) {
        return refuse(len == 0 ? VT_ERR_EMPTY_BATCH : VT_ERR_BODY_TOO_LARGE, VT_FIELD_NONE);
    }
    vt_slice rest = vt_slice_of(in, (size_t) len);
    vt_err err = count_items(rest);
    if (err != VT_OK) {
        return refuse(err, VT_FIELD_NONE);
    }
    char *to = out;
    vt_slice item;
    while (rest.len > 0 && next_item(&rest, &item)) {
        int32_t result = item.len > VT_VOTE_JSON_BYTES_MAX ? refuse(VT_ERR_BODY_TOO_LARGE, VT_FIELD_NONE)
                                                           : vote_from_json(item, to + VT_GUEST_PREFIX_BYTES);
        write_u32le(to, (uint32_t) result);
        to += VT_GUEST_PREFIX_BYTES + (result > 0 ? result : 0);
    }
    VT_ASSERT(to <= out + VT_GUEST_OUT_BYTES);
    return (int32_t) (to - out);
}
