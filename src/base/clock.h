/* The two clocks: one for the time of day, one for durations and deadlines. */
#ifndef VT_BASE_CLOCK_H
#define VT_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. May jump. */
int64_t vt_clock_wall_ms(void);

/* Nanoseconds on a clock that never goes back; its origin means nothing. */
int64_t vt_clock_monotonic_ns(void);

/* The instant, on that clock, when `timeout_ms` from now will be over. */
int64_t vt_clock_deadline_ns(uint32_t timeout_ms);

/* How many milliseconds are left until such an instant, rounded up and at most INT_MAX; 0 when it is over. */
int vt_clock_left_ms(int64_t deadline_ns);

enum { VT_ISO8601_LEN = 24 };

/* Writes "2026-11-23T12:00:00.000Z" and a terminator (RFC 3339, UTC). `at_ms` from year 0 to 9999, else clamped. */
void vt_clock_format_iso8601(int64_t at_ms, char out[VT_ISO8601_LEN + 1]);

#endif
