#include "web/record_log.h"

#include "base/clock.h"
#include "web/page_log.h"
#include "web/query.h"
#include "web/verdicts.h"
#include "web/vote_lookup.h"

#include <stdlib.h>

enum { LOG_BYTES_MAX = 1048576 };

static void log_id(const vt_record *record, vt_text *text) {
    char id[VT_UUID_TEXT_LEN];
    vt_uuid_format(&record->id, id);
    vt_text_json(text, vt_slice_of(id, sizeof id));
}

static void log_position(vt_position position, vt_text *text) {
    char room[VT_POSITION_TEXT_MAX];
    vt_text_json(text, vt_slice_of(room, vt_position_format(position, room)));
}

vt_slice vt_log_status(const vt_log_rows *found, const vt_votelog_row *row) {
    bool is_unjudged = found->is_unjudged && row->verdict == VT_VERDICT_NONE;
    return is_unjudged ? VT_SLICE("recorded") : vt_verdict_name(row->verdict);
}

static void log_row(const vt_log_rows *found, uint32_t i, vt_text *text) {
    const vt_votelog_row *row = &found->rows[i];
    vt_text_raw(text, "{\"id\":");
    log_id(&row->record, text);
    vt_text_raw(text, ",\"position\":");
    log_position(row->position, text);
    vt_text_raw(text, ",\"status\":");
    vt_text_json(text, vt_log_status(found, row));
    vt_text_raw(text, ",\"vote\":");
    vt_vote_json(&row->record, text);
    vt_text_raw(text, ",\"at\":");
    vt_text_json_time(text, row->record.at_ms);
    vt_text_raw(text, "}");
}

void vt_record_log_json(const vt_log_rows *found, uint32_t limit, vt_text *text) {
    vt_text_raw(text, "{\"votes\":[");
    for (uint32_t i = 0; i < found->count; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        log_row(found, i, text);
    }
    vt_text_raw(text, "],\"next\":");
    if (found->count > 0 && found->count == limit) {
        log_position(found->rows[found->count - 1].position, text);
    } else {
        vt_text_raw(text, "null");
    }
    vt_text_raw(text, found->is_hidden ? ",\"hidden\":true}" : "}");
}

static void log_alias_row(const vt_log_rows *found, uint32_t i, vt_text *text) {
    const vt_votelog_row *row = &found->rows[i];
    vt_text_raw(text, "{\"message\":\"vote ");
    vt_text_slice(text, vt_log_status(found, row));
    vt_text_raw(text, "\",\"data\":");
    vt_vote_json(&row->record, text);
    vt_text_raw(text, ",\"timestamp\":");
    vt_text_json_time(text, row->record.at_ms);
    vt_text_raw(text, ",\"id\":");
    log_id(&row->record, text);
    vt_text_raw(text, "}");
}

void vt_record_log_alias_json(const vt_log_rows *found, vt_text *text) {
    vt_text_raw(text, "[");
    for (uint32_t i = 0; i < found->count; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        log_alias_row(found, i, text);
    }
    vt_text_raw(text, "]");
}

static vt_err log_render(const vt_stores *stores, const vt_read_log *ask, const vt_log_rows *found, vt_shared **out) {
    vt_buf buf;
    vt_buf_init(&buf, LOG_BYTES_MAX);
    vt_text text = {.buf = &buf};
    switch (ask->shape) {
    case VT_LOG_SHAPE_PAGED:
        vt_record_log_json(found, ask->limit, &text);
        break;
    case VT_LOG_SHAPE_ALIAS:
        vt_record_log_alias_json(found, &text);
        break;
    case VT_LOG_SHAPE_HTML:
        vt_page_log(vt_contest_now(stores->contest), ask, found, &text);
        break;
    }
    vt_err err = text.err == VT_OK ? vt_shared_new(vt_buf_slice(&buf), out) : text.err;
    vt_buf_release(&buf);
    return err;
}

static vt_err log_find(const vt_stores *stores, const vt_read_log *ask, vt_votelog_row *rows, uint32_t *count) {
    vt_votelog_query query = {.has_before = ask->has_before, .before = ask->before, .limit = ask->limit};
    query.band = ask->band_len == 0 ? (vt_slice){NULL, 0} : vt_slice_of(ask->band, ask->band_len);
    return vt_votelog_list(stores->votelog, &query, rows, count);
}

