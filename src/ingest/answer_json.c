#include "ingest/answer_json.h"

#include "base/assert.h"
#include "ingest/answer.h"

/* All texts below are our own constants, UUIDs and digits: nothing in them needs a JSON escape. */

enum { ITEM_JSON_BYTES_MAX = 384 };

static char *put(char *out, vt_slice text) {
    memcpy(out, text.ptr, text.len);
    return out + text.len;
}

static char *put_error(char *out, vt_err err, vt_field field) {
    out = put(out, VT_SLICE("\"error\":{\"code\":\""));
    out = put(out, vt_slice_str(vt_err_code(err)));
    out = put(out, VT_SLICE("\",\"message\":\""));
    out = put(out, vt_slice_str(vt_err_text(err)));
    if (field != VT_FIELD_NONE) {
        out = put(out, VT_SLICE("\",\"field\":\""));
        out = put(out, vt_field_name(field));
    }
    return put(out, VT_SLICE("\"}"));
}

static char *put_id(char *out, const vt_item *item) {
    out = put(out, VT_SLICE("\"id\":\""));
    vt_uuid_format(&item->append.record.id, out);
    return put(out + VT_UUID_TEXT_LEN, VT_SLICE("\""));
}

/* The members that tell one vote's outcome, without the braces: at most ITEM_JSON_BYTES_MAX. */
static char *put_outcome(char *out, const vt_item *item) {
    const vt_append *append = &item->append;
    if (append->err != VT_OK) {
        out = put_error(out, append->err, item->field);
        if (item->has_id) {
            *out++ = ',';
            out = put_id(out, item);
        }
        return out;
    }
    out = put_id(out, item);
    out = put(out, VT_SLICE(",\"position\":\""));
    out += vt_position_format(append->position, out);
    out = put(out, VT_SLICE("\",\"status\":\""));
    out = put(out, vt_ingest_status(append));
    *out++ = '"';
    return out;
}

static void send(vt_reply reply, vt_err err, vt_slice body) {
    static const vt_header retry_after = {{"retry-after", 11}, {VT_RETRY_AFTER_SECONDS, 1}};
    int status = vt_err_http_status(err);
    vt_reply_http(reply, &(vt_http_answer){
                             .status = status,
                             .content_type = VT_SLICE("application/json"),
                             .headers = &retry_after,
                             .headers_count = status == 503 ? 1 : 0,
                             .body = body,
                         });
}

void vt_ingest_answer_json_one(vt_reply reply, const vt_item *item) {
    char text[ITEM_JSON_BYTES_MAX];
    char *out = text;
    *out++ = '{';
    if (item->append.err == VT_OK) {
        out = put(out, VT_SLICE("\"message\":\"ok\","));
    }
    out = put_outcome(out, item);
    *out++ = '}';
    send(reply, item->append.err, vt_slice_of(text, (size_t) (out - text)));
}

/* The error of the whole batch: only when every vote got a retryable one. */
static vt_err common_error(const vt_call *call) {
    VT_ASSERT(call->first != NULL);
    for (const vt_item *item = call->first; item != NULL; item = item->sibling) {
        if (!vt_err_is_retryable(item->append.err)) {
            return VT_OK;
        }
    }
    return call->first->append.err;
}

static vt_err render_batch(vt_buf *buf, const vt_call *call, vt_err common) {
    char text[ITEM_JSON_BYTES_MAX];
    vt_buf_clear(buf);
    char *end = common == VT_OK ? put(text, VT_SLICE("{\"message\":\"ok\""))
                                : put_error(put(text, VT_SLICE("{")), common, VT_FIELD_NONE);
    vt_err err = vt_buf_append(buf, text, (size_t) (end - text));
    vt_slice opening = VT_SLICE(",\"votes\":[{");
    for (const vt_item *item = call->first; item != NULL && err == VT_OK; item = item->sibling) {
        end = put_outcome(put(text, opening), item);
        *end++ = '}';
        err = vt_buf_append(buf, text, (size_t) (end - text));
        opening = VT_SLICE(",{");
    }
    return err == VT_OK ? vt_buf_append_slice(buf, VT_SLICE("]}")) : err;
}

void vt_ingest_answer_json_batch(vt_reply reply, vt_buf *buf, const vt_call *call) {
    vt_err common = common_error(call);
    /* Without memory for the answer the votes are recorded all the same: the outcome is unknown to the client. */
    if (render_batch(buf, call, common) != VT_OK) {
        vt_ingest_json_error(reply, VT_ERR_UNKNOWN, VT_FIELD_NONE);
        return;
    }
    send(reply, common, vt_buf_slice(buf));
}

void vt_ingest_json_error(vt_reply reply, vt_err err, vt_field field) {
    char text[ITEM_JSON_BYTES_MAX];
    char *out = put_error(put(text, VT_SLICE("{")), err, field);
    *out++ = '}';
    send(reply, err, vt_slice_of(text, (size_t) (out - text)));
}
