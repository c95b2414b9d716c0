#include "sqlite/link.h"

#include "base/hash.h"

enum { LINK_INPUT_LEN = 85, CONTEST_LINK_HEAD_LEN = 32 };

static uint8_t *put_id(uint8_t *out, const vt_id *id) {
    memcpy(out, id->bytes, VT_ID_LEN);
    return out + VT_ID_LEN;
}

static uint8_t *put_little_endian(uint8_t *out, uint64_t value, size_t len) {
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t) (value >> (8 * i));
    }
    return out + len;
}

static vt_id cut_hash(const uint8_t *head, size_t head_len, vt_slice tail) {
    vt_sha256 hash;
    uint8_t digest[VT_SHA256_LEN];
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, head, head_len);
    vt_sha256_update(&hash, tail.ptr, tail.len);
    vt_sha256_final(&hash, digest);
    vt_id link;
    memcpy(link.bytes, digest, VT_ID_LEN);
    return link;
}

vt_id vt_link_next(const vt_id *previous, int64_t position, const vt_record *record) {
    static const vt_id no_voter;
    uint8_t input[LINK_INPUT_LEN];
    uint8_t *end = put_id(input, previous);
    end = put_little_endian(end, (uint64_t) position, 8);
    end = put_id(end, &record->id);
    end = put_id(end, &record->fingerprint);
    *end++ = record->has_voter;
    end = put_id(end, record->has_voter ? &record->voter : &no_voter);
    end = put_little_endian(end, record->points, 4);
    put_little_endian(end, (uint64_t) record->at_ms, 8);

    return cut_hash(input, sizeof input, VT_SLICE(""));
}

vt_id vt_link_next_contest(const vt_id *previous, int64_t version, int64_t at_ms, vt_slice definition) {
    uint8_t head[CONTEST_LINK_HEAD_LEN];
    uint8_t *end = put_id(head, previous);
    end = put_little_endian(end, (uint64_t) version, 8);
    put_little_endian(end, (uint64_t) at_ms, 8);
    return cut_hash(head, sizeof head, definition);
}
