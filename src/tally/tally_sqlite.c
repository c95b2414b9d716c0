#include "tally/tally_sqlite.h"

#include "tally/tally_fold.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum statement { BEGIN, STATE, SIZE, PAIRS, END, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [STATE] = "SELECT position, counted FROM tally_state",
    /* Casts, as the length of a text counts characters. */
    [SIZE] = "SELECT count(*), coalesce(sum(length(CAST(name AS BLOB)) + length(CAST(album AS BLOB))), 0) FROM tally",
    [PAIRS] = "SELECT name, album, votes, points FROM tally ORDER BY name, album",
    [END] = "COMMIT",
};

typedef struct tally_sqlite {
    vt_tally tally; /* first: a vt_tally * points here */
    vt_tally_fold *fold;
    pthread_mutex_t lock; /* of the reading side */
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
} tally_sqlite;

static vt_err read_state(tally_sqlite *sqlite, vt_tally_snapshot *snapshot) {
    sqlite3_stmt *state = sqlite->statements[STATE];
    bool has_row = false;
    vt_err err = vt_sql_step(state, &has_row);
    if (err == VT_OK && !has_row) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        snapshot->positions.offsets[0] = sqlite3_column_int64(state, 0);
        snapshot->verdicts[VT_VERDICT_COUNTED] = (uint64_t) sqlite3_column_int64(state, 1);
    }
    sqlite3_reset(state);
    return err;
}

/* One block for the pairs and, behind them, their texts. */
static vt_err allocate(tally_sqlite *sqlite, vt_tally_snapshot *snapshot, size_t *text_bytes) {
    sqlite3_stmt *size = sqlite->statements[SIZE];
    bool has_row = false;
    vt_err err = vt_sql_step(size, &has_row);
    int64_t pairs = err == VT_OK ? sqlite3_column_int64(size, 0) : 0;
    int64_t bytes = err == VT_OK ? sqlite3_column_int64(size, 1) : 0;
    sqlite3_reset(size);
    if (err != VT_OK) {
        return err;
    }
    if (pairs > VT_FOLD_PAIRS_MAX + 1 || bytes > pairs * 2 * VT_FIELD_BYTES_MAX) {
        return VT_ERR_CORRUPT;
    }
    snapshot->memory = malloc((size_t) pairs * sizeof *snapshot->pairs + (size_t) bytes + 1);
    if (snapshot->memory == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    snapshot->pairs = snapshot->memory;
    snapshot->pairs_count = (uint32_t) pairs;
    *text_bytes = (size_t) bytes;
    return VT_OK;
}

static vt_slice copy_text(char **end, vt_slice text) {
    char *start = *end;
    if (text.len > 0) {
        memcpy(start, text.ptr, text.len);
    }
    *end += text.len;
    return vt_slice_of(start, text.len);
}

static vt_err read_pairs(tally_sqlite *sqlite, vt_tally_snapshot *snapshot) {
    size_t text_bytes = 0;
    vt_err err = allocate(sqlite, snapshot, &text_bytes);
    if (err != VT_OK) {
        return err;
    }
    sqlite3_stmt *row = sqlite->statements[PAIRS];
    char *end = (char *) (snapshot->pairs + snapshot->pairs_count);
    const char *limit = end + text_bytes;
    for (uint32_t i = 0; err == VT_OK && i < snapshot->pairs_count; i++) {
        bool has_row = false;
        err = vt_sql_step(row, &has_row);
        vt_slice name = err == VT_OK && has_row ? vt_sql_column(row, 0) : VT_SLICE("");
        vt_slice album = err == VT_OK && has_row ? vt_sql_column(row, 1) : VT_SLICE("");
        /* In one read transaction only a damaged file can tell of other rows than before. */
        if (err == VT_OK && (!has_row || name.len + album.len > (size_t) (limit - end))) {
            err = VT_ERR_CORRUPT;
        }
        if (err == VT_OK) {
            vt_tally_pair *pair = &snapshot->pairs[i];
            pair->name = copy_text(&end, name);
            pair->album = copy_text(&end, album);
            pair->votes = (uint64_t) sqlite3_column_int64(row, 2);
            pair->points = (uint64_t) sqlite3_column_int64(row, 3);
        }
    }
    sqlite3_reset(row);
    return err;
}

static vt_err read_snapshot(vt_tally *tally, vt_tally_snapshot *out) {
    tally_sqlite *sqlite = (tally_sqlite *) tally;
    vt_tally_snapshot snapshot = {0};
    pthread_mutex_lock(&sqlite->lock);
    vt_err err = vt_sql_run(sqlite->statements[BEGIN]);
    if (err == VT_OK) {
        err = read_state(sqlite, &snapshot);
        err = err == VT_OK ? read_pairs(sqlite, &snapshot) : err;
        vt_err end_err = vt_sql_run(sqlite->statements[END]);
        err = err == VT_OK ? end_err : err;
    }
    pthread_mutex_unlock(&sqlite->lock);
    if (err != VT_OK) {
        vt_tally_snapshot_release(&snapshot);
        return err;
    }
    *out = snapshot;
    return VT_OK;
}

/* A rebuild holds the data directory alone, so that no reader meets another generation than 0. */
static vt_err read_positions(vt_tally *tally, vt_positions *out, uint64_t *generation) {
    tally_sqlite *sqlite = (tally_sqlite *) tally;
    vt_tally_snapshot snapshot = {0};
    pthread_mutex_lock(&sqlite->lock);
    vt_err err = read_state(sqlite, &snapshot);
    pthread_mutex_unlock(&sqlite->lock);
    if (err == VT_OK) {
        *out = snapshot.positions;
        *generation = snapshot.generation;
    }
    return err;
}

/* The ledger in SQLite keeps no other records than counted ones. */
static vt_err answer_verdicts(vt_tally *tally, vt_tally_question *questions, size_t count) {
    vt_positions positions;
    uint64_t generation;
    vt_err err = read_positions(tally, &positions, &generation);
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        bool is_folded = vt_positions_cover(&positions, questions[i].position);
        questions[i].verdict = is_folded ? VT_VERDICT_COUNTED : VT_VERDICT_NONE;
    }
    return err;
}

static void close_tally(vt_tally *tally) {
    tally_sqlite *sqlite = (tally_sqlite *) tally;
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(sqlite->statements[i]);
    }
    sqlite3_close(sqlite->db);
    pthread_mutex_destroy(&sqlite->lock);
    vt_tally_fold_close(sqlite->fold);
    free(sqlite);
}

static const vt_tally_backend backend = {
    .read = read_snapshot,
    .positions = read_positions,
    .verdicts = answer_verdicts,
    .close = close_tally,
};

vt_err vt_tally_sqlite_open(vt_store *store, vt_tally **out) {
    tally_sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    sqlite->tally.backend = &backend;
    pthread_mutex_init(&sqlite->lock, NULL);
    vt_err err = vt_tally_fold_open(store, &sqlite->fold);
    if (err == VT_OK) {
        err = vt_store_connect(store, &sqlite->db);
    }
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(sqlite->db, statements_sql[i], &sqlite->statements[i]);
    }
    if (err != VT_OK) {
        close_tally(&sqlite->tally);
        return err;
    }
    *out = &sqlite->tally;
    return VT_OK;
}

vt_err vt_tally_sqlite_fold(void *tally, const vt_append *const *records, size_t count) {
    return vt_tally_fold_apply(((tally_sqlite *) tally)->fold, records, count);
}
