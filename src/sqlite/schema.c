/* The layout of votes.db, version 1. Integers are 64 bits, texts UTF-8, ids and hashes 16 bytes.
 *
 *   meta         key TEXT, value BLOB     'ledger_id': random, made with the file
 *   contest      version   1, 2, …        append-only
 *                at_ms                    when it was appended, ms since 1970
 *                definition               JSON
 *                link                     see link.h: ties the version to all before it
 *   vote         position  1, 2, …        the ledger: append-only, without gaps
 *                id                       identity, unique
 *                at_ms                    when ingest took it
 *                name album year rank     the checked texts
 *                voter                    HMAC of the voter, NULL where votes are not limited
 *                points
 *                fp                       fingerprint of the four texts
 *                link                     see link.h: ties the record to all before it
 *   log_block    name block               there are votes for `name` in this block of positions
 *   tally        name album               the pair; votes and points are its sums
 *   tally_state  one row                  position, link: of the last record that is in `tally`;
 *                                         counted: how many records are
 *
 * `vote` is the truth. The tables below it follow from it and change in the transaction that appends the votes.
 * Of the indexes, vote.id finds duplicates and vote_by_voter counts a voter's votes.
 */
#include "sqlite/schema.h"

static const char tables_sql[] =
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE contest (version INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, definition TEXT NOT NULL,"
    "  link BLOB NOT NULL) STRICT;"
    "CREATE TABLE vote ("
    "  position INTEGER PRIMARY KEY,"
    "  id BLOB NOT NULL UNIQUE,"
    "  at_ms INTEGER NOT NULL,"
    "  name TEXT NOT NULL, album TEXT NOT NULL, year TEXT NOT NULL, rank TEXT NOT NULL,"
    "  voter BLOB,"
    "  points INTEGER NOT NULL,"
    "  fp BLOB NOT NULL,"
    "  link BLOB NOT NULL) STRICT;"
    "CREATE INDEX vote_by_voter ON vote (voter) WHERE voter IS NOT NULL;"
    "CREATE TABLE log_block (name TEXT NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (name, block))"
    "  WITHOUT ROWID, STRICT;"
    "CREATE TABLE tally (name TEXT NOT NULL, album TEXT NOT NULL, votes INTEGER NOT NULL, points INTEGER NOT NULL,"
    "  PRIMARY KEY (name, album)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE tally_state (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL,"
    "  counted INTEGER NOT NULL, link BLOB NOT NULL) STRICT;"
    "PRAGMA application_id = 1987015777;"
    "PRAGMA user_version = 1;";

_Static_assert(VT_SCHEMA_APPLICATION_ID == 1987015777 && VT_SCHEMA_VERSION == 1, "as the SQL above says");
_Static_assert(SQLITE_VERSION_NUMBER >= 3037000, "STRICT tables");

vt_err vt_schema_inspect(sqlite3 *db, vt_schema_state *out) {
    int64_t application_id = 0;
    int64_t version = 0;
    int64_t objects = 0;
    vt_err err = vt_sql_number(db, "PRAGMA application_id", &application_id);
    if (err == VT_OK) {
        err = vt_sql_number(db, "PRAGMA user_version", &version);
    }
    if (err == VT_OK) {
        err = vt_sql_number(db, "SELECT count(*) FROM sqlite_schema", &objects);
    }
    if (err != VT_OK) {
        return err;
    }
    if (application_id == 0 && version == 0 && objects == 0) {
        *out = VT_SCHEMA_EMPTY;
        return VT_OK;
    }
    if (application_id != VT_SCHEMA_APPLICATION_ID || version < 1) {
        return VT_ERR_NOT_OURS;
    }
    if (version > VT_SCHEMA_VERSION) {
        return VT_ERR_NEWER;
    }
    *out = VT_SCHEMA_OURS;
    return VT_OK;
}

static vt_err insert_first_rows(sqlite3 *db, const vt_id *id) {
    static const char *const rows_sql[] = {
        "INSERT INTO meta (key, value) VALUES ('ledger_id', ?)",
        "INSERT INTO tally_state (one, position, counted, link) VALUES (1, 0, 0, ?)",
    };
    for (size_t i = 0; i < sizeof rows_sql / sizeof rows_sql[0]; i++) {
        sqlite3_stmt *insert = NULL;
        vt_err err = vt_sql_prepare(db, rows_sql[i], &insert);
        if (err == VT_OK) {
            err = vt_sql_err(db, sqlite3_bind_blob(insert, 1, id->bytes, VT_ID_LEN, SQLITE_STATIC));
        }
        if (err == VT_OK) {
            err = vt_sql_run(insert);
        }
        sqlite3_finalize(insert);
        if (err != VT_OK) {
            return err;
        }
    }
    return VT_OK;
}

vt_err vt_schema_create(sqlite3 *db, const vt_id *id) {
    vt_err err = vt_sql_exec(db, "BEGIN IMMEDIATE");
    if (err != VT_OK) {
        return err;
    }
    err = vt_sql_exec(db, tables_sql);
    if (err == VT_OK) {
        err = insert_first_rows(db, id);
    }
    return err == VT_OK ? vt_sql_exec(db, "COMMIT") : err;
}

vt_err vt_schema_ledger_id(sqlite3 *db, vt_id *out) {
    sqlite3_stmt *select = NULL;
    bool has_row = false;
    vt_err err = vt_sql_prepare(db, "SELECT value FROM meta WHERE key = 'ledger_id'", &select);
    if (err == VT_OK) {
        err = vt_sql_step(select, &has_row);
    }
    if (err == VT_OK) {
        vt_slice value = has_row ? vt_sql_column(select, 0) : VT_SLICE("");
        if (value.len == VT_ID_LEN) {
            memcpy(out->bytes, value.ptr, VT_ID_LEN);
        } else {
            err = VT_ERR_CORRUPT;
        }
    }
    sqlite3_finalize(select);
    return err;
}
