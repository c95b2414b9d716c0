#include "tally/tally_fold.h"

#include "base/assert.h"
#include "tally/pair_table.h"

#include <stdlib.h>

typedef enum statement { POSITION, PAIRS, ADD, MOVE, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [POSITION] = "SELECT position FROM tally_state",
    [PAIRS] = "SELECT name, album FROM tally",
    [ADD] = ("INSERT INTO tally (name, album, votes, points) VALUES (?, ?, ?, ?)"
             " ON CONFLICT (name, album)"
             " DO UPDATE SET votes = votes + excluded.votes, points = points + excluded.points"),
    [MOVE] = "UPDATE tally_state SET position = ?1, counted = counted + ?2,"
             " link = (SELECT link FROM vote WHERE position = ?1)",
};

enum { POSITION_UNKNOWN = -1 };

struct vt_tally_fold {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    vt_pair_table *pairs;
    int64_t position; /* up to which `pairs` knows all pairs of the table */
};

vt_err vt_tally_fold_open(vt_store *store, vt_tally_fold **out) {
    vt_tally_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    fold->db = vt_store_writer(store);
    fold->position = POSITION_UNKNOWN;
    vt_err err = vt_pair_table_open(&fold->pairs);
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(fold->db, statements_sql[i], &fold->statements[i]);
    }
    if (err != VT_OK) {
        vt_tally_fold_close(fold);
        return err;
    }
    *out = fold;
    return VT_OK;
}

void vt_tally_fold_close(vt_tally_fold *fold) {
    if (fold == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(fold->statements[i]);
    }
    vt_pair_table_close(fold->pairs);
    free(fold);
}

static vt_err read_position(vt_tally_fold *fold, int64_t *out) {
    sqlite3_stmt *select = fold->statements[POSITION];
    bool has_row = false;
    vt_err err = vt_sql_step(select, &has_row);
    if (err == VT_OK && !has_row) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        *out = sqlite3_column_int64(select, 0);
    }
    sqlite3_reset(select);
    return err;
}

static vt_err read_pairs(vt_tally_fold *fold) {
    sqlite3_stmt *select = fold->statements[PAIRS];
    bool has_row = true;
    vt_err err = VT_OK;
    vt_pair_table_clear(fold->pairs);
    while (err == VT_OK && has_row) {
        err = vt_sql_step(select, &has_row);
        if (err == VT_OK && has_row) {
            vt_slice name = vt_sql_column(select, 0);
            vt_slice album = vt_sql_column(select, 1);
            bool fits = name.len <= VT_FIELD_BYTES_MAX && album.len <= VT_FIELD_BYTES_MAX;
            err = fits && vt_pair_table_know(fold->pairs, name, album) ? VT_OK : VT_ERR_CORRUPT;
        }
    }
    sqlite3_reset(select);
    return err;
}

/* Which pairs exist decides what is counted as "(other)", so it must be known exactly. Each fold moves the position:
 * when it stands elsewhere than the last fold left it, that one was rolled back, or the tally was emptied. */
static vt_err synchronise(vt_tally_fold *fold, int64_t *position) {
    vt_err err = read_position(fold, position);
    if (err == VT_OK && *position != fold->position) {
        fold->position = POSITION_UNKNOWN;
        err = read_pairs(fold);
    }
    return err;
}

static int bind_slice(sqlite3_stmt *stmt, int index, vt_slice text) {
    return sqlite3_bind_text(stmt, index, text.ptr, (int) text.len, SQLITE_STATIC);
}

static vt_err add_pair(vt_tally_fold *fold, const vt_pair *pair) {
    sqlite3_stmt *add = fold->statements[ADD];
    int code = bind_slice(add, 1, vt_pair_name(pair));
    code |= bind_slice(add, 2, vt_pair_album(pair));
    code |= sqlite3_bind_int64(add, 3, (int64_t) pair->votes);
    code |= sqlite3_bind_int64(add, 4, (int64_t) pair->points);
    return code == SQLITE_OK ? vt_sql_run(add) : VT_ERR_INTERNAL;
}

static vt_err move(vt_tally_fold *fold, int64_t position, size_t count) {
    sqlite3_stmt *update = fold->statements[MOVE];
    int code = sqlite3_bind_int64(update, 1, position);
    code |= sqlite3_bind_int64(update, 2, (int64_t) count);
    return code == SQLITE_OK ? vt_sql_run(update) : VT_ERR_INTERNAL;
}

vt_err vt_tally_fold_apply(vt_tally_fold *fold, const vt_append *const *records, size_t count) {
    VT_ASSERT(count > 0);
    int64_t position = 0;
    int64_t last = records[count - 1]->position.offset;
    vt_err err = synchronise(fold, &position);
    if (err == VT_OK && (records[0]->position.offset != position + 1 || last != position + (int64_t) count)) {
        err = VT_ERR_CORRUPT;
    }
    if (err != VT_OK) {
        return err;
    }
    vt_pair_table_settle(fold->pairs);
    for (size_t i = 0; i < count; i++) {
        const vt_record *record = &records[i]->record;
        vt_pair_table_add(fold->pairs, vt_record_text(record, VT_FIELD_NAME), vt_record_text(record, VT_FIELD_ALBUM),
                          record->points);
    }
    for (size_t i = 0; err == VT_OK && i < vt_pair_table_touched_count(fold->pairs); i++) {
        err = add_pair(fold, vt_pair_table_touched(fold->pairs, i));
    }
    if (err == VT_OK) {
        err = move(fold, last, count);
    }
    fold->position = err == VT_OK ? last : POSITION_UNKNOWN;
    return err;
}
