#include "count/rebuild.h"

#include "sqlite/link.h"
#include "sqlite/schema.h"
#include "sqlite/vote_row.h"
#include "tally/tally_sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_RECORDS = 4096 };

typedef enum statement { PAGE, STATE, BLOCKS, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [PAGE] = "SELECT " VT_VOTE_ROW_SQL ", link FROM vote WHERE position > ? ORDER BY position LIMIT ?",
    [STATE] = "SELECT position, link FROM tally_state",
    [BLOCKS] = ("INSERT OR IGNORE INTO log_block (name, block)"
                " SELECT DISTINCT name, position / ?3 FROM vote WHERE position > ?1 AND position <= ?2"),
};

/* From which record on, and what it must link to. */
typedef struct cursor {
    int64_t position;
    vt_id link;
} cursor;

typedef struct rebuild {
    vt_store *store;
    vt_tally *tally;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    vt_append *page;
    const vt_append **records;
    char *reason;
} rebuild;

static vt_err explain(rebuild *self, vt_err err) {
    bool is_sqlite = sqlite3_errcode(self->db) != SQLITE_OK;
    snprintf(self->reason, VT_REBUILD_REASON_MAX, "%s", is_sqlite ? sqlite3_errmsg(self->db) : vt_err_text(err));
    return err;
}

static vt_err open_rebuild(rebuild *self) {
    self->db = vt_store_writer(self->store);
    self->page = calloc(PAGE_RECORDS, sizeof *self->page);
    self->records = calloc(PAGE_RECORDS, sizeof *self->records);
    if (self->page == NULL || self->records == NULL) {
        snprintf(self->reason, VT_REBUILD_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = VT_OK;
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(self->db, statements_sql[i], &self->statements[i]);
    }
    return err == VT_OK ? VT_OK : explain(self, err);
}

static void release(rebuild *self) {
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(self->statements[i]);
    }
    free(self->page);
    free(self->records);
}

static vt_err read_cursor(rebuild *self, cursor *out) {
    sqlite3_stmt *state = self->statements[STATE];
    bool has_row = false;
    vt_err err = vt_sql_step(state, &has_row);
    if (err == VT_OK && !has_row) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        out->position = sqlite3_column_int64(state, 0);
        err = vt_vote_row_id(state, 1, &out->link);
    }
    if (err == VT_OK && out->position == 0) {
        out->link = vt_store_ledger_id(self->store);
    }
    sqlite3_reset(state);
    return err;
}

static bool has_its_fingerprint(const vt_record *record) {
    vt_vote vote = {0};
    for (int field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        vote.text[field] = vt_record_text(record, (vt_field) field);
    }
    vt_id fingerprint = vt_fingerprint(&vote);
    return vt_id_eq(&fingerprint, &record->fingerprint);
}

/* Reads the row that must be the next one. VT_ERR_CORRUPT when it is not. */
static vt_err read_next(sqlite3_stmt *row, cursor *at, vt_append *out) {
    int64_t position = 0;
    vt_id link;
    vt_err err = vt_vote_row_read(row, &out->record, &position);
    if (err == VT_OK) {
        err = vt_vote_row_id(row, VT_VOTE_ROW_COLUMNS, &link);
    }
    if (err != VT_OK || position != at->position + 1) {
        return VT_ERR_CORRUPT;
    }
    vt_id expected = vt_link_next(&at->link, position, &out->record);
    if (!vt_id_eq(&expected, &link) || !has_its_fingerprint(&out->record)) {
        return VT_ERR_CORRUPT;
    }
    *at = (cursor){position, link};
    out->position = (vt_position){-1, position};
    return VT_OK;
}

/* Reads what follows `at` and moves it; *count good records, also when it ends with VT_ERR_CORRUPT. */
static vt_err read_page(rebuild *self, cursor *at, size_t *count) {
    sqlite3_stmt *row = self->statements[PAGE];
    bool has_row = true;
    *count = 0;
    int code = sqlite3_bind_int64(row, 1, at->position);
    code |= sqlite3_bind_int64(row, 2, PAGE_RECORDS);
    vt_err err = code == SQLITE_OK ? VT_OK : VT_ERR_INTERNAL;
    while (err == VT_OK && has_row && *count < PAGE_RECORDS) {
        err = vt_sql_step(row, &has_row);
        if (err == VT_OK && has_row) {
            err = read_next(row, at, &self->page[*count]);
            self->records[*count] = &self->page[*count];
            *count += err == VT_OK;
        }
    }
    sqlite3_reset(row);
    return err;
}

static vt_err fold_page(rebuild *self, int64_t after, int64_t until, size_t count) {
    sqlite3_stmt *blocks = self->statements[BLOCKS];
    vt_err err = vt_tally_sqlite_fold(self->tally, self->records, count);
    if (err != VT_OK) {
        return err;
    }
    int code = sqlite3_bind_int64(blocks, 1, after);
    code |= sqlite3_bind_int64(blocks, 2, until);
    code |= sqlite3_bind_int64(blocks, 3, VT_LOG_BLOCK_VOTES);
    return code == SQLITE_OK ? vt_sql_run(blocks) : VT_ERR_INTERNAL;
}

