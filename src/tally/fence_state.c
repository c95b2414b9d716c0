#include "tally/fence_state.h"

#include "base/assert.h"

#include <stdio.h>

const vt_slice vt_fence_fields[VT_FENCE_FIELDS] = {
    [VT_FENCE_LEDGER] = {"ledger", 6},     [VT_FENCE_OFF] = {"off", 3},     [VT_FENCE_LAST] = {"last", 4},
    [VT_FENCE_BORN] = {"born", 4},         [VT_FENCE_N] = {"n", 1},         [VT_FENCE_DUP] = {"dup", 3},
    [VT_FENCE_CONFLICT] = {"conflict", 8}, [VT_FENCE_QUOTA] = {"quota", 5}, [VT_FENCE_BAD] = {"bad", 3},
    [VT_FENCE_NAMES] = {"names", 5},
};

vt_err vt_fence_number_read(vt_slice text, int64_t *out) {
    int64_t number = 0;
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0')) {
        return VT_ERR_CORRUPT;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || number > (VT_FENCE_NUMBER_MAX - digit) / 10) {
            return VT_ERR_CORRUPT;
        }
        number = number * 10 + digit;
    }
    *out = number;
    return VT_OK;
}

size_t vt_fence_number_write(int64_t number, char out[VT_FENCE_NUMBER_TEXT_MAX]) {
    VT_ASSERT(number >= 0 && number <= VT_FENCE_NUMBER_MAX);
    return (size_t) snprintf(out, VT_FENCE_NUMBER_TEXT_MAX, "%lld", (long long) number);
}

vt_err vt_fence_name_take(vt_slice *names, vt_fence_name *out) {
    enum { TEXTS = 3 };
    vt_slice texts[TEXTS];
    size_t at = TEXTS;
    if (names->len < TEXTS) {
        return VT_ERR_CORRUPT;
    }
    for (size_t i = 0; i < TEXTS; i++) {
        size_t len = (uint8_t) names->ptr[i];
        if (len > VT_FIELD_BYTES_MAX || len > names->len - at) {
            return VT_ERR_CORRUPT;
        }
        texts[i] = vt_slice_of(names->ptr + at, len);
        at += len;
    }
    *out = (vt_fence_name){.name = texts[0], .album = texts[1], .year = texts[2]};
    *names = vt_slice_of(names->ptr + at, names->len - at);
    return VT_OK;
}

vt_err vt_fence_names_count(vt_slice names, uint32_t *out) {
    uint32_t count = 0;
    vt_err err = VT_OK;
    while (err == VT_OK && names.len > 0) {
        vt_fence_name name;
        err = count == VT_FENCE_PAIRS_MAX ? VT_ERR_CORRUPT : vt_fence_name_take(&names, &name);
        count++;
    }
    if (err == VT_OK) {
        *out = count;
    }
    return err;
}

vt_err vt_fence_name_append(vt_buf *names, const vt_fence_name *pair) {
    VT_ASSERT(pair->name.len <= VT_FIELD_BYTES_MAX && pair->album.len <= VT_FIELD_BYTES_MAX &&
              pair->year.len <= VT_FIELD_BYTES_MAX);
    const char lens[] = {(char) pair->name.len, (char) pair->album.len, (char) pair->year.len};
    vt_err err = vt_buf_reserve(names, sizeof lens + pair->name.len + pair->album.len + pair->year.len);
    if (err == VT_OK) {
        err = vt_buf_append(names, lens, sizeof lens);
    }
    if (err == VT_OK) {
        err = vt_buf_append_slice(names, pair->name);
    }
    if (err == VT_OK) {
        err = vt_buf_append_slice(names, pair->album);
    }
    return err == VT_OK ? vt_buf_append_slice(names, pair->year) : err;
}

vt_slice vt_fence_pair_field(uint32_t i, char out[VT_FENCE_PAIR_FIELD_MAX]) {
    VT_ASSERT(i < VT_FENCE_PAIRS_MAX);
    int len = snprintf(out, VT_FENCE_PAIR_FIELD_MAX, "b:%u", i % VT_FENCE_PAIRS_MAX);
    return vt_slice_of(out, (size_t) len);
}