static vt_err log_look_up(const vt_stores *stores, vt_read *read) {
    const vt_read_log *ask = &read->ask.log;
    vt_votelog_row *rows = malloc(ask->limit * sizeof *rows);
    if (rows == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_log_rows found = {.rows = rows};
    found.is_hidden = !vt_contest_results_visible(vt_contest_now(stores->contest), vt_clock_wall_ms());
    vt_err err = VT_OK;
    if (!found.is_hidden && !ask->is_empty) {
        err =
            vt_read_busy(read, log_find(stores, ask, rows, &found.count), "the vote log cannot be read now; ask again");
    }
    if (err == VT_OK) {
        found.is_unjudged = vt_verdicts_fill(stores->tally, rows, found.count) != VT_OK;
    }
    if (err == VT_OK) {
        err = log_render(stores, ask, &found, &read->body);
    }
    free(rows);
    return err;
}

static bool log_parse_limit(vt_slice text, uint32_t *out) {
    uint32_t limit = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || limit > VT_VOTELOG_ROWS_MAX) {
            return false;
        }
        limit = limit * 10 + (uint32_t) (text.ptr[i] - '0');
    }
    *out = limit;
    return limit >= 1 && limit <= VT_VOTELOG_ROWS_MAX;
}

static vt_err log_parse_band(vt_slice band, vt_read_log *out) {
    /* An empty field of the page's form means all bands. */
    if (band.len == 0) {
        return VT_OK;
    }
    vt_vote vote = {.text = {[VT_FIELD_NAME] = band}};
    vt_field field;
    vt_err err = vt_vote_check(&vote, &field);
    if (err == VT_OK) {
        out->band_len = vote.text[VT_FIELD_NAME].len;
        memcpy(out->band, vote.text[VT_FIELD_NAME].ptr, out->band_len);
    }
    return err;
}

static vt_err log_parse_before(vt_slice before, vt_read_log *out) {
    if (before.ptr == NULL) {
        return VT_OK;
    }
    if (!vt_position_parse(before, &out->before)) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    /* The position of an empty result: nothing is older. */
    out->is_empty = out->before.partition < 0 && out->before.offset == 0;
    out->has_before = true;
    return VT_OK;
}

vt_err vt_record_log_parse(vt_slice query, vt_read_log *out, const char **what) {
    char room[VT_QUERY_VALUE_BYTES_MAX];
    vt_slice value;
    vt_read_log ask = *out;
    *what = "limit must be a number from 1 to 100";
    vt_err err = vt_query_find(query, VT_SLICE("limit"), room, &value);
    if (err == VT_OK && value.ptr != NULL && !log_parse_limit(value, &ask.limit)) {
        err = VT_ERR_MALFORMED_REQUEST;
    }
    if (err != VT_OK) {
        return err;
    }
    *what = "before must be a position that the log or a receipt gave";
    err = vt_query_find(query, VT_SLICE("before"), room, &value);
    err = err == VT_OK ? log_parse_before(value, &ask) : err;
    if (err != VT_OK) {
        return err;
    }
    *what = "band must be the name of a band";
    err = vt_query_find(query, VT_SLICE("band"), room, &value);
    err = err == VT_OK ? log_parse_band(value, &ask) : err;
    if (err == VT_OK) {
        *out = ask;
    }
    return err;
}

void vt_record_log_serve(vt_reader *reader, vt_log_shape shape, const vt_request *request, vt_reply reply) {
    vt_read read = {.look_up = log_look_up};
    read.kind = shape == VT_LOG_SHAPE_HTML ? VT_ANSWER_PAGE : VT_ANSWER_JSON;
    read.ask.log = (vt_read_log){.shape = shape, .limit = VT_LOG_LIMIT_DEFAULT, .before = {.partition = -1}};
    if (shape != VT_LOG_SHAPE_ALIAS) {
        const char *what;
        vt_err err = vt_record_log_parse(request->query, &read.ask.log, &what);
        if (err != VT_OK) {
            vt_answer_error(reply, err, what);
            return;
        }
    }
    if (shape == VT_LOG_SHAPE_HTML) {
        read.lang = vt_lang_choose(request);
        read.page_name = VT_WORD_LOG;
        read.ask.log.lang = read.lang;
        read.ask.log.limit = VT_LOG_LIMIT_DEFAULT;
    }
    vt_reader_submit(reader, reply, &read);
}
