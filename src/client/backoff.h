/* How long to wait before the next attempt: exponential, with jitter, never less than the server asked for. */
#ifndef VT_CLIENT_BACKOFF_H
#define VT_CLIENT_BACKOFF_H

#include <stdint.h>

enum {
    VT_BACKOFF_FIRST_MS = 50,
    VT_BACKOFF_MAX_MS = 5000,
    VT_RETRY_AFTER_MAX_MS = 30000, /* a server that asks for more gets this */
};

/* Milliseconds before attempt `attempt` (1: the first retry) is made: between half and all of
 * VT_BACKOFF_FIRST_MS · 2^(attempt−1), at most VT_BACKOFF_MAX_MS, chosen by `random`. `retry_after_ms` (< 0: none) is a
 * floor, to which up to a quarter is added so that clients which were refused together do not return together. */
int64_t vt_backoff_ms(uint32_t attempt, int64_t retry_after_ms, uint32_t random);

#endif
