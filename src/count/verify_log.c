#include "count/verify_log.h"

#include <inttypes.h>
#include <stdlib.h>

/* One of the two sides: a page, and how far it was looked at. */
typedef struct side {
    vt_ledger_row *rows;
    size_t count;
    size_t at;
    int64_t after; /* the last offset of the page */
    bool has_ended;
} side;

static vt_err side_open(side *self, int64_t first) {
    *self = (side){.after = first - 1};
    self->rows = calloc(VT_RECOUNT_PAGE_RECORDS, sizeof *self->rows);
    return self->rows == NULL ? VT_ERR_NO_MEMORY : VT_OK;
}

static vt_err fill_ledger(const vt_log_check *check, side *self) {
    vt_position after = {check->partition, self->after};
    vt_position until = {check->partition, check->stand->next - 1};
    vt_err err = vt_ledger_read(check->ledger, after, until, self->rows, VT_RECOUNT_PAGE_RECORDS, &self->count);
    if (err == VT_OK && check->progress != NULL && !check->progress(check->progress_context, self->count)) {
        return VT_ERR_GONE;
    }
    return err;
}

static vt_err fill_log(const vt_log_check *check, side *self) {
    return vt_log_writer_read(check->log, check->partition, self->after, check->stand->next, self->rows,
                              VT_RECOUNT_PAGE_RECORDS, &self->count);
}

typedef vt_err side_fill(const vt_log_check *check, side *self);

/* The next page. */
static vt_err side_turn(const vt_log_check *check, side *self, side_fill *fill) {
    vt_err err = VT_OK;
    self->at = 0;
    self->count = 0;
    if (self->after < check->stand->next - 1) {
        do {
            err = fill(check, self);
        } while (check->patience != NULL && vt_patience_tries_again(check->patience, err));
    }
    if (err == VT_OK && self->count > 0) {
        self->after = self->rows[self->count - 1].position.offset;
    } else {
        self->count = 0;
        self->has_ended = true;
    }
    return err;
}

/* The next row, or NULL at the end. */
static vt_err side_next(const vt_log_check *check, side *self, side_fill *fill, const vt_ledger_row **out) {
    vt_err err = self->at == self->count && !self->has_ended ? side_turn(check, self, fill) : VT_OK;
    *out = self->at < self->count ? &self->rows[self->at] : NULL;
    return err;
}

static bool is_same(const vt_ledger_row *a, const vt_ledger_row *b) {
    bool same = vt_id_eq(&a->record.id, &b->record.id) && vt_id_eq(&a->record.fingerprint, &b->record.fingerprint) &&
                a->record.points == b->record.points && a->record.at_ms == b->record.at_ms &&
                a->appended_ms == b->appended_ms;
    for (int field = VT_FIELD_NAME; same && field <= VT_FIELD_RANK; field++) {
        same = vt_slice_eq(vt_record_text(&a->record, (vt_field) field), vt_record_text(&b->record, (vt_field) field));
    }
    return same;
}

/* Looks at the record and the document that come next, and steps over the one, the other or both. */
static void compare(const vt_log_check *check, const vt_ledger_row *record, const vt_ledger_row *document, side *ledger,
                    side *log) {
    bool is_document_next = document != NULL && (record == NULL || document->position.offset < record->position.offset);
    if (is_document_next) {
        vt_difference(check->found,
                      "log: %" PRId32 ":%" PRId64 ": there is a document, but no such record in the ledger",
                      check->partition, document->position.offset);
        log->at++;
        return;
    }
    ledger->at++;
    bool has_document = document != NULL && document->position.offset == record->position.offset;
    log->at += has_document;
    if (has_document && record->fault != VT_OK) {
        vt_difference(check->found, "log: %" PRId32 ":%" PRId64 ": there is a document of an unreadable record",
                      check->partition, record->position.offset);
    } else if (!has_document && record->fault == VT_OK) {
        vt_difference(check->found, "log: %" PRId32 ":%" PRId64 " is missing", check->partition,
                      record->position.offset);
    } else if (has_document && !is_same(record, document)) {
        vt_difference(check->found, "log: %" PRId32 ":%" PRId64 ": the document says something else than the ledger",
                      check->partition, record->position.offset);
    }
}

/* Archivers find their place again by the mark of the last record: it must be that of the ledger. */
static void compare_mark(const vt_log_check *check, const vt_ledger_row *last) {
    const vt_log_position *stand = check->stand;
    bool is_behind_record = last->position.offset == stand->next - 1;
    if (stand->has_mark && (!is_behind_record || !vt_id_eq(&stand->mark, &last->mark))) {
        vt_difference(check->found,
                      "log: partition %" PRId32 ": the mark at its position %" PRId64 " is not that of the ledger",
                      check->partition, stand->next - 1);
    }
}

/* Steps over what both sides have next, until one of them fails or both are at their end. */
static vt_err walk(const vt_log_check *check, side *ledger, side *log, vt_ledger_row *last, bool *is_damaged) {
    bool has_more = true;
    vt_err err = VT_OK;
    while (err == VT_OK && has_more) {
        const vt_ledger_row *record = NULL;
        const vt_ledger_row *document = NULL;
        err = side_next(check, ledger, fill_ledger, &record);
        if (err == VT_OK) {
            err = side_next(check, log, fill_log, &document);
            *is_damaged = err == VT_ERR_CORRUPT;
        }
        has_more = record != NULL || document != NULL;
        if (err == VT_OK && record != NULL) {
            last->position = record->position;
            last->mark = record->mark;
        }
        if (err == VT_OK && has_more) {
            compare(check, record, document, ledger, log);
        }
    }
    return err;
}

vt_err vt_log_check_run(const vt_log_check *check) {
    side ledger = {0};
    side log = {0};
    bool is_damaged = false;
    vt_ledger_row last = {.position = {check->partition, -1}};
    vt_err err = side_open(&ledger, check->first);
    if (err == VT_OK) {
        err = side_open(&log, 0);
    }
    if (err == VT_OK) {
        err = walk(check, &ledger, &log, &last, &is_damaged);
    }
    if (is_damaged) {
        vt_difference(check->found, "log: partition %" PRId32 ": %s; what is behind it was not compared",
                      check->partition, vt_log_writer_reason(check->log));
        err = VT_OK;
    } else if (err == VT_OK) {
        compare_mark(check, &last);
    }
    free(ledger.rows);
    free(log.rows);
    return err;
}
