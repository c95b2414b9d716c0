#include "client/http_get.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = VT_HTTP_GET_PATH_BYTES_MAX + VT_TARGET_AUTHORITY_BYTES + 128, READ_BYTES = 65536 };

void vt_http_get_init(vt_http_get *get, const vt_target *target, uint32_t timeout_ms) {
    get->target = target;
    get->timeout_ms = timeout_ms;
    get->fd = -1;
    vt_http_reader_init(&get->reader, VT_HTTP_GET_BODY_BYTES_MAX);
}

static void hang_up(vt_http_get *get) {
    if (get->fd >= 0) {
        close(get->fd);
        get->fd = -1;
    }
}

void vt_http_get_release(vt_http_get *get) {
    hang_up(get);
    vt_http_reader_release(&get->reader);
}

/* Keeps why there is no answer; `error` is an errno. */
static vt_err fail(vt_http_get *get, int error) {
    /* Linux says that a time-out of the socket is over by these. */
    if (error == EAGAIN || error == EINPROGRESS) {
        vt_reason_set(&get->trouble, "no answer within %u ms", get->timeout_ms);
    } else {
        vt_reason_set(&get->trouble, "%s", strerror(error));
    }
    return VT_ERR_GONE;
}

static int connect_to(const vt_http_get *get, const struct sockaddr_storage *address) {
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    struct timeval limit = {.tv_sec = get->timeout_ms / 1000, .tv_usec = get->timeout_ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); /* Linux: bounds connect too */
    socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (connect(fd, (const struct sockaddr *) address, len) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static vt_err dial(vt_http_get *get) {
    int error = 0;
    for (uint32_t i = 0; i < get->target->addresses_count && get->fd < 0; i++) {
        get->fd = connect_to(get, &get->target->addresses[i]);
        error = errno;
    }
    vt_http_reader_reset(&get->reader);
    return get->fd < 0 ? fail(get, error) : VT_OK;
}

static vt_err write_all(vt_http_get *get, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = send(get->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return fail(get, errno);
        }
        bytes += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t) sent : 0;
    }
    return VT_OK;
}

static vt_err read_response(vt_http_get *get) {
    char bytes[READ_BYTES];
    bool complete = false;
    while (!complete) {
        ssize_t got = recv(get->fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got == 0 && vt_http_reader_end(&get->reader)) {
            get->reader.keep_alive = false;
            return VT_OK;
        }
        if (got == 0) {
            vt_reason_set(&get->trouble, "closed without an answer");
            return VT_ERR_GONE;
        }
        if (got < 0) {
            return fail(get, errno);
        }
        vt_err err = vt_http_reader_feed(&get->reader, vt_slice_of(bytes, (size_t) got), &complete);
        if (err != VT_OK) {
            vt_reason_set(&get->trouble, "the answer cannot be read: %s", vt_err_text(err));
            return err;
        }
    }
    return VT_OK;
}

static vt_err ask(vt_http_get *get, const char *request, size_t len) {
    vt_http_reader_next(&get->reader);
    vt_err err = get->fd < 0 ? dial(get) : VT_OK;
    if (err == VT_OK) {
        err = write_all(get, request, len);
    }
    if (err == VT_OK) {
        err = read_response(get);
    }
    if (err != VT_OK || !get->reader.keep_alive) {
        hang_up(get);
    }
    return err;
}

vt_err vt_http_get_run(vt_http_get *get, const char *path, int *status, vt_slice *body) {
    char request[REQUEST_BYTES_MAX];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: votaton/" VT_VERSION
                       "\r\nAccept: application/json\r\n\r\n",
                       path, get->target->authority);
    if (len < 0 || (size_t) len >= sizeof request) {
        vt_reason_set(&get->trouble, "%s", vt_err_text(VT_ERR_TOO_LONG));
        return VT_ERR_TOO_LONG;
    }
    bool kept = get->fd >= 0;
    vt_err err = ask(get, request, (size_t) len);
    if (err == VT_ERR_GONE && kept) {
        err = ask(get, request, (size_t) len);
    }
    if (err == VT_OK) {
        *status = vt_http_reader_status(&get->reader);
        *body = vt_buf_slice(&get->reader.body);
    }
    return err;
}
