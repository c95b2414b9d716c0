#include "ingest/source.h"

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
        .form = VT_CORE_JSON,
    };
    size_t count;
    return is_batch ? vt_json_array_open(body, &source->walk.json, &count) : open_one(body, source);
}

vt_err vt_source_cast(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_CAST, .form = VT_CORE_VOTE};
    return open_one(body, source);
}

vt_err vt_source_cast_batch(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_CAST_BATCH, .is_batch = true, .next = next_proto, .form = VT_CORE_VOTE};
    size_t count;
    return vt_proto_batch_open(body, &source->walk.proto, &count);
}

vt_err vt_source_return_info(vt_slice body, vt_source *source) {
    *source = (vt_source){.kind = VT_CALL_RETURN_INFO, .form = VT_CORE_REQUEST_ID};
    return open_one(body, source);
}
