#include "votelog/log_range.h"

#include "base/assert.h"
#include "mongo/mongo_find.h"
#include "votelog/log_document.h"
#include "votelog/log_key.h"

#include <stdio.h>

/* So many offsets are deleted by one command. */
enum { STEP_OFFSETS = 20000 };

static bson_t *range_filter(const vt_log_access *access, vt_log_range range) {
    bson_t *filter = bson_new();
    vt_log_key_append_range(filter, &access->ledger_id, (vt_position){range.partition, range.from},
                            (vt_position){range.partition, range.until});
    return filter;
}

static vt_err find_in_order(vt_log_access *access, vt_log_range range, uint32_t limit, const bson_t *fields,
                            vt_mongo_row *row, void *context) {
    bson_error_t error = {0};
    bson_t *filter = range_filter(access, range);
    bson_t *sort = BCON_NEW("_id", BCON_INT32(1));
    vt_mongo_find find = {.filter = filter,
                          .sort = sort,
                          .fields = fields,
                          .limit = limit,
                          .timeout_ms = vt_mongo_timeout_ms(access->mongo),
                          .preference = access->preference};
    vt_err err = vt_mongo_find_rows(access->log, &find, row, context, &error);
    bson_destroy(sort);
    bson_destroy(filter);
    return error.code != 0 ? vt_log_access_fail(access, &error) : err;
}

typedef struct row_reader {
    vt_log_access *access;
    vt_ledger_row *rows;
    size_t count;
    vt_position position; /* of the last row that was tried */
} row_reader;

static vt_err read_row(void *context, const bson_t *document) {
    row_reader *reader = context;
    if (!vt_log_key_read(document, &reader->access->ledger_id, &reader->position)) {
        return VT_ERR_CORRUPT;
    }
    vt_err err = vt_log_document_read(document, &reader->access->ledger_id, &reader->rows[reader->count]);
    reader->count += err == VT_OK;
    return err;
}

vt_err vt_log_range_read(vt_log_access *access, vt_log_range range, vt_ledger_row *rows, size_t rows_max,
                         size_t *count) {
    row_reader reader = {.access = access, .rows = rows, .position = {range.partition, range.from}};
    vt_err err = find_in_order(access, range, (uint32_t) rows_max, NULL, read_row, &reader);
    if (err == VT_ERR_CORRUPT) {
        char text[VT_POSITION_TEXT_MAX];
        int len = (int) vt_position_format(reader.position, text);
        snprintf(access->reason, sizeof access->reason, "the vote log's document of %.*s is damaged", len, text);
    }
    if (err == VT_OK) {
        *count = reader.count;
    }
    return err;
}

typedef struct first_document {
    const vt_id *ledger_id;
    bool exists;
    vt_position position;
} first_document;

static vt_err read_first(void *context, const bson_t *document) {
    first_document *first = context;
    first->exists = vt_log_key_read(document, first->ledger_id, &first->position);
    return first->exists ? VT_OK : VT_ERR_SYSTEM;
}

/* The next step of a walk: begins with the first document of the range, so that gaps cost nothing. */
static vt_err next_step(vt_log_access *access, vt_log_range range, vt_log_range *step, bool *is_end) {
    first_document first = {.ledger_id = &access->ledger_id};
    bson_t *fields = BCON_NEW("_id", BCON_INT32(1));
    vt_err err = find_in_order(access, range, 1, fields, read_first, &first);
    bson_destroy(fields);
    if (err == VT_OK) {
        int64_t from = first.position.offset;
        *step = (vt_log_range){range.partition, from, range.until};
        if (first.exists && range.until - from > STEP_OFFSETS) {
            step->until = from + STEP_OFFSETS;
        }
        *is_end = !first.exists;
    }
    return err;
}

static vt_err delete_step(vt_log_access *access, vt_log_range step) {
    bson_error_t error = {0};
    bson_t *filter = range_filter(access, step);
    bool is_done = mongoc_collection_delete_many(access->log, filter, NULL, NULL, &error);
    bson_destroy(filter);
    return is_done ? VT_OK : vt_log_access_fail(access, &error);
}

vt_err vt_log_range_delete(vt_log_access *access, vt_log_range range) {
    bool is_end = false;
    vt_err err = VT_OK;
    while (err == VT_OK && !is_end && range.from < range.until) {
        vt_log_range step;
        err = next_step(access, range, &step, &is_end);
        if (err == VT_OK && !is_end) {
            err = delete_step(access, step);
            range.from = step.until;
        }
    }
    return err;
}
