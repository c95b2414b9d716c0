#include "ledger/vote_reader.h"

#include "sqlite/vote_row.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum statement { PAGE, CONTEST, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [PAGE] = "SELECT " VT_VOTE_ROW_SQL " FROM vote WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
    [CONTEST] = "SELECT version, definition FROM contest ORDER BY version DESC LIMIT 1",
};

struct vt_vote_reader {
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

vt_err vt_vote_reader_open(const vt_store *store, vt_vote_reader **out) {
    vt_vote_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    pthread_mutex_init(&reader->lock, NULL);
    vt_err err = vt_store_connect(store, &reader->db);
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(reader->db, statements_sql[i], &reader->statements[i]);
    }
    if (err != VT_OK) {
        vt_vote_reader_close(reader);
        return err;
    }
    *out = reader;
    return VT_OK;
}

void vt_vote_reader_close(vt_vote_reader *reader) {
    if (reader == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(reader->statements[i]);
    }
    sqlite3_close(reader->db);
    pthread_mutex_destroy(&reader->lock);
    free(reader);
}

static vt_err bind_page(sqlite3_stmt *page, int64_t after, int64_t until, size_t rows_max) {
    int code = sqlite3_bind_int64(page, 1, after);
    code |= sqlite3_bind_int64(page, 2, until);
    code |= sqlite3_bind_int64(page, 3, (int64_t) rows_max);
    return code == SQLITE_OK ? VT_OK : VT_ERR_INTERNAL;
}

vt_err vt_vote_reader_read(vt_vote_reader *reader, vt_position after, vt_position until, vt_ledger_row *rows,
                           size_t rows_max, size_t *count) {
    size_t found = 0;
    bool has_row = rows_max > 0;
    pthread_mutex_lock(&reader->lock);
    sqlite3_stmt *page = reader->statements[PAGE];
    vt_err err = bind_page(page, after.offset, until.offset, rows_max);
    while (err == VT_OK && has_row && found < rows_max) {
        err = vt_sql_step(page, &has_row);
        if (err == VT_OK && has_row) {
            rows[found] = (vt_ledger_row){.position = {.partition = -1}};
            err = vt_vote_row_read(page, &rows[found].record, &rows[found].position.offset);
            rows[found].appended_ms = rows[found].record.at_ms;
            found++;
        }
    }
    sqlite3_reset(page);
    pthread_mutex_unlock(&reader->lock);
    if (err == VT_OK) {
        *count = found;
    }
    return err;
}

vt_err vt_vote_reader_contest(vt_vote_reader *reader, vt_buf *json, uint32_t *version) {
    bool has_row = false;
    pthread_mutex_lock(&reader->lock);
    sqlite3_stmt *latest = reader->statements[CONTEST];
    vt_err err = vt_sql_step(latest, &has_row);
    if (err == VT_OK && has_row) {
        err = vt_buf_append_slice(json, vt_sql_column(latest, 1));
    }
    if (err == VT_OK) {
        *version = has_row ? (uint32_t) sqlite3_column_int64(latest, 0) : 0;
    }
    sqlite3_reset(latest);
    pthread_mutex_unlock(&reader->lock);
    return err;
}
