#include "client/histogram.h"

#include <string.h>

enum { PARTS = 1 << VT_HISTOGRAM_BITS };

static uint32_t bucket_of(uint64_t value) {
    if (value < PARTS) {
        return (uint32_t) value;
    }
    uint32_t power = 63U - (uint32_t) __builtin_clzll(value);
    uint32_t shift = power - VT_HISTOGRAM_BITS;
    return ((shift + 1) << VT_HISTOGRAM_BITS) + (uint32_t) ((value >> shift) & (PARTS - 1));
}

/* The middle of a bucket, so that the error goes both ways. */
static uint64_t value_of(uint32_t bucket) {
    if (bucket < PARTS) {
        return bucket;
    }
    uint32_t shift = (bucket >> VT_HISTOGRAM_BITS) - 1;
    uint64_t low = ((uint64_t) PARTS + (bucket & (PARTS - 1))) << shift;
    return low + (shift == 0 ? 0 : (uint64_t) 1 << (shift - 1));
}

void vt_histogram_init(vt_histogram *histogram) {
    memset(histogram, 0, sizeof *histogram);
}

void vt_histogram_record(vt_histogram *histogram, uint64_t value, uint64_t times) {
    histogram->buckets[bucket_of(value)] += times;
    histogram->count += times;
    if (times > 0 && value > histogram->max) {
        histogram->max = value;
    }
}

uint64_t vt_histogram_quantile(const vt_histogram *histogram, double quantile) {
    if (histogram->count == 0) {
        return 0;
    }
    double wanted = quantile * (double) histogram->count;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < VT_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double) seen >= wanted) {
            uint64_t value = value_of(i);
            return value < histogram->max ? value : histogram->max;
        }
    }
    return histogram->max;
}
