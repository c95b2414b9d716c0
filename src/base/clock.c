#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

enum { NS_PER_MS = 1000000 };

int64_t vt_clock_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

int64_t vt_clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t vt_clock_deadline_ns(uint32_t timeout_ms) {
    return vt_clock_monotonic_ns() + (int64_t) timeout_ms * NS_PER_MS;
}

int vt_clock_left_ms(int64_t deadline_ns) {
    int64_t left_ns = deadline_ns - vt_clock_monotonic_ns();
    int64_t left_ms = left_ns <= 0 ? 0 : (left_ns - 1) / NS_PER_MS + 1;
    return left_ms < INT_MAX ? (int) left_ms : INT_MAX;
}

void vt_clock_format_iso8601(int64_t at_ms, char out[VT_ISO8601_LEN + 1]) {
    const int64_t first_ms = -62135596800000; /* 0001-01-01 */
    const int64_t last_ms = 253402300799999;  /* 9999-12-31 */
    at_ms = at_ms < first_ms ? first_ms : at_ms > last_ms ? last_ms : at_ms;
    int64_t ms = ((at_ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t) ((at_ms - ms) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    /* The masks only tell the compiler the widths that the clamp has made sure of. */
    snprintf(out, VT_ISO8601_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned) (utc.tm_year + 1900) % 10000U,
             (unsigned) (utc.tm_mon + 1) % 100U, (unsigned) utc.tm_mday % 100U, (unsigned) utc.tm_hour % 100U,
             (unsigned) utc.tm_min % 100U, (unsigned) utc.tm_sec % 100U, (unsigned) ms % 1000U);
}
