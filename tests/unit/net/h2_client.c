#include "h2_client.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct body {
    size_t len;
    size_t sent;
    bool is_open;
    char bytes[];
} body;

static h2_answer *find(h2_client *client, int32_t stream_id) {
    for (unsigned i = client->answers_count; i-- > 0;) {
        if (client->answers[i].stream_id == stream_id) {
            return &client->answers[i];
        }
    }
    return NULL;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void) session;
    h2_answer *answer = find(user_data, frame->hd.stream_id);
    if (answer != NULL) {
        answer->header_blocks++;
    }
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user_data) {
    (void) session;
    (void) flags;
    h2_answer *answer = find(user_data, frame->hd.stream_id);
    if (answer != NULL) {
        int len = snprintf(answer->text + answer->text_len, H2_TEXT_MAX - answer->text_len, "%.*s: %.*s\n",
                           (int) name_len, (const char *) name, (int) value_len, (const char *) value);
        answer->text_len += (size_t) len;
        VT_ASSERT(answer->text_len < H2_TEXT_MAX);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes, size_t len,
                   void *user_data) {
    (void) flags;
    h2_client *client = user_data;
    if (!client->is_holding) {
        nghttp2_session_consume(session, stream_id, len);
    }
    h2_answer *answer = find(user_data, stream_id);
    if (answer != NULL && answer->body_len + len <= H2_BODY_MAX) {
        memcpy(answer->body + answer->body_len, bytes, len);
        answer->body_len += len;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *user_data) {
    (void) session;
    h2_answer *answer = find(user_data, stream_id);
    if (answer != NULL) {
        answer->is_closed = true;
        answer->error_code = code;
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data) {
    (void) session;
    h2_client *client = user_data;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        client->has_goaway = true;
        client->goaway_code = frame->goaway.error_code;
        client->goaway_last = frame->goaway.last_stream_id;
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t max, uint32_t *flags,
                         nghttp2_data_source *source, void *user_data) {
    (void) session;
    (void) stream_id;
    (void) user_data;
    body *sent = source->ptr;
    size_t len = sent->len - sent->sent < max ? sent->len - sent->sent : max;
    memcpy(to, sent->bytes + sent->sent, len);
    sent->sent += len;
    if (sent->sent == sent->len) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | (sent->is_open ? NGHTTP2_DATA_FLAG_NO_END_STREAM : 0U);
        free(sent);
    }
    return (ssize_t) len;
}

static nghttp2_data_provider provide(vt_slice bytes, bool is_open) {
    body *made = malloc(sizeof *made + bytes.len);
    VT_ASSERT(made != NULL);
    *made = (body){.len = bytes.len, .is_open = is_open};
    if (bytes.len > 0) {
        memcpy(made->bytes, bytes.ptr, bytes.len);
    }
    return (nghttp2_data_provider){.source = {.ptr = made}, .read_callback = read_body};
}

h2_client *h2_client_open(const vt_server_limits *limits) {
    h2_client *client = calloc(1, sizeof *client);
    VT_ASSERT(client != NULL);
    client->wire = wire_open(limits);
    nghttp2_session_callbacks *callbacks;
    int failed = nghttp2_session_callbacks_new(&callbacks);
    VT_ASSERT(failed == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_option *option;
    failed = nghttp2_option_new(&option);
    VT_ASSERT(failed == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    failed = nghttp2_session_client_new2(&client->session, callbacks, client, option);
    VT_ASSERT(failed == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    failed = nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, NULL, 0);
    VT_ASSERT(failed == 0);
    return client;
}

void h2_client_close(h2_client *client) {
    nghttp2_session_del(client->session);
    wire_close(client->wire);
    free(client);
}

static void push(h2_client *client, const uint8_t *bytes, size_t len) {
    size_t step = client->step == 0 ? len : client->step;
    for (size_t at = 0; at < len; at += step) {
        size_t piece = len - at < step ? len - at : step;
        wire_feed(client->wire, vt_slice_of((const char *) bytes + at, piece));
    }
}

void h2_client_run(h2_client *client) {
    bool has_moved = true;
    while (has_moved) {
        has_moved = false;
        const uint8_t *bytes;
        ssize_t len;
        while ((len = nghttp2_session_mem_send(client->session, &bytes)) > 0) {
            push(client, bytes, (size_t) len);
            has_moved = true;
        }
        wire_flush(client->wire);
        vt_buf *out = &client->wire->out;
        if (out->len > 0) {
            ssize_t used = nghttp2_session_mem_recv(client->session, (const uint8_t *) out->ptr, out->len);
            VT_ASSERT(used >= 0);
            vt_buf_clear(out);
            has_moved = true;
        }
    }
}

static nghttp2_nv field(const char *name, const char *value) {
    union {
        const char *text;
        uint8_t *octets;
    } n = {.text = name}, v = {.text = value};
    return (nghttp2_nv){n.octets, v.octets, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

unsigned h2_client_send(h2_client *client, const char *method, const char *path, const h2_header *headers,
                        const vt_slice *bytes, bool is_open) {
    enum { FIELDS_MAX = 128 };
    nghttp2_nv fields[FIELDS_MAX];
    size_t count = 0;
    fields[count++] = field(":method", method);
    fields[count++] = field(":scheme", "http");
    fields[count++] = field(":authority", "a.example");
    fields[count++] = field(":path", path);
    for (; headers != NULL && headers->name != NULL && count < FIELDS_MAX; headers++) {
        fields[count++] = field(headers->name, headers->value);
    }
    nghttp2_data_provider provider;
    if (bytes != NULL) {
        provider = provide(*bytes, is_open);
    }
    int32_t id = nghttp2_submit_request(client->session, NULL, fields, count, bytes == NULL ? NULL : &provider, NULL);
    VT_ASSERT(id > 0 && client->answers_count < H2_STREAMS_MAX);
    unsigned answer = client->answers_count++;
    client->answers[answer].stream_id = id;
    h2_client_run(client);
    return answer;
}

unsigned h2_client_call(h2_client *client, const char *path, const h2_header *headers, vt_slice bytes, bool is_open) {
    enum { EXTRA_MAX = 6 };
    h2_header all[EXTRA_MAX + 3] = {{"content-type", "application/grpc"}, {"te", "trailers"}};
    for (size_t i = 0; headers != NULL && headers[i].name != NULL && i < EXTRA_MAX; i++) {
        all[i + 2] = headers[i];
    }
    return h2_client_send(client, "POST", path, all, &bytes, is_open);
}

void h2_client_data(h2_client *client, unsigned answer, vt_slice bytes, bool is_end) {
    nghttp2_data_provider provider = provide(bytes, !is_end);
    int failed = nghttp2_submit_data(client->session, is_end ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                                     client->answers[answer].stream_id, &provider);
    VT_ASSERT(failed == 0);
    h2_client_run(client);
}

bool h2_has(const h2_client *client, unsigned answer, const char *line) {
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s\n", line);
    return strstr(client->answers[answer].text, wanted) != NULL;
}
