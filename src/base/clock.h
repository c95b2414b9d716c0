/* The two clocks: one for the time of day, one for durations and deadlines. */
#ifndef VT_BASE_CLOCK_H
#define VT_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. May jump. */
int64_t vt_clock_wall_ms(void);

/* Nanoseconds on a clock that never goes back; its origin means nothing. */
int64_t vt_clock_monotonic_ns(void);

enum { VT_ISO8601_LEN = 24 };

/* Writes "2026-11-23T12:00:00.000Z" and a terminator (RFC 3339, UTC). `at_ms` from year 0 to 9999, else clamped. */
void vt_clock_format_iso8601(int64_t at_ms, char out[VT_ISO8601_LEN + 1]);

#endif
