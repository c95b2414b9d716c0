#include "client/http_reader.h"

enum { STATUS_FINAL_FIRST = 200, RETRY_AFTER_SECONDS_MAX = 86400 };

static int count_header(vt_http_reader *reader, size_t len) {
    if (len > VT_HTTP_HEADER_BYTES_MAX - reader->header_bytes) {
        return HPE_USER;
    }
    reader->header_bytes += (uint32_t) len;
    return HPE_OK;
}

/* A longer name or value than any that matters may be cut: it matches nothing. */
static int append_field(vt_http_reader *reader, vt_buf *field, const char *at, size_t len) {
    size_t room = field->max - field->len;
    if (vt_buf_append(field, at, len < room ? len : room) != VT_OK) {
        return HPE_USER;
    }
    return count_header(reader, len);
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len) {
    vt_http_reader *reader = parser->data;
    return append_field(reader, &reader->name, at, len);
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len) {
    vt_http_reader *reader = parser->data;
    return append_field(reader, &reader->value, at, len);
}

static int64_t parse_seconds(vt_slice text) {
    int64_t seconds = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return -1;
        }
        seconds = seconds * 10 + (text.ptr[i] - '0');
        if (seconds > RETRY_AFTER_SECONDS_MAX) {
            return RETRY_AFTER_SECONDS_MAX;
        }
    }
    return text.len == 0 ? -1 : seconds;
}

static int on_header_complete(llhttp_t *parser) {
    vt_http_reader *reader = parser->data;
    if (vt_slice_eq_nocase(vt_buf_slice(&reader->name), VT_SLICE("retry-after"))) {
        int64_t seconds = parse_seconds(vt_buf_slice(&reader->value));
        reader->retry_after_ms = seconds < 0 ? -1 : seconds * 1000;
    }
    vt_buf_clear(&reader->name);
    vt_buf_clear(&reader->value);
    return HPE_OK;
}

static int on_body(llhttp_t *parser, const char *at, size_t len) {
    vt_http_reader *reader = parser->data;
    return vt_buf_append(&reader->body, at, len) == VT_OK ? HPE_OK : HPE_USER;
}

static int on_message_complete(llhttp_t *parser) {
    vt_http_reader *reader = parser->data;
    if (parser->status_code < STATUS_FINAL_FIRST) {
        vt_http_reader_next(reader);
        return HPE_OK;
    }
    reader->complete = true;
    reader->keep_alive = llhttp_should_keep_alive(parser) != 0;
    return HPE_PAUSED;
}

void vt_http_reader_init(vt_http_reader *reader, size_t body_bytes_max) {
    memset(reader, 0, sizeof *reader);
    llhttp_settings_init(&reader->settings);
    reader->settings.on_header_field = on_header_field;
    reader->settings.on_header_value = on_header_value;
    reader->settings.on_header_value_complete = on_header_complete;
    reader->settings.on_body = on_body;
    reader->settings.on_message_complete = on_message_complete;
    vt_buf_init(&reader->name, VT_HTTP_FIELD_BYTES_MAX);
    vt_buf_init(&reader->value, VT_HTTP_FIELD_BYTES_MAX);
    vt_buf_init(&reader->body, body_bytes_max);
    vt_http_reader_reset(reader);
}

void vt_http_reader_release(vt_http_reader *reader) {
    vt_buf_release(&reader->name);
    vt_buf_release(&reader->value);
    vt_buf_release(&reader->body);
}

void vt_http_reader_reset(vt_http_reader *reader) {
    llhttp_init(&reader->parser, HTTP_RESPONSE, &reader->settings);
    reader->parser.data = reader;
    vt_http_reader_next(reader);
}

void vt_http_reader_next(vt_http_reader *reader) {
    reader->complete = false;
    reader->header_bytes = 0;
    reader->retry_after_ms = -1;
    vt_buf_clear(&reader->name);
    vt_buf_clear(&reader->value);
    vt_buf_clear(&reader->body);
}

vt_err vt_http_reader_feed(vt_http_reader *reader, vt_slice bytes, bool *complete) {
    llhttp_errno_t error = llhttp_execute(&reader->parser, bytes.ptr, bytes.len);
    if (error == HPE_PAUSED && reader->complete) {
        const char *end = llhttp_get_error_pos(&reader->parser);
        llhttp_resume(&reader->parser);
        if (end != bytes.ptr + bytes.len) {
            return VT_ERR_MALFORMED_REQUEST;
        }
        *complete = true;
        return VT_OK;
    }
    if (error != HPE_OK) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    *complete = false;
    return VT_OK;
}

bool vt_http_reader_end(vt_http_reader *reader) {
    if (reader->complete) {
        return false;
    }
    llhttp_errno_t error = llhttp_finish(&reader->parser);
    return (error == HPE_OK || error == HPE_PAUSED) && reader->complete;
}
