#include "mock_grpc.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS_MAX = 256, MESSAGE_BYTES_MAX = 8192, PATH_BYTES = 64, URL_BYTES = 64, FRAME_LEN = 5, READ_BYTES = 16384 };

typedef struct call {
    char path[PATH_BYTES];
    vt_buf request;
    const vt_mock_grpc_step *step;
    vt_buf reply;
    size_t reply_sent;
} call;

struct vt_mock_grpc {
    const vt_mock_grpc_step *steps;
    size_t steps_count;
    int listener;
    atomic_int connection;
    size_t connections;
    size_t count;
    int hang_up;
    pthread_t thread;
    char url[URL_BYTES];
    call calls[CALLS_MAX];
};

static nghttp2_nv pair(const char *name, const char *value) {
    return (nghttp2_nv){.name = (uint8_t *) (uintptr_t) name,
                        .value = (uint8_t *) (uintptr_t) value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    vt_mock_grpc *mock = context;
    VT_ASSERT(mock->count < CALLS_MAX);
    call *begun = &mock->calls[mock->count];
    begun->step = &mock->steps[mock->count < mock->steps_count ? mock->count : mock->steps_count - 1];
    vt_buf_init(&begun->request, MESSAGE_BYTES_MAX);
    vt_buf_init(&begun->reply, MESSAGE_BYTES_MAX);
    mock->count++;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, begun);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *context) {
    (void) flags;
    (void) context;
    call *begun = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (name_len == 5 && memcmp(name, ":path", 5) == 0) {
        snprintf(begun->path, sizeof begun->path, "%.*s", (int) value_len, (const char *) value);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len,
                   void *context) {
    (void) flags;
    (void) context;
    call *begun = nghttp2_session_get_stream_user_data(session, stream);
    return vt_buf_append(&begun->request, bytes, len) == VT_OK ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t on_read_reply(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room, uint32_t *flags,
                             nghttp2_data_source *source, void *context) {
    (void) context;
    call *begun = source->ptr;
    size_t left = begun->reply.len - begun->reply_sent;
    size_t len = left < room ? left : room;
    memcpy(out, begun->reply.ptr + begun->reply_sent, len);
    begun->reply_sent += len;
    if (begun->reply_sent == begun->reply.len) {
        nghttp2_nv trailer = pair("grpc-status", "0");
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        VT_ASSERT(nghttp2_submit_trailer(session, stream, &trailer, 1) == 0);
    }
    return (ssize_t) len;
}

static void answer(nghttp2_session *session, int32_t stream, call *begun) {
    vt_slice message = begun->step->message;
    const char head[FRAME_LEN] = {0, 0, 0, (char) (message.len >> 8), (char) message.len};
    VT_ASSERT(vt_buf_append(&begun->reply, head, sizeof head) == VT_OK);
    VT_ASSERT(vt_buf_append_slice(&begun->reply, message) == VT_OK);
    const nghttp2_nv headers[] = {pair(":status", "200"), pair("content-type", "application/grpc")};
    nghttp2_data_provider body = {.source = {.ptr = begun}, .read_callback = on_read_reply};
    nghttp2_submit_response(session, stream, headers, 2, &body);
}

static void refuse(nghttp2_session *session, int32_t stream, const call *begun) {
    nghttp2_nv headers[4] = {pair(":status", "200"), pair("content-type", "application/grpc"),
                             pair("grpc-status", begun->step->status)};
    size_t count = 3;
    if (begun->step->code != NULL) {
        headers[count++] = pair("votaton-error", begun->step->code);
    }
    nghttp2_submit_response(session, stream, headers, count, NULL);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    vt_mock_grpc *mock = context;
    int32_t stream = frame->hd.stream_id;
    if (frame->hd.type != NGHTTP2_DATA || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return 0;
    }
    call *begun = nghttp2_session_get_stream_user_data(session, stream);
    switch (begun->step->act) {
    case VT_MOCK_GRPC_ANSWER:
        answer(session, stream, begun);
        break;
    case VT_MOCK_GRPC_REFUSE:
        refuse(session, stream, begun);
        break;
    case VT_MOCK_GRPC_RESET:
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_INTERNAL_ERROR);
        break;
    case VT_MOCK_GRPC_GOAWAY:
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, stream - 2 > 0 ? stream - 2 : 0, NGHTTP2_NO_ERROR, NULL, 0);
        break;
    case VT_MOCK_GRPC_HANG_UP:
        mock->hang_up = 1;
        break;
    case VT_MOCK_GRPC_SILENT:
        break;
    }
    return 0;
}

