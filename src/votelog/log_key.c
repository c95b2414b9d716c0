#include "votelog/log_key.h"

#include "base/assert.h"
#include "mongo/mongo_bson.h"

static void write_big_endian(uint8_t *out, size_t len, uint64_t value) {
    for (size_t i = len; i > 0; i--) {
        out[i - 1] = (uint8_t) value;
        value >>= 8;
    }
}

static uint64_t read_big_endian(const uint8_t *bytes, size_t len) {
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = (value << 8) | bytes[i];
    }
    return value;
}

vt_log_key vt_log_key_of(const vt_id *ledger_id, vt_position position) {
    vt_log_key key;
    VT_ASSERT(position.partition >= 0 && position.offset >= 0);
    memcpy(key.bytes, ledger_id->bytes, VT_ID_LEN);
    write_big_endian(key.bytes + VT_ID_LEN, 4, (uint32_t) position.partition);
    write_big_endian(key.bytes + VT_ID_LEN + 4, 8, (uint64_t) position.offset);
    return key;
}

bool vt_log_key_read(const bson_t *document, const vt_id *ledger_id, vt_position *out) {
    vt_log_key key;
    if (!vt_bson_bytes(document, "_id", key.bytes, sizeof key.bytes) ||
        memcmp(key.bytes, ledger_id->bytes, VT_ID_LEN) != 0) {
        return false;
    }
    uint64_t partition = read_big_endian(key.bytes + VT_ID_LEN, 4);
    uint64_t offset = read_big_endian(key.bytes + VT_ID_LEN + 4, 8);
    if (partition > INT32_MAX || offset > INT64_MAX) {
        return false;
    }
    *out = (vt_position){(int32_t) partition, (int64_t) offset};
    return true;
}

void vt_log_key_append(bson_t *to, const char *name, const vt_id *ledger_id, vt_position position) {
    vt_log_key key = vt_log_key_of(ledger_id, position);
    BSON_APPEND_BINARY(to, name, BSON_SUBTYPE_BINARY, key.bytes, sizeof key.bytes);
}

void vt_log_key_append_partition(bson_t *to, const vt_id *ledger_id, int32_t partition) {
    vt_log_key key = vt_log_key_of(ledger_id, (vt_position){partition, 0});
    BSON_APPEND_BINARY(to, "_id", BSON_SUBTYPE_BINARY, key.bytes, VT_LOG_KEY_PARTITION_LEN);
}

void vt_log_key_append_range(bson_t *to, const vt_id *ledger_id, vt_position low, vt_position high) {
    bson_t range;
    BSON_APPEND_DOCUMENT_BEGIN(to, "_id", &range);
    vt_log_key_append(&range, "$gte", ledger_id, low);
    vt_log_key_append(&range, "$lt", ledger_id, high);
    bson_append_document_end(to, &range);
}

void vt_log_key_list_begin(vt_log_key_list *list, bson_t *filter) {
    list->count = 0;
    BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &list->id);
    BSON_APPEND_ARRAY_BEGIN(&list->id, "$in", &list->in);
}

void vt_log_key_list_add(vt_log_key_list *list, const vt_id *ledger_id, vt_position position) {
    char room[16];
    const char *index;
    bson_uint32_to_string(list->count++, &index, room, sizeof room);
    vt_log_key_append(&list->in, index, ledger_id, position);
}

void vt_log_key_list_end(vt_log_key_list *list, bson_t *filter) {
    bson_append_array_end(&list->id, &list->in);
    bson_append_document_end(filter, &list->id);
}
