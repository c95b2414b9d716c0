#include "sqlite/vote_row.h"

enum { POSITION, ID, AT_MS, NAME, ALBUM, YEAR, RANK, VOTER, POINTS, FINGERPRINT };
_Static_assert(FINGERPRINT + 1 == VT_VOTE_ROW_COLUMNS, "as VT_VOTE_ROW_SQL lists them");

vt_err vt_vote_row_id(sqlite3_stmt *stmt, int column, vt_id *out) {
    vt_slice bytes = vt_sql_column(stmt, column);
    if (bytes.len != VT_ID_LEN) {
        return VT_ERR_CORRUPT;
    }
    memcpy(out->bytes, bytes.ptr, VT_ID_LEN);
    return VT_OK;
}

/* Texts first, as their lengths decide whether there is a record at all. */
static vt_err read_texts(sqlite3_stmt *stmt, vt_record *record) {
    char *end = record->text;
    for (int i = 0; i < 4; i++) {
        vt_slice text = vt_sql_column(stmt, NAME + i);
        if (text.len > VT_FIELD_BYTES_MAX) {
            return VT_ERR_CORRUPT;
        }
        if (text.len > 0) {
            memcpy(end, text.ptr, text.len);
            end += text.len;
        }
        record->text_len[i] = (uint8_t) text.len;
    }
    return VT_OK;
}

static vt_err read_numbers(sqlite3_stmt *stmt, vt_record *record) {
    int64_t points = sqlite3_column_int64(stmt, POINTS);
    if (points < 0 || points > UINT32_MAX) {
        return VT_ERR_CORRUPT;
    }
    record->points = (uint32_t) points;
    record->at_ms = sqlite3_column_int64(stmt, AT_MS);
    record->has_voter = sqlite3_column_type(stmt, VOTER) != SQLITE_NULL;
    record->voter = (vt_id){0};
    return VT_OK;
}

vt_err vt_vote_row_read(sqlite3_stmt *stmt, vt_record *record, int64_t *position) {
    vt_err err = read_texts(stmt, record);
    if (err == VT_OK) {
        err = read_numbers(stmt, record);
    }
    if (err == VT_OK) {
        err = vt_vote_row_id(stmt, ID, &record->id);
    }
    if (err == VT_OK) {
        err = vt_vote_row_id(stmt, FINGERPRINT, &record->fingerprint);
    }
    if (err == VT_OK && record->has_voter) {
        err = vt_vote_row_id(stmt, VOTER, &record->voter);
    }
    if (err == VT_OK) {
        *position = sqlite3_column_int64(stmt, POSITION);
    }
    return err;
}
