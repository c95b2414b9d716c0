#include "web/vote_lookup.h"

#include "base/clock.h"
#include "web/query.h"
#include "web/verdicts.h"

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

void vt_vote_lookup_json(const vt_found_vote *found, vt_text *text) {
    char id[VT_UUID_TEXT_LEN];
    char position[VT_POSITION_TEXT_MAX];
    vt_uuid_format(&found->id, id);
    vt_text_raw(text, "{\"id\":");
    vt_text_json(text, vt_slice_of(id, sizeof id));
    vt_text_raw(text, ",\"position\":");
    vt_text_json(text, vt_slice_of(position, vt_position_format(found->position, position)));
    vt_text_raw(text, ",\"status\":");
    vt_text_json(text, vt_verdict_name(found->verdict));
    if (found->is_hidden) {
        vt_text_raw(text, ",\"hidden\":true");
    } else if (found->record != NULL) {
        vt_text_raw(text, ",\"vote\":");
        vt_vote_json(found->record, text);
        vt_text_raw(text, ",\"points\":");
        vt_text_number(text, found->record->points);
        vt_text_raw(text, ",\"at\":");
        vt_text_json_time(text, found->record->at_ms);
    }
    vt_text_raw(text, "}");
}

static vt_err lookup_in_log(const vt_stores *stores, vt_read *read, vt_votelog_row *row, vt_found_vote *out) {
    vt_err err = vt_votelog_find(stores->votelog, &read->ask.vote.id, row);
    if (err != VT_OK) {
        return vt_read_busy(read, err, "the vote log cannot be read now; ask again");
    }
    err = vt_verdicts_fill(stores->tally, row, 1);
    if (err != VT_OK) {
        return vt_read_busy(read, err, "what was counted cannot be read now; ask again");
    }
    *out = (vt_found_vote){row->record.id, row->position, row->verdict, .record = &row->record};
    return VT_OK;
}

/* A log that is kept apart from the ledger may lack a vote for a while; its receipt tells where it stands. */
static vt_err lookup_by_position(const vt_stores *stores, vt_read *read, vt_found_vote *out) {
    const vt_read_vote *ask = &read->ask.vote;
    int32_t partition = ask->position.partition;
    if (!ask->has_position || partition < 0 || partition >= stores->contest->partitions) {
        return VT_ERR_NOT_FOUND;
    }
    vt_verdict verdict;
    vt_err err = vt_verdicts_at(stores->tally, &ask->id, ask->position, &verdict);
    if (err != VT_OK) {
        return vt_read_busy(read, err, "what was counted cannot be read now; ask again");
    }
    *out = (vt_found_vote){ask->id, ask->position, verdict, .record = NULL};
    return VT_OK;
}

static vt_err lookup_look_up(const vt_stores *stores, vt_read *read) {
    vt_votelog_row row;
    vt_found_vote found = {.record = NULL};
    vt_err err = lookup_in_log(stores, read, &row, &found);
    if (err == VT_ERR_NOT_FOUND) {
        err = lookup_by_position(stores, read, &found);
    }
    if (err != VT_OK) {
        return err;
    }
    found.is_hidden = !vt_contest_results_visible(vt_contest_now(stores->contest), vt_clock_wall_ms());
    vt_buf buf;
    vt_buf_init(&buf, LOOKUP_BYTES_MAX);
    vt_text text = {.buf = &buf};
    vt_vote_lookup_json(&found, &text);
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

static bool lookup_parse_position(vt_slice query, vt_read_vote *out) {
    char room[VT_QUERY_VALUE_BYTES_MAX];
    vt_slice text;
    if (vt_query_find(query, VT_SLICE("position"), room, &text) != VT_OK) {
        return false;
    }
    out->has_position = text.ptr != NULL;
    return text.ptr == NULL || vt_position_parse(text, &out->position);
}

void vt_vote_lookup_serve(vt_reader *reader, const vt_request *request, vt_reply reply) {
    vt_read read = {.look_up = lookup_look_up, .kind = VT_ANSWER_JSON};
    if (!vt_uuid_parse(lookup_segment(request->path), &read.ask.vote.id)) {
        vt_answer_error(reply, VT_ERR_BAD_ID, "the path must end in the vote's id, a UUID");
        return;
    }
    if (!lookup_parse_position(request->query, &read.ask.vote)) {
        vt_answer_error(reply, VT_ERR_MALFORMED_REQUEST, "position must be one that a receipt gave");
        return;
    }
    vt_reader_submit(reader, reply, &read);
}
