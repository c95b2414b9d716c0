#include "count/voter_counts.h"

#include "base/text_hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum { PLACES_MIN = 1024 };

vt_err vt_voter_counts_init(vt_voter_counts *counts) {
    *counts = (vt_voter_counts){0};
    ssize_t len = getrandom(&counts->seed, sizeof counts->seed, 0);
    return len == (ssize_t) sizeof counts->seed ? VT_OK : VT_ERR_SYSTEM;
}

void vt_voter_counts_release(vt_voter_counts *counts) {
    free(counts->places);
    *counts = (vt_voter_counts){0};
}

void vt_voter_counts_clear(vt_voter_counts *counts) {
    if (counts->places_count > 0) {
        memset(counts->places, 0, counts->places_count * sizeof *counts->places);
    }
    counts->voters = 0;
}

/* The voter's place, or the free one where it belongs. */
static vt_voter_count *place_of(const vt_voter_counts *counts, const vt_id *voter) {
    size_t i = (size_t) vt_text_hash(counts->seed, vt_slice_of((const char *) voter->bytes, VT_ID_LEN));
    for (;; i++) {
        vt_voter_count *place = &counts->places[i & (counts->places_count - 1)];
        if (place->counted == 0 || vt_id_eq(&place->voter, voter)) {
            return place;
        }
    }
}

static vt_err grow(vt_voter_counts *counts) {
    vt_voter_counts larger = *counts;
    larger.places_count = counts->places_count == 0 ? PLACES_MIN : 2 * counts->places_count;
    larger.places = calloc(larger.places_count, sizeof *larger.places);
    if (larger.places == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < counts->places_count; i++) {
        if (counts->places[i].counted > 0) {
            *place_of(&larger, &counts->places[i].voter) = counts->places[i];
        }
    }
    free(counts->places);
    counts->places = larger.places;
    counts->places_count = larger.places_count;
    return VT_OK;
}

vt_err vt_voter_counts_add(vt_voter_counts *counts, const vt_id *voter, uint64_t most, bool *is_counted) {
    if (2 * (counts->voters + 1) > counts->places_count) {
        vt_err err = grow(counts);
        if (err != VT_OK) {
            return err;
        }
    }
    vt_voter_count *place = place_of(counts, voter);
    *is_counted = place->counted < most;
    if (place->counted == 0) {
        place->voter = *voter;
        counts->voters++;
    }
    place->counted += *is_counted;
    return VT_OK;
}
