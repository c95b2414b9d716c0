#include "votelog/log_document.h"

#include "mongo/mongo_bson.h"
#include "votelog/log_key.h"

static void append_text(bson_t *to, const vt_record *record, vt_field field) {
    vt_slice name = vt_field_name(field);
    vt_slice text = vt_record_text(record, field);
    bson_append_utf8(to, name.ptr, (int) name.len, text.ptr, (int) text.len);
}

void vt_log_document_init(bson_t *document, const vt_ledger_row *row, const vt_id *ledger_id) {
    char position[VT_POSITION_TEXT_MAX];
    size_t position_len = vt_position_format(row->position, position);
    bson_t data;
    bson_init(document);
    vt_log_key_append(document, "_id", ledger_id, row->position);
    BSON_APPEND_UTF8(document, "message", "vote recorded");
    BSON_APPEND_DOCUMENT_BEGIN(document, "data", &data);
    for (vt_field field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        append_text(&data, &row->record, field);
    }
    bson_append_document_end(document, &data);
    BSON_APPEND_DATE_TIME(document, "timestamp", row->appended_ms);
    bson_append_utf8(document, "position", -1, position, (int) position_len);
    BSON_APPEND_BINARY(document, "vote_id", BSON_SUBTYPE_UUID, row->record.id.bytes, VT_ID_LEN);
    BSON_APPEND_BINARY(document, "fp", BSON_SUBTYPE_BINARY, row->record.fingerprint.bytes, VT_ID_LEN);
    BSON_APPEND_INT64(document, "points", row->record.points);
    BSON_APPEND_DATE_TIME(document, "at", row->record.at_ms);
}

/* The check of a vote trims; a text that was stored is trimmed already. */
static bool read_texts(const bson_t *document, vt_record *record) {
    static const char *const paths[] = {
        [VT_FIELD_NAME] = "data.name",
        [VT_FIELD_ALBUM] = "data.album",
        [VT_FIELD_YEAR] = "data.year",
        [VT_FIELD_RANK] = "data.rank",
    };
    vt_vote stored = {0};
    vt_field wrong;
    for (int field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        if (!vt_bson_text(document, paths[field], &stored.text[field])) {
            return false;
        }
    }
    vt_vote vote = stored;
    if (vt_vote_check(&vote, &wrong) != VT_OK) {
        return false;
    }
    for (int field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        if (vote.text[field].len != stored.text[field].len) {
            return false;
        }
    }
    vt_record_set_vote(record, &vote);
    return true;
}

vt_err vt_log_document_read(const bson_t *document, const vt_id *ledger_id, vt_ledger_row *out) {
    vt_ledger_row row = {0};
    vt_record *record = &row.record;
    int64_t points = 0;
    bool is_whole = vt_log_key_read(document, ledger_id, &row.position) && read_texts(document, record) &&
                    vt_bson_date(document, "timestamp", &row.appended_ms) &&
                    vt_bson_bytes(document, "vote_id", record->id.bytes, VT_ID_LEN) &&
                    vt_bson_bytes(document, "fp", record->fingerprint.bytes, VT_ID_LEN) &&
                    vt_bson_number(document, "points", &points) && vt_bson_date(document, "at", &record->at_ms);
    if (!is_whole || points < 0 || points > UINT32_MAX) {
        return VT_ERR_CORRUPT;
    }
    record->points = (uint32_t) points;
    *out = row;
    return VT_OK;
}
