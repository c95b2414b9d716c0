#include "votelog/log_index.h"

enum { FIELDS_MAX = 3 };

typedef struct log_index {
    const char *name;
    struct {
        const char *name; /* NULL: no further field */
        int32_t direction;
    } fields[FIELDS_MAX];
} log_index;

static const log_index indexes[] = {
    {"newest", {{"timestamp", -1}, {"_id", -1}}}, /* also for dashboards that sort by time alone */
    {"newest_of_band", {{"data.name", 1}, {"timestamp", -1}, {"_id", -1}}},
    {"first_of_vote", {{"vote_id", 1}, {"_id", 1}}},
};

static void append_index(bson_t *to, uint32_t number, const log_index *index) {
    char room[16];
    const char *key;
    bson_t one;
    bson_t fields;
    bson_uint32_to_string(number, &key, room, sizeof room);
    BSON_APPEND_DOCUMENT_BEGIN(to, key, &one);
    BSON_APPEND_UTF8(&one, "name", index->name);
    BSON_APPEND_DOCUMENT_BEGIN(&one, "key", &fields);
    for (size_t i = 0; i < FIELDS_MAX && index->fields[i].name != NULL; i++) {
        BSON_APPEND_INT32(&fields, index->fields[i].name, index->fields[i].direction);
    }
    bson_append_document_end(&one, &fields);
    bson_append_document_end(to, &one);
}

vt_err vt_log_index_prepare(vt_log_access *access) {
    bson_error_t error = {0};
    bson_t list;
    bson_t *command = BCON_NEW("createIndexes", BCON_UTF8(mongoc_collection_get_name(access->log)));
    BSON_APPEND_ARRAY_BEGIN(command, "indexes", &list);
    for (uint32_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        append_index(&list, i, &indexes[i]);
    }
    bson_append_array_end(command, &list);
    bool is_done = mongoc_collection_write_command_with_opts(access->log, command, NULL, NULL, &error);
    bson_destroy(command);
    return is_done ? VT_OK : vt_log_access_fail(access, &error);
}
