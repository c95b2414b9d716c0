/* A token bucket: what a peer may do at once, and how fast it may go on. */
#ifndef VT_NET_BUCKET_H
#define VT_NET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct vt_bucket {
    int64_t thousandths; /* of a token */
    int64_t filled_ms;
} vt_bucket;

static inline vt_bucket vt_bucket_full(int64_t burst, int64_t now_ms) {
    return (vt_bucket){burst * 1000, now_ms};
}

/* Takes a token; false when there is none left. */
static inline bool vt_bucket_take(vt_bucket *bucket, int64_t burst, int64_t per_second, int64_t now_ms) {
    bucket->thousandths += (now_ms - bucket->filled_ms) * per_second;
    bucket->filled_ms = now_ms;
    if (bucket->thousandths > burst * 1000) {
        bucket->thousandths = burst * 1000;
    }
    bucket->thousandths -= 1000;
    return bucket->thousandths >= 0;
}

/* Gives a token back; a later take limits them to the burst. */
static inline void vt_bucket_earn(vt_bucket *bucket) {
    bucket->thousandths += 1000;
}

#endif
