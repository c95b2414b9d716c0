#include "ingest/answer.h"

#include "base/assert.h"
#include "ingest/answer_grpc.h"
#include "ingest/answer_json.h"

vt_slice vt_ingest_status(const vt_append *append) {
    return append->verdict == VT_VERDICT_NONE ? VT_SLICE("recorded") : vt_verdict_name(append->verdict);
}

void vt_ingest_answer(vt_intake *intake, const vt_call *call) {
    switch (call->kind) {
    case VT_CALL_JSON:
        vt_ingest_answer_json_one(call->reply, call->first);
        break;
    case VT_CALL_JSON_BATCH:
        vt_ingest_answer_json_batch(call->reply, &intake->answer_buf, call);
        break;
    case VT_CALL_CAST:
        vt_ingest_answer_cast(call->reply, call->first);
        break;
    case VT_CALL_CAST_BATCH:
        vt_ingest_answer_cast_batch(call->reply, &intake->answer_buf, call);
        break;
    case VT_CALL_RETURN_INFO:
        vt_ingest_answer_return_info(call->reply, call->first);
        break;
    }
}

void vt_ingest_refuse(vt_reply reply, vt_call_kind kind, vt_err err, vt_field field) {
    if (kind == VT_CALL_JSON || kind == VT_CALL_JSON_BATCH) {
        vt_ingest_json_error(reply, err, field);
    } else {
        vt_ingest_grpc_error(reply, err, field);
    }
}
