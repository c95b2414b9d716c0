#include "net/acceptor.h"

#include "base/assert.h"
#include "net/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCARD_BYTES = 4096 };

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *timer) {
    vt_acceptor *acceptor = timer->data;
    int failed = uv_poll_start(&acceptor->poll, UV_READABLE, on_readable);
    VT_ASSERT(failed == 0);
}

static void rest(vt_acceptor *acceptor) {
    int failed = uv_poll_stop(&acceptor->poll);
    failed = failed != 0 ? failed : uv_timer_start(&acceptor->rest, on_rested, VT_ACCEPTOR_REST_MS, 0);
    VT_ASSERT(failed == 0);
}

static int take_next(const vt_acceptor *acceptor) {
    int fd;
    do {
        fd = accept4(acceptor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd;
}

/* Says 503 as far as that goes without waiting, and closes. */
static void turn_away(vt_acceptor *acceptor, int fd) {
    char text[VT_CONN_REFUSAL_MAX];
    char ignored[DISCARD_BYTES];
    size_t len = vt_conn_refusal(text);
    ssize_t moved = send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (moved > 0 && shutdown(fd, SHUT_WR) == 0) {
        /* A request that nobody has read would turn the close into a reset, which destroys the answer. */
        moved = recv(fd, ignored, sizeof ignored, MSG_DONTWAIT);
    }
    (void) moved; /* a peer that has gone needs no answer */
    close(fd);
    vt_meter_refused(&acceptor->worker->loop.meter);
}

/* Gives the reserve up for a moment, so that those who wait are told instead of waiting for nothing. */
static void shed(vt_acceptor *acceptor) {
    if (acceptor->reserve >= 0) {
        close(acceptor->reserve);
    }
    int fd = 0;
    for (unsigned i = 0; i < VT_ACCEPTOR_SHED_MAX && fd >= 0; i++) {
        fd = take_next(acceptor);
        if (fd >= 0) {
            turn_away(acceptor, fd);
        }
    }
    acceptor->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_out_of_descriptors(int error) {
    return error == EMFILE || error == ENFILE;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    (void) status; /* accept4 tells what is wrong */
    (void) events;
    vt_acceptor *acceptor = poll->data;
    vt_worker *worker = acceptor->worker;
    vt_worker_touch(worker);
    int error = 0;
    for (unsigned i = 0; i < VT_WORKER_BACKLOG && error == 0; i++) {
        int fd = take_next(acceptor);
        error = fd < 0 ? errno : 0;
        if (fd >= 0 && vt_tcp_open(worker, fd) != VT_OK) {
            turn_away(acceptor, fd);
            error = ENOMEM;
        }
    }
    if (is_out_of_descriptors(error)) {
        shed(acceptor);
    }
    if (error != 0 && error != EAGAIN && error != EWOULDBLOCK) {
        rest(acceptor);
    }
    vt_worker_flush(worker);
}

int vt_acceptor_open(vt_acceptor *acceptor, vt_worker *worker, int fd) {
    *acceptor = (vt_acceptor){.worker = worker, .fd = fd, .reserve = -1};
    acceptor->poll.data = acceptor->rest.data = acceptor;
    if (listen(fd, VT_WORKER_BACKLOG) != 0) {
        int error = errno;
        close(fd);
        return error;
    }
    int failed = uv_poll_init(&worker->uv, &acceptor->poll, fd);
    if (failed != 0) {
        close(fd);
        return -failed;
    }
    failed = uv_timer_init(&worker->uv, &acceptor->rest);
    VT_ASSERT(failed == 0);
    acceptor->is_open = true;
    acceptor->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return acceptor->reserve < 0 ? errno : -uv_poll_start(&acceptor->poll, UV_READABLE, on_readable);
}

void vt_acceptor_close(vt_acceptor *acceptor) {
    if (!acceptor->is_open) {
        return;
    }
    acceptor->is_open = false;
    uv_close((uv_handle_t *) &acceptor->poll, NULL);
    uv_close((uv_handle_t *) &acceptor->rest, NULL);
    close(acceptor->fd);
    if (acceptor->reserve >= 0) {
        close(acceptor->reserve);
    }
}
