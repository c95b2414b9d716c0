/* The votes of one request's body, one after the other, whatever their encoding. */
#ifndef VT_INGEST_SOURCE_H
#define VT_INGEST_SOURCE_H

#include "ingest/call.h"
#include "vote/core.h"
#include "vote/vote_json.h"
#include "vote/vote_proto.h"

typedef struct vt_source vt_source;

struct vt_source {
    vt_call_kind kind;
    bool is_batch;
    /* The next vote's bytes; false at the end. */
    bool (*next)(vt_source *source, vt_slice *bytes);
    vt_core_form form; /* of those bytes */
    union {
        vt_slice one;
        vt_json_array json;
        vt_proto_batch proto;
    } walk;
};

/* Each borrows `body` and checks its framing; a single vote has at most VT_VOTE_JSON_BYTES_MAX bytes.
 * On error source->kind is set all the same, for the answer. */

/* One JSON vote or an array. BODY_TOO_LARGE, MALFORMED_JSON, EMPTY_BATCH, BATCH_TOO_LARGE. */
VT_MUST_CHECK vt_err vt_source_json(vt_slice body, vt_source *source);

/* votaton.v1.Vote. BODY_TOO_LARGE. */
VT_MUST_CHECK vt_err vt_source_cast(vt_slice body, vt_source *source);

/* votaton.v1.CastBatchRequest. MALFORMED_PROTOBUF, EMPTY_BATCH, BATCH_TOO_LARGE. */
VT_MUST_CHECK vt_err vt_source_cast_batch(vt_slice body, vt_source *source);

/* confproto.requestId. BODY_TOO_LARGE. */
VT_MUST_CHECK vt_err vt_source_return_info(vt_slice body, vt_source *source);

#endif
