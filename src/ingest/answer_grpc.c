#include "ingest/answer_grpc.h"

#include "ingest/answer.h"
#include "vote/vote_proto.h"

/* Field numbers of votaton.v1.Receipt, votaton.v1.Error and votaton.v1.CastBatchReply. */
enum { RECEIPT_ID = 1, RECEIPT_POSITION = 2, RECEIPT_STATUS = 3, RECEIPT_ERROR = 4 };
enum { ERROR_CODE = 1, ERROR_MESSAGE = 2, ERROR_FIELD = 3 };
enum { REPLY_RECEIPTS = 1, REPLY_INFO = 1 };

enum { RECEIPT_BYTES_MAX = 384, TEXT_BYTES_MAX = 160 };

static vt_slice format_id(const vt_item *item, char text[VT_UUID_TEXT_LEN]) {
    vt_uuid_format(&item->append.record.id, text);
    return vt_slice_of(text, item->has_id ? VT_UUID_TEXT_LEN : 0);
}

static char *put_error(char *out, vt_err err, vt_field field) {
    char text[RECEIPT_BYTES_MAX];
    char *end = vt_proto_write_text(text, ERROR_CODE, vt_slice_str(vt_err_code(err)));
    end = vt_proto_write_text(end, ERROR_MESSAGE, vt_slice_str(vt_err_text(err)));
    end = vt_proto_write_text(end, ERROR_FIELD, vt_field_name(field));
    return vt_proto_write_text(out, RECEIPT_ERROR, vt_slice_of(text, (size_t) (end - text)));
}

/* At most RECEIPT_BYTES_MAX. */
static char *put_receipt(char *out, const vt_item *item) {
    const vt_append *append = &item->append;
    char id[VT_UUID_TEXT_LEN];
    if (item->has_id) {
        out = vt_proto_write_text(out, RECEIPT_ID, format_id(item, id));
    }
    if (append->err != VT_OK) {
        return put_error(out, append->err, item->field);
    }
    char position[VT_POSITION_TEXT_MAX];
    size_t len = vt_position_format(append->position, position);
    out = vt_proto_write_text(out, RECEIPT_POSITION, vt_slice_of(position, len));
    return vt_proto_write_text(out, RECEIPT_STATUS, vt_ingest_status(append));
}

static void send_error(vt_reply reply, vt_err err, vt_field field, vt_slice id) {
    char text[TEXT_BYTES_MAX];
    char *end = text;
    vt_slice name = vt_field_name(field);
    if (name.len > 0) {
        memcpy(end, name.ptr, name.len);
        end += name.len;
        *end++ = ':';
        *end++ = ' ';
    }
    vt_slice message = vt_slice_str(vt_err_text(err));
    memcpy(end, message.ptr, message.len);
    end += message.len;
    vt_header trailers[3] = {{VT_SLICE("votaton-error"), vt_slice_str(vt_err_code(err))}};
    uint32_t count = 1;
    if (id.len > 0) {
        trailers[count++] = (vt_header){VT_SLICE("votaton-id"), id};
    }
    if (name.len > 0) {
        trailers[count++] = (vt_header){VT_SLICE("votaton-field"), name};
    }
    vt_reply_grpc(reply, &(vt_grpc_answer){
                             .status = vt_err_grpc_status(err),
                             .text = vt_slice_of(text, (size_t) (end - text)),
                             .trailers = trailers,
                             .trailers_count = count,
                         });
}

static void send_item_error(vt_reply reply, const vt_item *item) {
    char id[VT_UUID_TEXT_LEN];
    send_error(reply, item->append.err, item->field, item->has_id ? format_id(item, id) : vt_slice_of(NULL, 0));
}

void vt_ingest_answer_cast(vt_reply reply, const vt_item *item) {
    if (item->append.err != VT_OK) {
        send_item_error(reply, item);
        return;
    }
    char message[RECEIPT_BYTES_MAX];
    char *end = put_receipt(message, item);
    vt_reply_grpc(reply, &(vt_grpc_answer){.message = vt_slice_of(message, (size_t) (end - message))});
}

void vt_ingest_answer_cast_batch(vt_reply reply, vt_buf *buf, const vt_call *call) {
    vt_buf_clear(buf);
    vt_err err = VT_OK;
    for (const vt_item *item = call->first; item != NULL && err == VT_OK; item = item->sibling) {
        char receipt[RECEIPT_BYTES_MAX];
        char framed[RECEIPT_BYTES_MAX + 4];
        char *end = put_receipt(receipt, item);
        end = vt_proto_write_text(framed, REPLY_RECEIPTS, vt_slice_of(receipt, (size_t) (end - receipt)));
        err = vt_buf_append(buf, framed, (size_t) (end - framed));
    }
    if (err != VT_OK) {
        vt_ingest_grpc_error(reply, VT_ERR_UNKNOWN, VT_FIELD_NONE);
        return;
    }
    vt_reply_grpc(reply, &(vt_grpc_answer){.message = vt_buf_slice(buf)});
}

void vt_ingest_answer_return_info(vt_reply reply, const vt_item *item) {
    if (item->append.err != VT_OK) {
        send_item_error(reply, item);
        return;
    }
    char info[TEXT_BYTES_MAX];
    vt_slice status = vt_ingest_status(&item->append);
    memcpy(info, status.ptr, status.len);
    info[status.len] = ' ';
    vt_uuid_format(&item->append.record.id, info + status.len + 1);
    char message[TEXT_BYTES_MAX + 4];
    char *end = vt_proto_write_text(message, REPLY_INFO, vt_slice_of(info, status.len + 1 + VT_UUID_TEXT_LEN));
    vt_reply_grpc(reply, &(vt_grpc_answer){.message = vt_slice_of(message, (size_t) (end - message))});
}

void vt_ingest_grpc_error(vt_reply reply, vt_err err, vt_field field) {
    send_error(reply, err, field, vt_slice_of(NULL, 0));
}
