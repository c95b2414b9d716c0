#include "client/pacer.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { NS_IN_SECOND = 1000000000 };

static void on_readable(uv_poll_t *poll, int status, int events) {
    (void) events;
    vt_pacer *pacer = poll->data;
    uint64_t expirations = 0;
    if (status == 0 && read(pacer->fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN) {
        return;
    }
    pacer->on_due(pacer->owner);
}

vt_err vt_pacer_open(vt_pacer *pacer, uv_loop_t *loop, uint64_t rate, void (*on_due)(void *owner), void *owner) {
    *pacer = (vt_pacer){.rate = rate, .on_due = on_due, .owner = owner};
    pacer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (pacer->fd < 0) {
        return VT_ERR_SYSTEM;
    }
    if (uv_poll_init(loop, &pacer->poll, pacer->fd) != 0) {
        close(pacer->fd);
        pacer->fd = -1;
        return VT_ERR_SYSTEM;
    }
    pacer->poll.data = pacer;
    if (uv_poll_start(&pacer->poll, UV_READABLE, on_readable) != 0) {
        vt_pacer_close(pacer);
        return VT_ERR_SYSTEM;
    }
    return VT_OK;
}

void vt_pacer_start(vt_pacer *pacer, int64_t now_ns) {
    pacer->start_ns = now_ns;
}

int64_t vt_pacer_due_ns(const vt_pacer *pacer, uint64_t number) {
    if (pacer->rate == 0) {
        return pacer->start_ns;
    }
    /* Divided in two parts, so that nothing overflows and nothing drifts. */
    uint64_t seconds = number / pacer->rate;
    uint64_t rest = number % pacer->rate;
    return pacer->start_ns + (int64_t) (seconds * NS_IN_SECOND + rest * NS_IN_SECOND / pacer->rate);
}

void vt_pacer_alarm(vt_pacer *pacer, int64_t at_ns) {
    struct itimerspec at = {.it_value = {.tv_sec = at_ns / NS_IN_SECOND, .tv_nsec = at_ns % NS_IN_SECOND}};
    timerfd_settime(pacer->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_closed(uv_handle_t *handle) {
    vt_pacer *pacer = handle->data;
    close(pacer->fd);
    pacer->fd = -1;
}

void vt_pacer_close(vt_pacer *pacer) {
    if (pacer->fd >= 0 && !uv_is_closing((uv_handle_t *) &pacer->poll)) {
        uv_close((uv_handle_t *) &pacer->poll, on_closed);
    }
}
