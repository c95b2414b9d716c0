#include "votelog/log_batch.h"

#include "base/assert.h"
#include "mongo/mongo_bson.h"
#include "mongo/mongo_find.h"
#include "votelog/log_document.h"
#include "votelog/log_key.h"

#include <stdio.h>
#include <stdlib.h>

enum { DUPLICATE_KEY = 11000 };

struct vt_log_batch {
    vt_log_access *access;
    size_t count;
    const vt_ledger_row *rows[VT_LOG_WRITER_RECORDS_MAX]; /* the readable ones */
    bson_t documents[VT_LOG_WRITER_RECORDS_MAX];          /* likewise */
    const bson_t *list[VT_LOG_WRITER_RECORDS_MAX];        /* likewise, as libmongoc wants them */
    size_t duplicates;
    const vt_ledger_row *duplicate[VT_LOG_WRITER_RECORDS_MAX]; /* whose _id exists already */
    bool is_equal[VT_LOG_WRITER_RECORDS_MAX];                  /* likewise: it is our record */
};

vt_err vt_log_batch_new(vt_log_batch **out) {
    /* A bson_t wants more than malloc gives. */
    vt_log_batch *batch = aligned_alloc(_Alignof(vt_log_batch), sizeof *batch);
    if (batch == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    *out = batch;
    return VT_OK;
}

void vt_log_batch_free(vt_log_batch *batch) {
    free(batch);
}

/* Sorts what the server says of single documents: their codes, never their texts. */
static vt_err read_write_errors(vt_log_batch *batch, const bson_t *reply) {
    bson_iter_t iter;
    if (!vt_bson_array(reply, "writeErrors", &iter)) {
        return VT_OK;
    }
    vt_err err = VT_OK;
    while (err == VT_OK && bson_iter_next(&iter)) {
        bson_t one;
        uint32_t len = 0;
        const uint8_t *bytes = NULL;
        int64_t index = -1;
        int64_t code = 0;
        if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
            bson_iter_document(&iter, &len, &bytes);
        }
        if (bytes == NULL || !bson_init_static(&one, bytes, len) || !vt_bson_number(&one, "index", &index) ||
            !vt_bson_number(&one, "code", &code) || index < 0 || (size_t) index >= batch->count ||
            batch->duplicates == batch->count) {
            err = VT_ERR_SYSTEM;
        } else if (code != DUPLICATE_KEY) {
            err = vt_mongo_code_err((int32_t) code);
        } else {
            batch->duplicate[batch->duplicates++] = batch->rows[index];
        }
    }
    return err;
}

static vt_err refuse(vt_log_access *access, vt_position position, const char *what) {
    char text[VT_POSITION_TEXT_MAX];
    int len = (int) vt_position_format(position, text);
    snprintf(access->reason, sizeof access->reason, "the vote log's document of %.*s %s", len, text, what);
    return VT_ERR_CORRUPT;
}

static vt_err compare(void *context, const bson_t *document) {
    vt_log_batch *batch = context;
    vt_position position;
    vt_id id;
    vt_id fingerprint;
    bool is_ours = vt_log_key_read(document, &batch->access->ledger_id, &position);
    for (size_t i = 0; is_ours && i < batch->duplicates; i++) {
        const vt_ledger_row *row = batch->duplicate[i];
        if (row->position.offset == position.offset) {
            batch->is_equal[i] = vt_bson_bytes(document, "vote_id", id.bytes, VT_ID_LEN) &&
                                 vt_bson_bytes(document, "fp", fingerprint.bytes, VT_ID_LEN) &&
                                 vt_id_eq(&id, &row->record.id) && vt_id_eq(&fingerprint, &row->record.fingerprint);
            return batch->is_equal[i] ? VT_OK : refuse(batch->access, position, "is not the ledger's record");
        }
    }
    snprintf(batch->access->reason, sizeof batch->access->reason, "MongoDB sent a document that was not asked for");
    return VT_ERR_SYSTEM;
}

static bson_t *duplicates_filter(const vt_log_batch *batch) {
    bson_t *filter = bson_new();
    vt_log_key_list list;
    vt_log_key_list_begin(&list, filter);
    for (size_t i = 0; i < batch->duplicates; i++) {
        vt_log_key_list_add(&list, &batch->access->ledger_id, batch->duplicate[i]->position);
    }
    vt_log_key_list_end(&list, filter);
    return filter;
}

/* Documents that exist already are those that we wrote before a crash, or another owner of the partition beside us. One
 * that the majority does not have yet is not found here: it may still go away, so the position must not pass it. */
static vt_err check_duplicates(vt_log_batch *batch) {
    vt_log_access *access = batch->access;
    bson_error_t error = {0};
    bson_t *filter = duplicates_filter(batch);
    bson_t *fields = BCON_NEW("vote_id", BCON_INT32(1), "fp", BCON_INT32(1));
    vt_mongo_find find = {.filter = filter,
                          .fields = fields,
                          .limit = (uint32_t) batch->duplicates,
                          .timeout_ms = vt_mongo_timeout_ms(access->mongo),
                          .preference = access->preference};
    memset(batch->is_equal, 0, sizeof batch->is_equal);
    vt_err err = vt_mongo_find_rows(access->log, &find, compare, batch, &error);
    bson_destroy(fields);
    bson_destroy(filter);
    if (err != VT_OK && error.code != 0) {
        return vt_log_access_fail(access, &error);
    }
    for (size_t i = 0; err == VT_OK && i < batch->duplicates; i++) {
        if (!batch->is_equal[i]) {
            (void) refuse(access, batch->duplicate[i]->position, "exists but cannot be read yet");
            err = VT_ERR_BUSY;
        }
    }
    return err;
}

static vt_err send_documents(vt_log_batch *batch) {
    bson_error_t error = {0};
    bson_t reply; /* libmongoc initialises it in any case */
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false));
    bool is_done =
        mongoc_collection_insert_many(batch->access->log, batch->list, batch->count, options, &reply, &error);
    vt_err err = VT_OK;
    if (!is_done) {
        vt_err whole = vt_log_access_fail(batch->access, &error);
        err = read_write_errors(batch, &reply);
        bool is_only_duplicates = batch->duplicates > 0 && error.domain == MONGOC_ERROR_SERVER &&
                                  error.code == DUPLICATE_KEY && !bson_has_field(&reply, "writeConcernErrors");
        err = err == VT_OK && !is_only_duplicates ? whole : err;
    }
    bson_destroy(&reply);
    bson_destroy(options);
    return err == VT_OK && batch->duplicates > 0 ? check_duplicates(batch) : err;
}

vt_err vt_log_batch_insert(vt_log_batch *batch, vt_log_access *access, const vt_ledger_row *rows, size_t count) {
    VT_ASSERT(count <= VT_LOG_WRITER_RECORDS_MAX);
    batch->access = access;
    batch->count = 0;
    batch->duplicates = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fault == VT_OK) {
            batch->rows[batch->count] = &rows[i];
            batch->list[batch->count] = &batch->documents[batch->count];
            vt_log_document_init(&batch->documents[batch->count++], &rows[i], &access->ledger_id);
        }
    }
    vt_err err = batch->count == 0 ? VT_OK : send_documents(batch);
    for (size_t i = 0; i < batch->count; i++) {
        bson_destroy(&batch->documents[i]);
    }
    return err;
}