/* One transaction. *count 0: nothing was left. */
static vt_err step(rebuild *self, cursor *at, size_t *count) {
    vt_err page_err = VT_OK;
    vt_err err = vt_store_begin(self->store);
    if (err != VT_OK) {
        return explain(self, err);
    }
    err = read_cursor(self, at);
    int64_t after = at->position;
    if (err == VT_OK) {
        page_err = read_page(self, at, count);
        err = *count == 0 || (page_err != VT_OK && page_err != VT_ERR_CORRUPT) ? page_err : VT_OK;
    }
    if (err == VT_OK && *count > 0) {
        err = fold_page(self, after, at->position, *count);
    }
    if (err == VT_OK) {
        err = vt_store_commit(self->store);
    }
    if (err != VT_OK) {
        explain(self, err);
        vt_err rollback_err = vt_store_rollback(self->store);
        return rollback_err == VT_OK ? err : rollback_err;
    }
    return page_err;
}

/* How far the tally is, and how far the ledger. VT_ERR_CORRUPT when the ledger ends first. */
static vt_err compare(rebuild *self, int64_t *position, int64_t *records) {
    cursor at = {0};
    vt_err err = vt_sql_number(self->db, "SELECT coalesce(max(position), 0) FROM vote", records);
    if (err == VT_OK) {
        err = read_cursor(self, &at);
    }
    if (err != VT_OK) {
        return explain(self, err);
    }
    *position = at.position;
    if (at.position > *records) {
        snprintf(self->reason, VT_REBUILD_REASON_MAX,
                 "%lld records that had been counted are missing from the ledger: it ends at position %lld",
                 (long long) (at.position - *records), (long long) *records);
        return VT_ERR_CORRUPT;
    }
    return VT_OK;
}

static vt_err fold_rest(rebuild *self, int64_t records, vt_rebuild_progress *progress, void *context) {
    cursor at = {0};
    size_t count = 0;
    vt_err err = VT_OK;
    do {
        err = step(self, &at, &count);
        if (err == VT_OK) {
            err = vt_store_checkpoint_if_due(self->store);
        }
        if (err == VT_OK && progress != NULL && !progress(context, at.position, records)) {
            snprintf(self->reason, VT_REBUILD_REASON_MAX, "stopped at position %lld of %lld", (long long) at.position,
                     (long long) records);
            return VT_ERR_GONE;
        }
    } while (err == VT_OK && count > 0);
    if (err == VT_ERR_CORRUPT) {
        snprintf(self->reason, VT_REBUILD_REASON_MAX,
                 "the ledger is damaged: position %lld was changed or does not follow", (long long) at.position + 1);
    }
    return err;
}

static vt_err catch_up(rebuild *self, vt_rebuild_progress *progress, void *context) {
    int64_t position = 0;
    int64_t records = 0;
    vt_err err = compare(self, &position, &records);
    return err == VT_OK && position < records ? fold_rest(self, records, progress, context) : err;
}

/* A tally that lost its position cannot say what it had counted. */
static vt_err check_tail(rebuild *self) {
    int64_t position = 0;
    int64_t records = 0;
    int64_t has_state = 0;
    vt_err err = vt_sql_number(self->db, "SELECT count(*) FROM tally_state", &has_state);
    if (err != VT_OK) {
        return explain(self, err);
    }
    return has_state == 0 ? VT_OK : compare(self, &position, &records);
}

static vt_err empty(rebuild *self) {
    vt_err err = check_tail(self);
    if (err != VT_OK) {
        return err;
    }
    err = vt_store_begin(self->store);
    if (err != VT_OK) {
        return explain(self, err);
    }
    err = vt_sql_exec(self->db, "DELETE FROM tally; DELETE FROM log_block; DELETE FROM tally_state;"
                                "INSERT INTO tally_state (one, position, counted, link)"
                                " SELECT 1, 0, 0, value FROM meta WHERE key = 'ledger_id'");
    if (err == VT_OK) {
        err = vt_store_commit(self->store);
    }
    if (err != VT_OK) {
        explain(self, err);
        vt_err rollback_err = vt_store_rollback(self->store);
        return rollback_err == VT_OK ? err : rollback_err;
    }
    return VT_OK;
}

vt_err vt_catch_up(vt_store *store, vt_tally *tally, vt_rebuild_progress *progress, void *context,
                   char reason[VT_REBUILD_REASON_MAX]) {
    rebuild again = {.store = store, .tally = tally, .reason = reason};
    vt_err err = open_rebuild(&again);
    if (err == VT_OK) {
        err = catch_up(&again, progress, context);
    }
    release(&again);
    return err;
}

vt_err vt_rebuild(vt_store *store, vt_tally *tally, vt_rebuild_progress *progress, void *context,
                  char reason[VT_REBUILD_REASON_MAX]) {
    rebuild again = {.store = store, .tally = tally, .reason = reason};
    vt_err err = open_rebuild(&again);
    if (err == VT_OK) {
        err = empty(&again);
    }
    if (err == VT_OK) {
        err = catch_up(&again, progress, context);
    }
    release(&again);
    return err;
}
