#include "log_kit.h"

#include "votelog/log_key.h"
#include "votelog/votelog_mongo.h"

#include <stdio.h>

vt_ledger_row log_kit_row(int32_t partition, int64_t number) {
    vt_append item;
    kit_vote(&item, NULL, (uint64_t) partition * 1000000 + (uint64_t) number, "common", "x");
    return (vt_ledger_row){.record = item.record,
                           .position = {partition, number},
                           .appended_ms = 1800000000000 + number,
                           .mark = kit_id((uint64_t) number ^ UINT64_C(0x3333333333333333))};
}

void log_kit_rows(vt_ledger_row *rows, int32_t partition, int64_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        rows[i] = log_kit_row(partition, first + (int64_t) i);
    }
}

static void prepare(log_kit *self) {
    self->ledger_id = kit_id(77);
    mongo_shell_open(&self->shell, &self->url);
    self->writer = log_kit_writer(self);
    if (vt_log_writer_prepare(self->writer) != VT_OK) {
        fail_msg("%s", vt_log_writer_reason(self->writer));
    }
}

void log_kit_init(log_kit *self) {
    *self = (log_kit){0};
    mongo_kit_url(&self->url);
    prepare(self);
}

void log_kit_init_own(log_kit *self) {
    *self = (log_kit){0};
    mongo_server_init(&self->server, &self->url);
    prepare(self);
}

void log_kit_release(log_kit *self) {
    vt_log_writer_close(self->writer);
    mongo_shell_drop(&self->shell, &self->url);
    mongo_shell_close(&self->shell);
    if (self->server.port != 0) {
        mongo_server_release(&self->server);
    }
}

vt_log_writer *log_kit_writer(const log_kit *self) {
    vt_log_writer *writer;
    char reason[VT_MONGO_REASON_MAX] = "";
    if (vt_log_writer_open(&self->url, &self->ledger_id, MONGO_KIT_TIMEOUT_MS, &writer, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    return writer;
}

vt_votelog *log_kit_reader(const log_kit *self) {
    vt_votelog *log;
    char reason[VT_MONGO_REASON_MAX] = "";
    if (vt_votelog_mongo_open(&self->url, &self->ledger_id, MONGO_KIT_TIMEOUT_MS, &log, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    return log;
}

vt_log_position log_kit_load(vt_log_writer *writer, int32_t partition, int64_t next) {
    vt_log_position position;
    vt_err err = vt_log_writer_load(writer, partition, &position);
    if (err == VT_OK && !position.exists) {
        assert_int_equal(vt_log_writer_create(writer, partition, next), VT_OK);
        err = vt_log_writer_load(writer, partition, &position);
    }
    if (err != VT_OK) {
        fail_msg("%s", vt_log_writer_reason(writer));
    }
    assert_true(position.exists);
    return position;
}

static bson_t *parse(const char *json) {
    bson_error_t error;
    bson_t *document = bson_new_from_json((const uint8_t *) json, -1, &error);
    if (document == NULL) {
        fail_msg("%s", error.message);
    }
    return document;
}

void log_kit_tamper(const log_kit *self, vt_position position, const char *change) {
    bson_error_t error = {0};
    bson_t filter = BSON_INITIALIZER;
    bool is_done;
    vt_log_key_append(&filter, "_id", &self->ledger_id, position);
    if (change == NULL) {
        is_done = mongoc_collection_delete_one(self->shell.log, &filter, NULL, NULL, &error);
    } else {
        bson_t *update = parse(change);
        is_done = mongoc_collection_update_one(self->shell.log, &filter, update, NULL, NULL, &error);
        bson_destroy(update);
    }
    bson_destroy(&filter);
    if (!is_done) {
        fail_msg("%s", error.message);
    }
}

int64_t log_kit_count(const log_kit *self, int32_t partition) {
    bson_error_t error = {0};
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append_range(&filter, &self->ledger_id, (vt_position){partition, 0},
                            (vt_position){partition, INT64_MAX});
    int64_t count = mongoc_collection_count_documents(self->shell.log, &filter, NULL, NULL, NULL, &error);
    bson_destroy(&filter);
    if (count < 0) {
        fail_msg("%s", error.message);
    }
    return count;
}

void log_kit_insert(const log_kit *self, vt_position position, const char *json) {
    bson_error_t error = {0};
    bson_t document = BSON_INITIALIZER;
    bson_t *rest = parse(json);
    vt_log_key_append(&document, "_id", &self->ledger_id, position);
    bson_concat(&document, rest);
    if (!mongoc_collection_insert_one(self->shell.log, &document, NULL, NULL, &error)) {
        fail_msg("%s", error.message);
    }
    bson_destroy(rest);
    bson_destroy(&document);
}
