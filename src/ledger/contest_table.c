#include "ledger/contest_table.h"

#include "sqlite/link.h"
#include "sqlite/vote_row.h"

/* The end of the chain. */
typedef struct tail {
    int64_t version;
    vt_id link;
} tail;

static vt_err follow(sqlite3_stmt *row, tail *end) {
    int64_t version = sqlite3_column_int64(row, 0);
    vt_id link;
    vt_id expected = vt_link_next_contest(&end->link, version, sqlite3_column_int64(row, 1), vt_sql_column(row, 2));
    vt_err err = vt_vote_row_id(row, 3, &link);
    if (err != VT_OK || version != end->version + 1 || !vt_id_eq(&link, &expected)) {
        return VT_ERR_CORRUPT;
    }
    *end = (tail){version, link};
    return VT_OK;
}

static vt_err follow_all(sqlite3 *db, const vt_id *ledger_id, tail *end) {
    sqlite3_stmt *row = NULL;
    bool has_row = true;
    *end = (tail){0, *ledger_id};
    vt_err err = vt_sql_prepare(db, "SELECT version, at_ms, definition, link FROM contest ORDER BY version", &row);
    while (err == VT_OK && has_row) {
        err = vt_sql_step(row, &has_row);
        if (err == VT_OK && has_row) {
            err = follow(row, end);
        }
    }
    sqlite3_finalize(row);
    return err;
}

vt_err vt_contest_table_check(sqlite3 *db, const vt_id *ledger_id) {
    tail end;
    return follow_all(db, ledger_id, &end);
}

static vt_err insert(sqlite3 *writer, const tail *next, int64_t at_ms, vt_slice json) {
    sqlite3_stmt *row = NULL;
    vt_err err =
        vt_sql_prepare(writer, "INSERT INTO contest (version, at_ms, definition, link) VALUES (?, ?, ?, ?)", &row);
    if (err == VT_OK) {
        int code = sqlite3_bind_int64(row, 1, next->version);
        code |= sqlite3_bind_int64(row, 2, at_ms);
        code |= sqlite3_bind_text(row, 3, json.ptr, (int) json.len, SQLITE_STATIC);
        code |= sqlite3_bind_blob(row, 4, next->link.bytes, VT_ID_LEN, SQLITE_STATIC);
        err = code == SQLITE_OK ? vt_sql_run(row) : VT_ERR_INTERNAL;
    }
    sqlite3_finalize(row);
    return err;
}

vt_err vt_contest_table_append(sqlite3 *writer, const vt_id *ledger_id, uint32_t version, int64_t at_ms,
                               vt_slice json) {
    tail end;
    vt_err err = follow_all(writer, ledger_id, &end);
    if (err != VT_OK) {
        return err;
    }
    if (version != end.version + 1) {
        return VT_ERR_IN_USE;
    }
    tail next = {version, vt_link_next_contest(&end.link, version, at_ms, json)};
    return insert(writer, &next, at_ms, json);
}
