#include "vote/record.h"

#include "base/assert.h"

vt_slice vt_verdict_name(vt_verdict verdict) {
    static const vt_slice names[VT_VERDICT_COUNT] = {
        [VT_VERDICT_NONE] = {"pending", 7},        [VT_VERDICT_COUNTED] = {"counted", 7},
        [VT_VERDICT_DUPLICATE] = {"duplicate", 9}, [VT_VERDICT_CONFLICT] = {"conflict", 8},
        [VT_VERDICT_QUOTA] = {"quota", 5},         [VT_VERDICT_BAD] = {"bad", 3},
    };
    VT_ASSERT((unsigned) verdict < VT_VERDICT_COUNT);
    return names[verdict];
}

static char *write_decimal(char *out, uint64_t value) {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = (char) ('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

size_t vt_position_format(vt_position position, char out[VT_POSITION_TEXT_MAX]) {
    VT_ASSERT(position.partition >= -1 && position.offset >= 0);
    char *end = out;
    if (position.partition >= 0) {
        end = write_decimal(end, (uint64_t) position.partition);
        *end++ = ':';
    }
    end = write_decimal(end, (uint64_t) position.offset);
    return (size_t) (end - out);
}

static bool read_decimal(vt_slice text, int64_t max, int64_t *out) {
    int64_t value = 0;
    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool vt_position_parse(vt_slice text, vt_position *out) {
    int64_t partition = -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ':') {
            if (!read_decimal(vt_slice_of(text.ptr, i), INT32_MAX, &partition)) {
                return false;
            }
            text = vt_slice_of(text.ptr + i + 1, text.len - i - 1);
            break;
        }
    }
    int64_t offset;
    if (!read_decimal(text, INT64_MAX, &offset)) {
        return false;
    }
    *out = (vt_position){(int32_t) partition, offset};
    return true;
}

vt_id vt_position_identity(const vt_id *ledger_id, vt_position position) {
    char text[VT_POSITION_TEXT_MAX];
    vt_slice key = vt_slice_of(text, vt_position_format(position, text));
    return vt_identity_derive(&(vt_identity_input){.ledger_id = ledger_id, .key = key, .item = -1});
}

void vt_record_set_vote(vt_record *record, const vt_vote *vote) {
    size_t used = 0;
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_RANK; i++) {
        vt_slice text = vote->text[i];
        VT_ASSERT(text.len <= VT_FIELD_BYTES_MAX);
        if (text.len > 0) {
            memcpy(record->text + used, text.ptr, text.len);
        }
        record->text_len[i - VT_FIELD_NAME] = (uint8_t) text.len;
        used += text.len;
    }
    record->fingerprint = vt_fingerprint(vote);
    record->points = 1;
}

vt_slice vt_record_text(const vt_record *record, vt_field field) {
    VT_ASSERT(field >= VT_FIELD_NAME && field <= VT_FIELD_RANK);
    size_t at = 0;
    for (int i = VT_FIELD_NAME; i < (int) field; i++) {
        at += record->text_len[i - VT_FIELD_NAME];
    }
    return vt_slice_of(record->text + at, record->text_len[field - VT_FIELD_NAME]);
}
