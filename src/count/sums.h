/* Sums by band and album as the recount keeps them: of its own, so that a fault of the tally is not repeated here. */
#ifndef VT_COUNT_SUMS_H
#define VT_COUNT_SUMS_H

#include "vote/fold.h"

enum { VT_SUMS_PAIRS_MAX = VT_FOLD_PAIRS_MAX + 1 };

typedef struct vt_sum {
    uint64_t votes;
    uint64_t points;
    uint8_t name_len;
    uint8_t album_len;
    uint8_t year_len;
    char name[VT_FIELD_BYTES_MAX];
    char album[VT_FIELD_BYTES_MAX];
    char year[VT_FIELD_BYTES_MAX]; /* not a part of the key; empty unless it was set */
} vt_sum;

typedef struct vt_sums vt_sums;

/* The caller owns the result; NULL without memory. */
vt_sums *vt_sums_new(void);
void vt_sums_free(vt_sums *sums); /* accepts NULL */

/* The sum of a pair, or NULL. Texts have at most VT_FIELD_BYTES_MAX bytes. */
vt_sum *vt_sums_find(vt_sums *sums, vt_slice name, vt_slice album);

/* The same; a new pair is added with zeros, and NULL means that there is no room for it. */
vt_sum *vt_sums_find_or_add(vt_sums *sums, vt_slice name, vt_slice album);

/* At most VT_FIELD_BYTES_MAX bytes. */
void vt_sum_set_year(vt_sum *sum, vt_slice year);

/* Sorts by name, then album (bytes). Pointers to sums are void then. */
void vt_sums_sort(vt_sums *sums);

size_t vt_sums_count(const vt_sums *sums);
const vt_sum *vt_sums_at(const vt_sums *sums, size_t i); /* i < vt_sums_count */

static inline vt_slice vt_sum_name(const vt_sum *sum) {
    return vt_slice_of(sum->name, sum->name_len);
}

static inline vt_slice vt_sum_album(const vt_sum *sum) {
    return vt_slice_of(sum->album, sum->album_len);
}

static inline vt_slice vt_sum_year(const vt_sum *sum) {
    return vt_slice_of(sum->year, sum->year_len);
}

#endif
