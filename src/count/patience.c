#include "count/patience.h"

#include "base/clock.h"

#include <stddef.h>
#include <time.h>

bool vt_patience_tries_again(vt_patience *patience, vt_err err) {
    if (err != VT_ERR_BUSY) {
        patience->since_ns = 0;
        return false;
    }
    int64_t now_ns = vt_clock_monotonic_ns();
    if (patience->since_ns == 0) {
        patience->since_ns = now_ns;
    }
    if (now_ns - patience->since_ns >= (int64_t) VT_PATIENCE_MS * 1000000) {
        return false;
    }
    nanosleep(&(struct timespec){.tv_nsec = VT_PATIENCE_PAUSE_MS * 1000000}, NULL);
    return patience->goes_on == NULL || patience->goes_on(patience->context);
}
