/* How a worker waits for something that all its partitions need: since when, and how long until the next attempt. */
#ifndef VT_COUNT_COUNT_HOLD_H
#define VT_COUNT_COUNT_HOLD_H

#include "count/count_status.h"

/* Set status, place and store; the rest begins at zero: nothing is waited for. */
typedef struct vt_count_hold {
    vt_count_status *status;
    size_t place;
    const char *store; /* for log lines */
    bool is_on;
    vt_count_need need;
    uint32_t wait_ms;
    int64_t until_ns; /* the next attempt is due (vt_clock_monotonic_ns); 0: at once */
    int64_t since_ms;
} vt_count_hold;

/* What it needs is away: the next attempt is due in 100 ms, later each time, at most 2 s. Says so in the status, and in
 * the log when it is new. */
void vt_count_hold_begin(vt_count_hold *hold, vt_count_need need, const char *reason);

/* It has what it needs. */
void vt_count_hold_end(vt_count_hold *hold);

#endif