vt_err vt_fence_sums_read(vt_slice text, vt_fence_sums *out) {
    vt_fence_sums sums;
    const char *space = text.len == 0 ? NULL : memchr(text.ptr, ' ', text.len);
    if (space == NULL) {
        return VT_ERR_CORRUPT;
    }
    vt_slice votes = vt_slice_of(text.ptr, (size_t) (space - text.ptr));
    vt_slice points = vt_slice_of(space + 1, text.len - votes.len - 1);
    if (vt_fence_number_read(votes, &sums.votes) != VT_OK || vt_fence_number_read(points, &sums.points) != VT_OK) {
        return VT_ERR_CORRUPT;
    }
    *out = sums;
    return VT_OK;
}

size_t vt_fence_sums_write(const vt_fence_sums *sums, char out[VT_FENCE_SUMS_TEXT_MAX]) {
    VT_ASSERT(sums->votes >= 0 && sums->votes <= VT_FENCE_NUMBER_MAX && sums->points >= 0 &&
              sums->points <= VT_FENCE_NUMBER_MAX);
    return (size_t) snprintf(out, VT_FENCE_SUMS_TEXT_MAX, "%lld %lld", (long long) sums->votes,
                             (long long) sums->points);
}

vt_err vt_fence_seen_read(vt_slice bytes, vt_fence_seen *out) {
    if (bytes.len < 1 + VT_ID_LEN || bytes.len > VT_FENCE_SEEN_BYTES_MAX) {
        return VT_ERR_CORRUPT;
    }
    const uint8_t *byte = (const uint8_t *) bytes.ptr;
    if (byte[0] != VT_VERDICT_COUNTED && byte[0] != VT_VERDICT_QUOTA) {
        return VT_ERR_CORRUPT;
    }
    vt_fence_seen seen = {.verdict = (vt_verdict) byte[0]};
    memcpy(seen.fingerprint.bytes, byte + 1, VT_ID_LEN);
    uint64_t offset = 0;
    for (size_t i = 1 + VT_ID_LEN; i < bytes.len; i++) {
        offset = offset << 8 | byte[i];
    }
    if (offset > VT_FENCE_NUMBER_MAX) {
        return VT_ERR_CORRUPT;
    }
    seen.offset = (int64_t) offset;
    *out = seen;
    return VT_OK;
}

size_t vt_fence_seen_write(const vt_fence_seen *seen, char out[VT_FENCE_SEEN_BYTES_MAX]) {
    VT_ASSERT(seen->offset >= 0 && seen->offset <= VT_FENCE_NUMBER_MAX);
    size_t len = 0;
    out[len++] = (char) seen->verdict;
    memcpy(out + len, seen->fingerprint.bytes, VT_ID_LEN);
    len += VT_ID_LEN;
    for (int shift = 56; shift >= 0; shift -= 8) {
        uint64_t rest = (uint64_t) seen->offset >> shift;
        if (rest > 0) {
            out[len++] = (char) (rest & 0xff);
        }
    }
    return len;
}

void vt_fence_seen_field(const vt_id *id, char out[VT_FENCE_SEEN_FIELD_LEN]) {
    out[0] = 'i';
    memcpy(out + 1, id->bytes, VT_ID_LEN);
}

vt_err vt_fence_reply_text(const redisReply *reply, vt_slice *out) {
    if (reply->type == REDIS_REPLY_NIL) {
        return VT_ERR_NOT_FOUND;
    }
    if (reply->type != REDIS_REPLY_STRING) {
        return VT_ERR_CORRUPT;
    }
    *out = vt_slice_of(reply->str, reply->len);
    return VT_OK;
}

static vt_err read_id(const redisReply *reply, bool *has_it, vt_id *out) {
    vt_slice text;
    vt_err err = vt_fence_reply_text(reply, &text);
    *has_it = err == VT_OK;
    if (err == VT_ERR_NOT_FOUND) {
        return VT_OK;
    }
    if (err != VT_OK || text.len != VT_ID_LEN) {
        return VT_ERR_CORRUPT;
    }
    memcpy(out->bytes, text.ptr, VT_ID_LEN);
    return VT_OK;
}

