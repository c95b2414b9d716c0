#include "ingest/source.h"

static vt_err read_vote(vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch, vt_field *field) {
    (void) scratch; /* protobuf has no escapes */
    return vt_vote_read_proto(bytes, VT_FIELD_VOTER_CODE, vote, field);
}

static vt_err read_request_id(vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch, vt_field *field) {
    (void) scratch;
    return vt_vote_read_proto(bytes, VT_FIELD_RANK, vote, field);
}

static bool next_one(vt_source *source, vt_slice *bytes) {
    source->next = NULL; /* asked once: a single vote has no second */
    *bytes = source->walk.one;
    return true;
}

static bool next_json(vt_source *source, vt_slice *bytes) {
    return vt_json_array_next(&source->walk.json, bytes);
}

static bool next_proto(vt_source *source, vt_slice *bytes) {
    return vt_proto_batch_next(&source->walk.proto, bytes);
}

static vt_err open_one(vt_slice body, vt_source *source) {
    source->next = next_one;
    source->walk.one = body;
    return body.len > VT_VOTE_JSON_BYTES_MAX ? VT_ERR_BODY_TOO_LARGE : VT_OK;
}

vt_err vt_source_json(vt_slice body, vt_source *source) {
    bool is_batch = vt_json_is_array(body);
    *source = (vt_source){
        .kind = is_batch ? VT_CALL_JSON_BATCH : VT_CALL_JSON,
        .is_batch = is_batch,
        .next = next_json,
        .read = vt_vote_read_json,
    };
    size_t count;
    return is_batch ? vt_json_array_open(body, &source->walk.json, &count) : open_one(body, source);
}

vt_err vt_source_cast(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_CAST, .read = read_vote};
    return open_one(body, source);
}

vt_err vt_source_cast_batch(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_CAST_BATCH, .is_batch = true, .next = next_proto, .read = read_vote};
    size_t count;
    return vt_proto_batch_open(body, &source->walk.proto, &count);
}

vt_err vt_source_return_info(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_RETURN_INFO, .read = read_request_id};
    return open_one(body, source);
}
