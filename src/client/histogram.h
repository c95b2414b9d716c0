/* Durations in logarithmic buckets: bounded memory, every quantile within 0.8 % (1/128). */
#ifndef VT_CLIENT_HISTOGRAM_H
#define VT_CLIENT_HISTOGRAM_H

#include <stdint.h>

/* Values below 2^VT_HISTOGRAM_BITS stand alone; above, each power of two is divided into 2^VT_HISTOGRAM_BITS parts. */
enum { VT_HISTOGRAM_BITS = 7, VT_HISTOGRAM_BUCKETS = (64 - VT_HISTOGRAM_BITS + 1) << VT_HISTOGRAM_BITS };

typedef struct vt_histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[VT_HISTOGRAM_BUCKETS];
} vt_histogram;

/* An empty histogram in the caller's storage. */
void vt_histogram_init(vt_histogram *histogram);

/* Adds `times` values of `value` (any unit, one for a histogram). */
void vt_histogram_record(vt_histogram *histogram, uint64_t value, uint64_t times);

/* The value below or at which a part `quantile` (0…1) of the values lies, never above the maximum; 0 when empty. */
uint64_t vt_histogram_quantile(const vt_histogram *histogram, double quantile);

#endif
