#include "ledger/vote_table.h"

#include "ledger/log_blocks.h"
#include "sqlite/link.h"
#include "sqlite/vote_row.h"

#include <stdlib.h>

typedef enum statement { INSERT, FIND, USED, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [INSERT] = "INSERT INTO vote (" VT_VOTE_ROW_SQL ", link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
               " ON CONFLICT (id) DO NOTHING",
    [FIND] = "SELECT position, fp FROM vote WHERE id = ?",
    /* Stops at the limit: a voter who hammers must not cost more with each try. */
    [USED] = "SELECT count(*) FROM (SELECT 1 FROM vote WHERE voter = ? LIMIT ?)",
};

/* The end of the ledger. */
typedef struct tail {
    int64_t position;
    vt_id link;
} tail;

struct vt_vote_table {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    vt_log_blocks *blocks;
    tail committed;
    tail now; /* inside of the transaction */
};

static vt_err read_tail(vt_vote_table *table, vt_id ledger_id) {
    sqlite3_stmt *select = NULL;
    bool has_row = false;
    vt_err err = vt_sql_prepare(table->db, "SELECT position, link FROM vote ORDER BY position DESC LIMIT 1", &select);
    if (err == VT_OK) {
        err = vt_sql_step(select, &has_row);
    }
    table->now = (tail){0, ledger_id};
    if (err == VT_OK && has_row) {
        table->now.position = sqlite3_column_int64(select, 0);
        err = vt_vote_row_id(select, 1, &table->now.link);
    }
    table->committed = table->now;
    sqlite3_finalize(select);
    return err;
}

vt_err vt_vote_table_open(vt_store *store, vt_vote_table **out) {
    vt_vote_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    table->db = vt_store_writer(store);
    vt_err err = read_tail(table, vt_store_ledger_id(store));
    if (err == VT_OK) {
        err = vt_log_blocks_open(table->db, &table->blocks);
    }
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(table->db, statements_sql[i], &table->statements[i]);
    }
    if (err != VT_OK) {
        vt_vote_table_close(table);
        return err;
    }
    *out = table;
    return VT_OK;
}

void vt_vote_table_close(vt_vote_table *table) {
    if (table == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(table->statements[i]);
    }
    vt_log_blocks_close(table->blocks);
    free(table);
}

void vt_vote_table_committed(vt_vote_table *table) {
    table->committed = table->now;
}

void vt_vote_table_rolled_back(vt_vote_table *table) {
    table->now = table->committed;
    vt_log_blocks_rolled_back(table->blocks);
}

/* Answers with the first record of the id, if there is one. */
static vt_err find(vt_vote_table *table, vt_append *item, bool *found) {
    sqlite3_stmt *select = table->statements[FIND];
    vt_id fingerprint;
    int code = sqlite3_bind_blob(select, 1, item->record.id.bytes, VT_ID_LEN, SQLITE_STATIC);
    vt_err err = vt_sql_err(table->db, code);
    if (err == VT_OK) {
        err = vt_sql_step(select, found);
    }
    if (err == VT_OK && *found) {
        item->position = (vt_position){-1, sqlite3_column_int64(select, 0)};
        err = vt_vote_row_id(select, 1, &fingerprint);
    }
    if (err == VT_OK && *found) {
        bool same = vt_id_eq(&fingerprint, &item->record.fingerprint);
        item->err = same ? VT_OK : VT_ERR_ID_CONFLICT;
        item->verdict = same ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
    }
    sqlite3_reset(select);
    return err;
}

/* Answers with the first record of the id, else with `refusal`. */
static vt_err find_or_refuse(vt_vote_table *table, vt_append *item, vt_err refusal) {
    bool found = false;
    vt_err err = find(table, item, &found);
    if (err == VT_OK && !found) {
        item->err = refusal;
        item->verdict = refusal == VT_ERR_QUOTA ? VT_VERDICT_QUOTA : VT_VERDICT_NONE;
    }
    return err;
}

static vt_err has_used_up(vt_vote_table *table, uint32_t votes_per_voter, const vt_record *record, bool *used_up) {
    *used_up = false;
    if (votes_per_voter == 0 || !record->has_voter) {
        return VT_OK;
    }
    sqlite3_stmt *count = table->statements[USED];
    bool has_row = false;
    int code = sqlite3_bind_blob(count, 1, record->voter.bytes, VT_ID_LEN, SQLITE_STATIC);
    code = code != SQLITE_OK ? code : sqlite3_bind_int64(count, 2, votes_per_voter);
    vt_err err = vt_sql_err(table->db, code);
    if (err == VT_OK) {
        err = vt_sql_step(count, &has_row);
    }
    if (err == VT_OK) {
        *used_up = sqlite3_column_int64(count, 0) >= votes_per_voter;
    }
    sqlite3_reset(count);
    return err;
}

/* SQLITE_STATIC: the record outlives the step. Binding so allocates and copies nothing and fails for misuse only. */
static int bind_row(sqlite3_stmt *insert, const vt_record *record, const tail *at) {
    int code = sqlite3_bind_int64(insert, 1, at->position);
    code |= sqlite3_bind_blob(insert, 2, record->id.bytes, VT_ID_LEN, SQLITE_STATIC);
    code |= sqlite3_bind_int64(insert, 3, record->at_ms);
    const char *text = record->text;
    for (int i = 0; i < 4; i++) {
        code |= sqlite3_bind_text(insert, 4 + i, text, record->text_len[i], SQLITE_STATIC);
        text += record->text_len[i];
    }
    code |= record->has_voter ? sqlite3_bind_blob(insert, 8, record->voter.bytes, VT_ID_LEN, SQLITE_STATIC)
                              : sqlite3_bind_null(insert, 8);
    code |= sqlite3_bind_int64(insert, 9, record->points);
    code |= sqlite3_bind_blob(insert, 10, record->fingerprint.bytes, VT_ID_LEN, SQLITE_STATIC);
    code |= sqlite3_bind_blob(insert, 11, at->link.bytes, VT_ID_LEN, SQLITE_STATIC);
    return code;
}

static vt_err insert(vt_vote_table *table, const vt_record *record, bool *stored) {
    int64_t position = table->now.position + 1;
    tail next = {position, vt_link_next(&table->now.link, position, record)};
    if (bind_row(table->statements[INSERT], record, &next) != SQLITE_OK) {
        return VT_ERR_INTERNAL;
    }
    vt_err err = vt_sql_run(table->statements[INSERT]);
    if (err == VT_OK) {
        *stored = sqlite3_changes(table->db) == 1;
    }
    if (err == VT_OK && *stored) {
        table->now = next;
        err = vt_log_blocks_add(table->blocks, position, vt_record_text(record, VT_FIELD_NAME));
    }
    return err;
}

vt_err vt_vote_table_apply(vt_vote_table *table, uint32_t votes_per_voter, vt_append *item) {
    if (item->refusal != VT_OK) {
        return find_or_refuse(table, item, item->refusal);
    }
    bool used_up = false;
    vt_err err = has_used_up(table, votes_per_voter, &item->record, &used_up);
    if (err != VT_OK) {
        return err;
    }
    if (used_up) {
        return find_or_refuse(table, item, VT_ERR_QUOTA);
    }
    bool stored = false;
    err = insert(table, &item->record, &stored);
    if (err != VT_OK) {
        return err;
    }
    if (!stored) {
        /* The insert saw the id, so it must be found. */
        return find_or_refuse(table, item, VT_ERR_INTERNAL);
    }
    item->err = VT_OK;
    item->verdict = VT_VERDICT_COUNTED;
    item->position = (vt_position){-1, table->now.position};
    return VT_OK;
}
