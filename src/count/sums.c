#include "count/sums.h"

#include "base/assert.h"

#include <stdlib.h>

/* Chains in an array of buckets: simple rather than fast, and a table of another kind than the tally's. */
enum { BUCKETS = 4096, END = -1 };

struct vt_sums {
    size_t count;
    int16_t buckets[BUCKETS];             /* the first entry of each chain */
    int16_t following[VT_SUMS_PAIRS_MAX]; /* the next one in its chain */
    vt_sum sums[VT_SUMS_PAIRS_MAX];
};

_Static_assert((int) VT_SUMS_PAIRS_MAX <= (int) INT16_MAX, "entries are numbered with 15 bits");

vt_sums *vt_sums_new(void) {
    vt_sums *sums = calloc(1, sizeof *sums);
    if (sums != NULL) {
        memset(sums->buckets, 0xff, sizeof sums->buckets);
    }
    return sums;
}

void vt_sums_free(vt_sums *sums) {
    free(sums);
}

static size_t bucket_of(vt_slice name, vt_slice album) {
    uint32_t hash = 5381;
    for (size_t i = 0; i < name.len; i++) {
        hash = hash * 33 + (uint8_t) name.ptr[i];
    }
    for (size_t i = 0; i < album.len; i++) {
        hash = hash * 31 + (uint8_t) album.ptr[i];
    }
    return (hash ^ (hash >> 15)) % BUCKETS;
}

vt_sum *vt_sums_find(vt_sums *sums, vt_slice name, vt_slice album) {
    for (int16_t i = sums->buckets[bucket_of(name, album)]; i != END; i = sums->following[i]) {
        vt_sum *sum = &sums->sums[i];
        if (vt_slice_eq(vt_sum_name(sum), name) && vt_slice_eq(vt_sum_album(sum), album)) {
            return sum;
        }
    }
    return NULL;
}

vt_sum *vt_sums_find_or_add(vt_sums *sums, vt_slice name, vt_slice album) {
    VT_ASSERT(name.len <= VT_FIELD_BYTES_MAX && album.len <= VT_FIELD_BYTES_MAX);
    vt_sum *sum = vt_sums_find(sums, name, album);
    if (sum != NULL || sums->count == VT_SUMS_PAIRS_MAX) {
        return sum;
    }
    size_t bucket = bucket_of(name, album);
    sums->following[sums->count] = sums->buckets[bucket];
    sums->buckets[bucket] = (int16_t) sums->count;
    sum = &sums->sums[sums->count++];
    sum->name_len = (uint8_t) name.len;
    sum->album_len = (uint8_t) album.len;
    if (name.len > 0) {
        memcpy(sum->name, name.ptr, name.len);
    }
    if (album.len > 0) {
        memcpy(sum->album, album.ptr, album.len);
    }
    return sum;
}

void vt_sum_set_year(vt_sum *sum, vt_slice year) {
    VT_ASSERT(year.len <= VT_FIELD_BYTES_MAX);
    sum->year_len = (uint8_t) year.len;
    if (year.len > 0) {
        memcpy(sum->year, year.ptr, year.len);
    }
}

static int by_name_and_album(const void *a, const void *b) {
    int order = vt_slice_cmp(vt_sum_name(a), vt_sum_name(b));
    return order != 0 ? order : vt_slice_cmp(vt_sum_album(a), vt_sum_album(b));
}

void vt_sums_sort(vt_sums *sums) {
    qsort(sums->sums, sums->count, sizeof sums->sums[0], by_name_and_album);
    memset(sums->buckets, 0xff, sizeof sums->buckets);
    for (size_t i = 0; i < sums->count; i++) {
        size_t bucket = bucket_of(vt_sum_name(&sums->sums[i]), vt_sum_album(&sums->sums[i]));
        sums->following[i] = sums->buckets[bucket];
        sums->buckets[bucket] = (int16_t) i;
    }
}

size_t vt_sums_count(const vt_sums *sums) {
    return sums->count;
}

const vt_sum *vt_sums_at(const vt_sums *sums, size_t i) {
    VT_ASSERT(i < sums->count);
    return &sums->sums[i];
}
