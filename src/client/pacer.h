/* The open-loop schedule: when each vote is due, whatever happened to those before it; and a precise alarm for it. */
#ifndef VT_CLIENT_PACER_H
#define VT_CLIENT_PACER_H

#include "base/err.h"

#include <stdint.h>
#include <uv.h>

typedef struct vt_pacer {
    uint64_t rate; /* votes a second; 0: everything is due at once */
    int64_t start_ns;
    int fd; /* timerfd: libuv's own timers only know milliseconds */
    uv_poll_t poll;
    void (*on_due)(void *owner);
    void *owner;
} vt_pacer;

/* In the caller's storage, which must stay until the loop has closed the handle. `on_due` is called when an alarm goes
 * off. VT_ERR_SYSTEM: nothing is open. */
VT_MUST_CHECK vt_err vt_pacer_open(vt_pacer *pacer, uv_loop_t *loop, uint64_t rate, void (*on_due)(void *owner),
                                   void *owner);

/* Begins the schedule: vote 0 is due at `now_ns` (vt_clock_monotonic_ns). */
void vt_pacer_start(vt_pacer *pacer, int64_t now_ns);

/* When vote `number` is due. */
int64_t vt_pacer_due_ns(const vt_pacer *pacer, uint64_t number);

/* Sets the one alarm; an earlier one is forgotten. */
void vt_pacer_alarm(vt_pacer *pacer, int64_t at_ns);

/* Begins to close; the loop must run on once. Accepts one that is closed. */
void vt_pacer_close(vt_pacer *pacer);

#endif
