#include "vote/identity.h"

#include "base/assert.h"
#include "base/hash.h"

/* The hyphens of a UUID's text stand before these bytes (RFC 9562 §4). */
static inline bool has_hyphen_before(unsigned byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = vt_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool vt_uuid_parse(vt_slice text, vt_id *out) {
    if (text.len != VT_UUID_TEXT_LEN) {
        return false;
    }
    vt_id id;
    const char *ptr = text.ptr;
    for (unsigned i = 0; i < VT_ID_LEN; i++) {
        if (has_hyphen_before(i) && *ptr++ != '-') {
            return false;
        }
        int high = hex_value(ptr[0]);
        int low = hex_value(ptr[1]);
        if (high < 0 || low < 0) {
            return false;
        }
        id.bytes[i] = (uint8_t) (high << 4 | low);
        ptr += 2;
    }
    *out = id;
    return true;
}

void vt_uuid_format(const vt_id *id, char out[VT_UUID_TEXT_LEN]) {
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < VT_ID_LEN; i++) {
        if (has_hyphen_before(i)) {
            *out++ = '-';
        }
        *out++ = digits[id->bytes[i] >> 4];
        *out++ = digits[id->bytes[i] & 15];
    }
}

vt_id vt_uuid_v7(int64_t at_ms, const uint8_t random[VT_UUID_RANDOM_LEN]) {
    vt_id id;
    for (unsigned i = 0; i < 6; i++) {
        id.bytes[i] = (uint8_t) ((uint64_t) at_ms >> (40 - 8 * i));
    }
    memcpy(id.bytes + 6, random, VT_UUID_RANDOM_LEN);
    id.bytes[6] = (uint8_t) (0x70 | (id.bytes[6] & 0x0f)); /* version 7 */
    id.bytes[8] = (uint8_t) (0x80 | (id.bytes[8] & 0x3f)); /* variant 10 */
    return id;
}

static void add_u32le(vt_sha256 *hash, uint32_t value) {
    uint8_t bytes[4];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t) (value >> (8 * i));
    }
    vt_sha256_update(hash, bytes, sizeof bytes);
}

static vt_id cut_digest(vt_sha256 *hash) {
    uint8_t digest[VT_SHA256_LEN];
    vt_sha256_final(hash, digest);
    vt_id id;
    memcpy(id.bytes, digest, VT_ID_LEN);
    return id;
}

vt_id vt_identity_derive(const vt_identity_input *input) {
    VT_ASSERT(input->key.len >= 1 && input->key.len <= VT_VOTE_KEY_BYTES_MAX);
    static const uint8_t separator = 0;
    vt_slice key = input->key;
    char canonical[VT_UUID_TEXT_LEN];
    vt_id uuid;
    if (vt_uuid_parse(key, &uuid)) {
        if (input->voter == NULL && input->item < 0) {
            return uuid;
        }
        vt_uuid_format(&uuid, canonical);
        key = vt_slice_of(canonical, sizeof canonical);
    }
    vt_sha256 hash;
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, input->ledger_id->bytes, VT_ID_LEN);
    vt_sha256_update(&hash, &separator, 1);
    if (input->voter != NULL) {
        vt_sha256_update(&hash, input->voter->bytes, VT_ID_LEN);
        vt_sha256_update(&hash, &separator, 1);
    }
    vt_sha256_update(&hash, key.ptr, key.len);
    if (input->item >= 0) {
        vt_sha256_update(&hash, &separator, 1);
        add_u32le(&hash, (uint32_t) input->item);
    }
    return cut_digest(&hash);
}

vt_id vt_fingerprint(const vt_vote *vote) {
    vt_sha256 hash;
    vt_sha256_init(&hash);
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_RANK; i++) {
        add_u32le(&hash, (uint32_t) vote->text[i].len);
        vt_sha256_update(&hash, vote->text[i].ptr, vote->text[i].len);
    }
    return cut_digest(&hash);
}
