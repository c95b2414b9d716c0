#include "ledger/kafka_record.h"

#include "base/hash.h"
#include "vote/vote_json.h"

enum {
    HEADERS = 5,
    NUMBER_BYTES_MAX = 20,
    NUMBER_DIGITS_MAX = 18, /* always fits an int64_t */
};

/* The end of 9999: calendars, and databases that keep times in them, know no later one. */
#define TIME_MS_MAX INT64_C(253402300799999)

static const char header_id[] = "vt-id";
static const char header_fingerprint[] = "vt-fp";
static const char header_at[] = "vt-at";
static const char header_points[] = "vt-points";
static const char header_voter[] = "vt-voter";

static const char hex_digits[] = "0123456789abcdef";

/* ---- writing ---- */

static char *write_bytes(char *out, vt_slice bytes) {
    memcpy(out, bytes.ptr, bytes.len);
    return out + bytes.len;
}

static char *write_escaped(char *out, vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char) text.ptr[i];
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char) c;
        } else if (c < 0x20 || c == 0x7f) {
            out = write_bytes(out, VT_SLICE("\\u00"));
            *out++ = hex_digits[c >> 4];
            *out++ = hex_digits[c & 15];
        } else {
            *out++ = (char) c;
        }
    }
    return out;
}

/* Returns the key's length. */
static size_t write_key(const vt_record *record, char key[VT_KAFKA_KEY_BYTES_MAX]) {
    if (!record->has_voter) {
        vt_uuid_format(&record->id, key);
        return VT_UUID_TEXT_LEN;
    }
    for (size_t i = 0; i < VT_ID_LEN; i++) {
        key[2 * i] = hex_digits[record->voter.bytes[i] >> 4];
        key[2 * i + 1] = hex_digits[record->voter.bytes[i] & 15];
    }
    return (size_t) 2 * VT_ID_LEN;
}

int32_t vt_kafka_record_home(const vt_record *record, int32_t partitions) {
    char key[VT_KAFKA_KEY_BYTES_MAX];
    size_t len = write_key(record, key);
    return rd_kafka_msg_partitioner_murmur2(NULL, key, len, partitions, NULL, NULL);
}

void vt_kafka_record_write(const vt_record *record, vt_kafka_value *out) {
    out->key_len = write_key(record, out->key);
    char *end = out->value;
    *end++ = '{';
    for (vt_field field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        *end++ = '"';
        end = write_bytes(end, vt_field_name(field));
        end = write_bytes(end, VT_SLICE("\":\""));
        end = write_escaped(end, vt_record_text(record, field));
        end = write_bytes(end, field == VT_FIELD_RANK ? VT_SLICE("\"}") : VT_SLICE("\","));
    }
    out->value_len = (size_t) (end - out->value);
}

static bool add_bytes(rd_kafka_headers_t *headers, const char *name, const void *bytes, size_t len) {
    return rd_kafka_header_add(headers, name, -1, bytes, (ssize_t) len) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* By hand: snprintf would take a third of the time that the headers need. Below 0 is the clock of a machine that does
 * not know the time. */
static bool add_number(rd_kafka_headers_t *headers, const char *name, int64_t number) {
    char text[NUMBER_BYTES_MAX];
    char *first = text + sizeof text;
    uint64_t rest = number < 0 ? 0 : (uint64_t) number;
    do {
        *--first = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return add_bytes(headers, name, first, (size_t) (text + sizeof text - first));
}

rd_kafka_headers_t *vt_kafka_record_headers(const vt_record *record) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(HEADERS);
    if (headers == NULL) {
        return NULL;
    }
    bool added = add_bytes(headers, header_id, record->id.bytes, VT_ID_LEN) &&
                 add_bytes(headers, header_fingerprint, record->fingerprint.bytes, VT_ID_LEN) &&
                 add_number(headers, header_at, record->at_ms) && add_number(headers, header_points, record->points) &&
                 (!record->has_voter || add_bytes(headers, header_voter, record->voter.bytes, VT_ID_LEN));
    if (!added) {
        rd_kafka_headers_destroy(headers);
        return NULL;
    }
    return headers;
}

/* ---- reading ---- */

/* Of each header that means something, its only value; ptr NULL: absent. */
typedef struct header_values {
    vt_slice id;
    vt_slice fingerprint;
    vt_slice at;
    vt_slice points;
    vt_slice voter;
    bool has_repeats;
} header_values;

static vt_slice *value_named(header_values *values, const char *name) {
    const struct {
        const char *name;
        vt_slice *value;
    } known[HEADERS] = {
        {header_id, &values->id},       {header_fingerprint, &values->fingerprint},
        {header_at, &values->at},       {header_points, &values->points},
        {header_voter, &values->voter},
    };
    for (size_t i = 0; i < HEADERS; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].value;
        }
    }
    return NULL;
}

static header_values find_values(const rd_kafka_headers_t *headers) {
    header_values values = {0};
    const char *name;
    const void *bytes;
    size_t len;
    for (size_t i = 0; headers != NULL && rd_kafka_header_get_all(headers, i, &name, &bytes, &len) == 0; i++) {
        vt_slice *value = value_named(&values, name);
        if (value != NULL) {
            values.has_repeats = values.has_repeats || value->ptr != NULL;
            /* A header without a value is there all the same, and empty. */
            *value = bytes == NULL ? VT_SLICE("") : vt_slice_of(bytes, len);
        }
    }
    return values;
}

