#include "votelog/votelog_sqlite.h"

#include "base/assert.h"
#include "sqlite/schema.h"
#include "sqlite/vote_row.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum statement { NEWEST, NEWEST_OF_BAND, FIND, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [NEWEST] = "SELECT " VT_VOTE_ROW_SQL " FROM vote WHERE position < ?1 ORDER BY position DESC LIMIT ?2",
    /* The band's blocks from the newest to the oldest, and the votes of each likewise: nothing is sorted. */
    [NEWEST_OF_BAND] =
        "SELECT " VT_VOTE_ROW_SQL " FROM (SELECT block FROM log_block WHERE name = ?3 AND block <= ?1 / ?4)"
        " CROSS JOIN vote ON position BETWEEN block * ?4 AND block * ?4 + ?4 - 1"
        " WHERE name = ?3 AND position < ?1 ORDER BY block DESC, position DESC LIMIT ?2",
    [FIND] = "SELECT " VT_VOTE_ROW_SQL " FROM vote WHERE id = ?1",
};

typedef struct votelog_sqlite {
    vt_votelog log; /* first: a vt_votelog * points here */
    const vt_store *store;
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
} votelog_sqlite;

/* Every row of the ledger was counted: what is not counted is not stored. */
static vt_err read_rows(sqlite3_stmt *stmt, vt_votelog_row *rows, uint32_t rows_max, uint32_t *count) {
    uint32_t found = 0;
    bool has_row = true;
    vt_err err = VT_OK;
    while (err == VT_OK && has_row && found < rows_max) {
        err = vt_sql_step(stmt, &has_row);
        if (err == VT_OK && has_row) {
            vt_votelog_row *row = &rows[found++];
            row->verdict = VT_VERDICT_COUNTED;
            row->position.partition = -1;
            err = vt_vote_row_read(stmt, &row->record, &row->position.offset);
        }
    }
    sqlite3_reset(stmt);
    if (err == VT_OK) {
        *count = found;
    }
    return err;
}

/* Whoever sees a vote here takes it for recorded, so it must be durable. */
static vt_err read_settled(const votelog_sqlite *sqlite, sqlite3_stmt *stmt, vt_votelog_row *rows, uint32_t rows_max,
                           uint32_t *count) {
    return vt_store_settled(sqlite->store) == VT_OK ? read_rows(stmt, rows, rows_max, count) : VT_ERR_BUSY;
}

static vt_err list(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count) {
    votelog_sqlite *sqlite = (votelog_sqlite *) log;
    VT_ASSERT(query->limit >= 1 && query->limit <= VT_VOTELOG_ROWS_MAX);
    sqlite3_stmt *stmt = sqlite->statements[query->band.ptr == NULL ? NEWEST : NEWEST_OF_BAND];
    int64_t before = query->has_before ? query->before.offset : INT64_MAX;
    pthread_mutex_lock(&sqlite->lock);
    int code = sqlite3_bind_int64(stmt, 1, before);
    code |= sqlite3_bind_int64(stmt, 2, query->limit);
    if (query->band.ptr != NULL) {
        code |= sqlite3_bind_text(stmt, 3, query->band.ptr, (int) query->band.len, SQLITE_STATIC);
        code |= sqlite3_bind_int64(stmt, 4, VT_LOG_BLOCK_VOTES);
    }
    vt_err err = code == SQLITE_OK ? read_settled(sqlite, stmt, rows, query->limit, count) : VT_ERR_INTERNAL;
    pthread_mutex_unlock(&sqlite->lock);
    return err;
}

static vt_err find(vt_votelog *log, const vt_id *id, vt_votelog_row *out) {
    votelog_sqlite *sqlite = (votelog_sqlite *) log;
    sqlite3_stmt *stmt = sqlite->statements[FIND];
    uint32_t count = 0;
    pthread_mutex_lock(&sqlite->lock);
    int code = sqlite3_bind_blob(stmt, 1, id->bytes, VT_ID_LEN, SQLITE_STATIC);
    vt_err err = code == SQLITE_OK ? read_settled(sqlite, stmt, out, 1, &count) : VT_ERR_INTERNAL;
    pthread_mutex_unlock(&sqlite->lock);
    return err == VT_OK && count == 0 ? VT_ERR_NOT_FOUND : err;
}

static void close_log(vt_votelog *log) {
    votelog_sqlite *sqlite = (votelog_sqlite *) log;
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(sqlite->statements[i]);
    }
    sqlite3_close(sqlite->db);
    pthread_mutex_destroy(&sqlite->lock);
    free(sqlite);
}

static const vt_votelog_backend backend = {.list = list, .find = find, .close = close_log};

vt_err vt_votelog_sqlite_open(const vt_store *store, vt_votelog **out) {
    votelog_sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    sqlite->log.backend = &backend;
    sqlite->store = store;
    pthread_mutex_init(&sqlite->lock, NULL);
    vt_err err = vt_store_connect(store, &sqlite->db);
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(sqlite->db, statements_sql[i], &sqlite->statements[i]);
    }
    if (err != VT_OK) {
        close_log(&sqlite->log);
        return err;
    }
    *out = &sqlite->log;
    return VT_OK;
}