static nghttp2_session *open_session(vt_mock_grpc *mock) {
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_session *session = NULL;
    VT_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    VT_ASSERT(nghttp2_session_server_new(&session, callbacks, mock) == 0);
    nghttp2_session_callbacks_del(callbacks);
    VT_ASSERT(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0) == 0);
    return session;
}

static int write_all(nghttp2_session *session, int fd) {
    const uint8_t *bytes = NULL;
    ssize_t len = nghttp2_session_mem_send(session, &bytes);
    while (len > 0) {
        if (send(fd, bytes, (size_t) len, MSG_NOSIGNAL) != len) {
            return 0;
        }
        len = nghttp2_session_mem_send(session, &bytes);
    }
    return len == 0;
}

static void serve(vt_mock_grpc *mock, int fd) {
    uint8_t bytes[READ_BYTES];
    nghttp2_session *session = open_session(mock);
    mock->connections++;
    mock->hang_up = 0;
    while (write_all(session, fd) && !mock->hang_up) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0 || nghttp2_session_mem_recv(session, bytes, (size_t) got) != got) {
            break;
        }
    }
    nghttp2_session_del(session);
}

static void *run(void *context) {
    vt_mock_grpc *mock = context;
    int fd = accept(mock->listener, NULL, NULL);
    while (fd >= 0) {
        atomic_store(&mock->connection, fd);
        serve(mock, fd);
        atomic_store(&mock->connection, -1);
        close(fd);
        fd = accept(mock->listener, NULL, NULL);
    }
    return NULL;
}

vt_mock_grpc *vt_mock_grpc_start(const vt_mock_grpc_step *steps, size_t steps_count) {
    vt_mock_grpc *mock = calloc(1, sizeof *mock);
    VT_ASSERT(mock != NULL);
    mock->steps = steps;
    mock->steps_count = steps_count;
    atomic_store(&mock->connection, -1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    mock->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    VT_ASSERT(bind(mock->listener, (const struct sockaddr *) &address, len) == 0 && listen(mock->listener, 16) == 0);
    VT_ASSERT(getsockname(mock->listener, (struct sockaddr *) &address, &len) == 0);
    snprintf(mock->url, sizeof mock->url, "grpc://127.0.0.1:%u", (unsigned) ntohs(address.sin_port));
    VT_ASSERT(pthread_create(&mock->thread, NULL, run, mock) == 0);
    return mock;
}

/* The thread is joined first, so that what it wrote may be read without locks. */
static void join(vt_mock_grpc *mock) {
    if (mock->listener < 0) {
        return;
    }
    shutdown(mock->listener, SHUT_RDWR);
    int connection = atomic_load(&mock->connection);
    if (connection >= 0) {
        shutdown(connection, SHUT_RDWR);
    }
    pthread_join(mock->thread, NULL);
    close(mock->listener);
    mock->listener = -1;
}

void vt_mock_grpc_stop(vt_mock_grpc *mock) {
    join(mock);
    for (size_t i = 0; i < mock->count; i++) {
        vt_buf_release(&mock->calls[i].request);
        vt_buf_release(&mock->calls[i].reply);
    }
    free(mock);
}

const char *vt_mock_grpc_url(vt_mock_grpc *mock) {
    return mock->url;
}

size_t vt_mock_grpc_count(vt_mock_grpc *mock) {
    join(mock);
    return mock->count;
}

size_t vt_mock_grpc_connections(vt_mock_grpc *mock) {
    join(mock);
    return mock->connections;
}

const char *vt_mock_grpc_path(vt_mock_grpc *mock, size_t number) {
    VT_ASSERT(number < vt_mock_grpc_count(mock));
    return mock->calls[number].path;
}

vt_slice vt_mock_grpc_message(vt_mock_grpc *mock, size_t number) {
    VT_ASSERT(number < vt_mock_grpc_count(mock));
    const vt_buf *request = &mock->calls[number].request;
    VT_ASSERT(request->len >= FRAME_LEN);
    return vt_slice_of(request->ptr + FRAME_LEN, request->len - FRAME_LEN);
}