static bool read_id(vt_slice bytes, vt_id *out) {
    if (bytes.len != VT_ID_LEN) {
        return false;
    }
    memcpy(out->bytes, bytes.ptr, VT_ID_LEN);
    return true;
}

static bool read_number(vt_slice text, int64_t max, int64_t *out) {
    int64_t number = 0;
    if (text.len < 1 || text.len > NUMBER_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        number = number * 10 + (text.ptr[i] - '0');
    }
    *out = number;
    return number <= max;
}

/* What votatón's own headers say; the texts and their fingerprint are set already. */
static vt_err read_own(const header_values *values, vt_record *record) {
    vt_id fingerprint;
    int64_t points;
    bool fits = !values->has_repeats && read_id(values->id, &record->id) &&
                read_id(values->fingerprint, &fingerprint) && vt_id_eq(&fingerprint, &record->fingerprint) &&
                read_number(values->at, TIME_MS_MAX, &record->at_ms) &&
                read_number(values->points, UINT32_MAX, &points);
    record->has_voter = values->voter.ptr != NULL;
    if (!fits || (record->has_voter && !read_id(values->voter, &record->voter))) {
        return VT_ERR_BAD_ID;
    }
    record->points = (uint32_t) points;
    return VT_OK;
}

/* One identity, one partition: repeats are known within a partition only. */
static vt_err check_home(const vt_ledger_row *row, int32_t partitions) {
    return vt_kafka_record_home(&row->record, partitions) == row->position.partition ? VT_OK : VT_ERR_MISPLACED;
}

static vt_err read_record(vt_slice value, const rd_kafka_headers_t *headers, const vt_kafka_record_place *place,
                          vt_ledger_row *row) {
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field;
    if (value.len > VT_VOTE_JSON_BYTES_MAX) {
        return VT_ERR_BODY_TOO_LARGE;
    }
    vt_err err = vt_vote_read_json(value, &vote, &scratch, &field);
    if (err != VT_OK) {
        return err;
    }
    vt_record_set_vote(&row->record, &vote);
    header_values values = find_values(headers);
    if (values.id.ptr != NULL) {
        err = read_own(&values, &row->record);
        return err == VT_OK ? check_home(row, place->partitions) : err;
    }
    row->is_anonymous = true;
    row->record.id = vt_position_identity(&place->ledger_id, row->position);
    row->record.at_ms = row->appended_ms;
    return VT_OK;
}

/* ---- the mark ---- */

static void hash_number(vt_sha256 *hash, uint64_t number) {
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t) (number >> (8 * i));
    }
    vt_sha256_update(hash, bytes, sizeof bytes);
}

/* With its length in front, and told from bytes that are absent. */
static void hash_bytes(vt_sha256 *hash, const void *bytes, size_t len) {
    hash_number(hash, bytes == NULL ? UINT64_MAX : len);
    vt_sha256_update(hash, bytes, bytes == NULL ? 0 : len);
}

/* SHA-256 of key, value, timestamp, the number of headers, then each header's name and value, cut to 16 bytes; numbers
 * as u64le, each text behind its length. */
static vt_id mark_of(const rd_kafka_message_t *message, const rd_kafka_headers_t *headers, int64_t timestamp) {
    vt_sha256 hash;
    uint8_t digest[VT_SHA256_LEN];
    vt_id mark;
    vt_sha256_init(&hash);
    hash_bytes(&hash, message->key, message->key_len);
    hash_bytes(&hash, message->payload, message->len);
    hash_number(&hash, (uint64_t) timestamp);
    hash_number(&hash, headers == NULL ? 0 : rd_kafka_header_cnt(headers));
    const char *name;
    const void *bytes;
    size_t len;
    for (size_t i = 0; headers != NULL && rd_kafka_header_get_all(headers, i, &name, &bytes, &len) == 0; i++) {
        hash_bytes(&hash, name, strlen(name));
        hash_bytes(&hash, bytes, len);
    }
    vt_sha256_final(&hash, digest);
    memcpy(mark.bytes, digest, VT_ID_LEN);
    return mark;
}

/* ---- the whole ---- */

/* Where the time is the producer's, it may be any. */
static int64_t append_time(int64_t timestamp, rd_kafka_timestamp_type_t type) {
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp < 0) {
        return 0;
    }
    return timestamp < TIME_MS_MAX ? timestamp : TIME_MS_MAX;
}

static vt_slice slice_of(const void *bytes, size_t len) {
    return bytes == NULL ? VT_SLICE("") : vt_slice_of(bytes, len);
}

void vt_kafka_record_read(const rd_kafka_message_t *message, const vt_kafka_record_place *place, vt_ledger_row *row) {
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(message, &type);
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_resp_err_t code = rd_kafka_message_headers(message, &headers);
    *row = (vt_ledger_row){
        .position = {message->partition, message->offset},
        .appended_ms = append_time(timestamp, type),
        .mark = mark_of(message, headers, timestamp),
    };
    bool has_damaged_headers = code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NOENT;
    vt_slice value = slice_of(message->payload, message->len);
    row->fault = has_damaged_headers ? VT_ERR_BAD_ID : read_record(value, headers, place, row);
    if (row->fault != VT_OK) {
        row->raw_key = slice_of(message->key, message->key_len);
        row->raw_value = value;
    }
}
