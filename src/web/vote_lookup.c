#include "web/vote_lookup.h"

#include "base/clock.h"
#include "web/query.h"

enum { LOOKUP_BYTES_MAX = 8192 };

void vt_vote_json(const vt_record *record, vt_text *text) {
    for (int field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        vt_text_raw(text, field == VT_FIELD_NAME ? "{" : ",");
        vt_text_json(text, vt_field_name((vt_field) field));
        vt_text_raw(text, ":");
        vt_text_json(text, vt_record_text(record, (vt_field) field));
    }
    vt_text_raw(text, "}");
}

void vt_vote_lookup_json(const vt_votelog_row *row, bool is_hidden, vt_text *text) {
    char id[VT_UUID_TEXT_LEN];
    char position[VT_POSITION_TEXT_MAX];
    vt_uuid_format(&row->record.id, id);
    vt_text_raw(text, "{\"id\":");
    vt_text_json(text, vt_slice_of(id, sizeof id));
    vt_text_raw(text, ",\"position\":");
    vt_text_json(text, vt_slice_of(position, vt_position_format(row->position, position)));
    vt_text_raw(text, ",\"status\":");
    vt_text_json(text, vt_verdict_name(row->verdict));
    if (is_hidden) {
        vt_text_raw(text, ",\"hidden\":true}");
        return;
    }
    vt_text_raw(text, ",\"vote\":");
    vt_vote_json(&row->record, text);
    vt_text_raw(text, ",\"points\":");
    vt_text_number(text, row->record.points);
    vt_text_raw(text, ",\"at\":");
    vt_text_json_time(text, row->record.at_ms);
    vt_text_raw(text, "}");
}

static vt_err lookup_look_up(const vt_stores *stores, vt_read *read) {
    vt_votelog_row row;
    vt_err err = vt_votelog_find(stores->votelog, &read->ask.vote_id, &row);
    if (err != VT_OK) {
        return err;
    }
    vt_buf buf;
    vt_buf_init(&buf, LOOKUP_BYTES_MAX);
    vt_text text = {.buf = &buf};
    bool is_hidden = !vt_contest_results_visible(stores->contest, vt_clock_wall_ms());
    vt_vote_lookup_json(&row, is_hidden, &text);
    err = text.err == VT_OK ? vt_shared_new(vt_buf_slice(&buf), &read->body) : text.err;
    vt_buf_release(&buf);
    return err;
}

/* The segment behind "/v1/votes/", without a slash at its end. */
static vt_slice lookup_segment(vt_slice path) {
    const size_t prefix_len = sizeof "/v1/votes/" - 1;
    vt_slice segment = vt_slice_of(path.ptr + prefix_len, path.len - prefix_len);
    if (segment.len > 0 && segment.ptr[segment.len - 1] == '/') {
        segment.len--;
    }
    return segment;
}

/* The position is a hint for ledgers whose votes are found late; here it only has to be one. */
static bool lookup_has_good_position(vt_slice query) {
    char room[VT_QUERY_VALUE_BYTES_MAX];
    vt_slice text;
    vt_position position;
    if (vt_query_find(query, VT_SLICE("position"), room, &text) != VT_OK) {
        return false;
    }
    return text.ptr == NULL || vt_position_parse(text, &position);
}

void vt_vote_lookup_serve(vt_reader *reader, const vt_request *request, vt_reply reply) {
    vt_read read = {.look_up = lookup_look_up, .kind = VT_ANSWER_JSON};
    if (!vt_uuid_parse(lookup_segment(request->path), &read.ask.vote_id)) {
        vt_answer_error(reply, VT_ERR_BAD_ID, "the path must end in the vote's id, a UUID");
        return;
    }
    if (!lookup_has_good_position(request->query)) {
        vt_answer_error(reply, VT_ERR_MALFORMED_REQUEST, "position must be one that a receipt gave");
        return;
    }
    vt_reader_submit(reader, reply, &read);
}
