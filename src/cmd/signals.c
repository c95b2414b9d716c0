#include "cmd/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t held;
static int signals_fd = -1;
static int give_up_fd = -1; /* apart from the signals: a failure must never look like a second Ctrl-C */

vt_err vt_signals_hold(void) {
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &held, NULL) != 0) {
        return VT_ERR_SYSTEM;
    }
    signals_fd = signalfd(-1, &held, SFD_CLOEXEC);
    give_up_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return signals_fd < 0 || give_up_fd < 0 ? VT_ERR_SYSTEM : VT_OK;
}

bool vt_signals_is_pending(void) {
    return vt_signals_come_within(0);
}

bool vt_signals_come_within(uint32_t timeout_ms) {
    struct pollfd fds[] = {{.fd = signals_fd, .events = POLLIN}, {.fd = give_up_fd, .events = POLLIN}};
    return poll(fds, 2, (int) timeout_ms) > 0;
}

void vt_signals_wait(void) {
    struct pollfd fds[] = {{.fd = signals_fd, .events = POLLIN}, {.fd = give_up_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    if ((fds[0].revents & POLLIN) != 0) {
        struct signalfd_siginfo taken; /* else it would still be pending, and end the process below */
        ssize_t len = read(signals_fd, &taken, sizeof taken);
        (void) len;
    }
    pthread_sigmask(SIG_UNBLOCK, &held, NULL);
}

void vt_signals_give_up(void) {
    uint64_t one = 1;
    ssize_t written = write(give_up_fd, &one, sizeof one);
    (void) written; /* a counter that is full has been seen */
}
