#include "mock_http.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUESTS_MAX = 256, REQUEST_BYTES_MAX = 8192, ANSWER_BYTES_MAX = 8192, URL_BYTES = 64 };

struct vt_mock_http {
    const vt_mock_step *steps;
    size_t steps_count;
    int listener;
    atomic_int connection;
    atomic_size_t count;
    pthread_t thread;
    char url[URL_BYTES];
    char requests[REQUESTS_MAX][REQUEST_BYTES_MAX];
};

/* How long the request at the start of `text` is, or 0 while it is not whole. */
static size_t request_len(const char *text) {
    const char *end = strstr(text, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    const char *length = strstr(text, "Content-Length: ");
    size_t body = length != NULL && length < end ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
    size_t len = (size_t) (end + 4 - text) + body;
    return strlen(text) >= len ? len : 0;
}

/* Reads one request into the books; 0 when the client has gone. */
static int take_request(vt_mock_http *mock, int fd) {
    size_t number = atomic_load(&mock->count);
    VT_ASSERT(number < REQUESTS_MAX);
    char *text = mock->requests[number];
    size_t len = 0;
    while (request_len(text) == 0) {
        ssize_t got = recv(fd, text + len, REQUEST_BYTES_MAX - 1 - len, 0);
        if (got <= 0) {
            return 0;
        }
        len += (size_t) got;
        text[len] = '\0';
    }
    atomic_store(&mock->count, number + 1);
    return 1;
}

static void answer(int fd, const vt_mock_step *step) {
    char text[ANSWER_BYTES_MAX];
    int len = snprintf(text, sizeof text, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s%s\r\n%s", step->status,
                       strlen(step->body), step->headers != NULL ? step->headers : "",
                       step->act == VT_MOCK_ANSWER_AND_CLOSE ? "Connection: close\r\n" : "", step->body);
    send(fd, text, (size_t) len, MSG_NOSIGNAL);
}

static void serve(vt_mock_http *mock, int fd) {
    while (take_request(mock, fd)) {
        size_t number = atomic_load(&mock->count) - 1;
        const vt_mock_step *step = &mock->steps[number < mock->steps_count ? number : mock->steps_count - 1];
        if (step->act == VT_MOCK_ANSWER || step->act == VT_MOCK_ANSWER_AND_CLOSE) {
            answer(fd, step);
        }
        if (step->act == VT_MOCK_HANG_UP || step->act == VT_MOCK_ANSWER_AND_CLOSE) {
            return;
        }
    }
}

static void *run(void *context) {
    vt_mock_http *mock = context;
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

vt_mock_http *vt_mock_http_start(const vt_mock_step *steps, size_t steps_count) {
    vt_mock_http *mock = calloc(1, sizeof *mock);
    VT_ASSERT(mock != NULL);
    mock->steps = steps;
    mock->steps_count = steps_count;
    atomic_store(&mock->connection, -1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    mock->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    VT_ASSERT(bind(mock->listener, (const struct sockaddr *) &address, len) == 0 && listen(mock->listener, 16) == 0);
    VT_ASSERT(getsockname(mock->listener, (struct sockaddr *) &address, &len) == 0);
    snprintf(mock->url, sizeof mock->url, "http://127.0.0.1:%u", (unsigned) ntohs(address.sin_port));
    VT_ASSERT(pthread_create(&mock->thread, NULL, run, mock) == 0);
    return mock;
}

void vt_mock_http_stop(vt_mock_http *mock) {
    shutdown(mock->listener, SHUT_RDWR);
    int connection = atomic_load(&mock->connection);
    if (connection >= 0) {
        shutdown(connection, SHUT_RDWR);
    }
    pthread_join(mock->thread, NULL);
    close(mock->listener);
    free(mock);
}

const char *vt_mock_http_url(const vt_mock_http *mock) {
    return mock->url;
}

size_t vt_mock_http_count(const vt_mock_http *mock) {
    return atomic_load(&mock->count);
}

const char *vt_mock_http_request(const vt_mock_http *mock, size_t number) {
    VT_ASSERT(number < vt_mock_http_count(mock));
    return mock->requests[number];
}
