#include "client/backoff.h"

static int64_t spread(int64_t span, uint32_t random) {
    return (int64_t) (((uint64_t) span * random) >> 32);
}

int64_t vt_backoff_ms(uint32_t attempt, int64_t retry_after_ms, uint32_t random) {
    int64_t whole = VT_BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < attempt && whole < VT_BACKOFF_MAX_MS; i++) {
        whole *= 2;
    }
    if (whole > VT_BACKOFF_MAX_MS) {
        whole = VT_BACKOFF_MAX_MS;
    }
    int64_t wait = whole / 2 + spread(whole - whole / 2, random);
    if (retry_after_ms > VT_RETRY_AFTER_MAX_MS) {
        retry_after_ms = VT_RETRY_AFTER_MAX_MS;
    }
    if (wait < retry_after_ms) {
        wait = retry_after_ms + spread(retry_after_ms / 4, random);
    }
    return wait;
}