static vt_err read_number(const redisReply *reply, int64_t *out) {
    vt_slice text;
    return vt_fence_reply_text(reply, &text) == VT_OK ? vt_fence_number_read(text, out) : VT_ERR_CORRUPT;
}

static vt_err read_verdicts(redisReply *const *fields, uint64_t verdicts[VT_VERDICT_COUNT]) {
    static const struct {
        vt_fence_field field;
        vt_verdict verdict;
    } others[] = {{VT_FENCE_DUP, VT_VERDICT_DUPLICATE},
                  {VT_FENCE_CONFLICT, VT_VERDICT_CONFLICT},
                  {VT_FENCE_QUOTA, VT_VERDICT_QUOTA},
                  {VT_FENCE_BAD, VT_VERDICT_BAD}};
    int64_t left;
    vt_err err = read_number(fields[VT_FENCE_N], &left);
    for (size_t i = 0; err == VT_OK && i < sizeof others / sizeof others[0]; i++) {
        int64_t number;
        err = read_number(fields[others[i].field], &number);
        if (err == VT_OK && number > left) {
            err = VT_ERR_CORRUPT;
        }
        if (err == VT_OK) {
            verdicts[others[i].verdict] = (uint64_t) number;
            left -= number;
        }
    }
    if (err == VT_OK) {
        verdicts[VT_VERDICT_COUNTED] = (uint64_t) left;
    }
    return err;
}

static bool is_all_nil(const redisReply *reply) {
    for (size_t i = 0; i < VT_FENCE_FIELDS; i++) {
        if (reply->element[i]->type != REDIS_REPLY_NIL) {
            return false;
        }
    }
    return true;
}

vt_err vt_fence_head_read(const redisReply *reply, vt_fence_head *out) {
    vt_fence_head head = {0};
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < VT_FENCE_FIELDS) {
        return VT_ERR_CORRUPT;
    }
    if (is_all_nil(reply)) {
        *out = head;
        return VT_OK;
    }
    redisReply *const *fields = reply->element;
    bool is_born = false;
    vt_err err = read_id(fields[VT_FENCE_LEDGER], &head.exists, &head.ledger_id);
    err = err == VT_OK ? read_id(fields[VT_FENCE_BORN], &is_born, &head.born) : err;
    err = err == VT_OK ? read_number(fields[VT_FENCE_OFF], &head.next) : err;
    err = err == VT_OK ? read_id(fields[VT_FENCE_LAST], &head.has_mark, &head.mark) : err;
    err = err == VT_OK ? read_verdicts(fields, head.verdicts) : err;
    err = err == VT_OK ? vt_fence_reply_text(fields[VT_FENCE_NAMES], &head.names) : err;
    if (err != VT_OK || !head.exists || !is_born) {
        return VT_ERR_CORRUPT;
    }
    *out = head;
    return VT_OK;
}

vt_err vt_fence_next_read(const redisReply *reply, const vt_id *ledger_id, int64_t *next) {
    bool has_ledger = false;
    vt_id found;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 ||
        read_id(reply->element[0], &has_ledger, &found) != VT_OK) {
        return VT_ERR_CORRUPT;
    }
    if (!has_ledger) {
        return reply->element[1]->type == REDIS_REPLY_NIL ? VT_ERR_NOT_FOUND : VT_ERR_CORRUPT;
    }
    return vt_id_eq(&found, ledger_id) ? read_number(reply->element[1], next) : VT_ERR_OTHER_LEDGER;
}

vt_err vt_fence_born_read(const redisReply *reply, vt_id *out) {
    bool has_it = false;
    vt_id born;
    if (read_id(reply, &has_it, &born) != VT_OK || !has_it) {
        return VT_ERR_CORRUPT;
    }
    *out = born;
    return VT_OK;
}
