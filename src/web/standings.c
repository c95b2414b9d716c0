#include "web/standings.h"

#include "base/assert.h"

#include <stdlib.h>

/* Most votes first, then the smaller name. */
static int standings_order(uint64_t votes_a, vt_slice name_a, uint64_t votes_b, vt_slice name_b) {
    if (votes_a != votes_b) {
        return votes_a > votes_b ? -1 : 1;
    }
    return vt_slice_cmp(name_a, name_b);
}

static int standings_order_bands(const void *a, const void *b) {
    const vt_standing_band *left = a;
    const vt_standing_band *right = b;
    return standings_order(left->votes, left->name, right->votes, right->name);
}

static int standings_order_albums(const void *a, const void *b) {
    const vt_standing_album *left = a;
    const vt_standing_album *right = b;
    return standings_order(left->votes, left->name, right->votes, right->name);
}

/* Makes bands out of the pairs, which come sorted by band. */
static void standings_group(vt_standings *standings, const vt_contest *contest) {
    vt_standing_band *band = NULL;
    for (uint32_t i = 0; i < standings->tally.pairs_count; i++) {
        const vt_tally_pair *pair = &standings->tally.pairs[i];
        if (band == NULL || !vt_slice_eq(band->name, pair->name)) {
            const vt_band *known = vt_contest_band(contest, pair->name);
            band = &standings->bands[standings->bands_count++];
            *band = (vt_standing_band){.name = pair->name, .albums = &standings->albums[i]};
            band->color = known == NULL ? (vt_slice){NULL, 0} : known->color;
        }
        standings->albums[i] = (vt_standing_album){pair->album, pair->votes, pair->points};
        band->albums_count++;
        band->votes += pair->votes;
        band->points += pair->points;
    }
}

/* Whether one of the first `count` bands, sorted by name, has this name. */
static bool standings_has(const vt_standings *standings, uint32_t count, vt_slice name) {
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = vt_slice_cmp(standings->bands[middle].name, name);
        if (order == 0) {
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

static void standings_add_unvoted(vt_standings *standings, const vt_contest *contest) {
    uint32_t voted = standings->bands_count;
    for (uint32_t i = 0; i < contest->bands_count; i++) {
        const vt_band *band = &contest->bands[i];
        if (!standings_has(standings, voted, band->name)) {
            standings->bands[standings->bands_count++] = (vt_standing_band){.name = band->name, .color = band->color};
        }
    }
}

static void standings_sort(vt_standings *standings) {
    for (uint32_t i = 0; i < standings->bands_count; i++) {
        vt_standing_band *band = &standings->bands[i];
        if (band->albums_count > 1) {
            qsort(band->albums, band->albums_count, sizeof *band->albums, standings_order_albums);
        }
    }
    if (standings->bands_count > 1) {
        qsort(standings->bands, standings->bands_count, sizeof *standings->bands, standings_order_bands);
    }
}

vt_err vt_standings_init(const vt_contest *contest, vt_tally_snapshot *tally, vt_standings *out) {
    vt_standings standings = {.tally = *tally};
    *tally = (vt_tally_snapshot){0};
    size_t bands_max = (size_t) standings.tally.pairs_count + contest->bands_count;
    /* One more of each, as calloc(0) may answer NULL. */
    standings.bands = calloc(bands_max + 1, sizeof *standings.bands);
    standings.albums = calloc((size_t) standings.tally.pairs_count + 1, sizeof *standings.albums);
    if (standings.bands == NULL || standings.albums == NULL) {
        vt_standings_release(&standings);
        return VT_ERR_NO_MEMORY;
    }
    standings_group(&standings, contest);
    standings_add_unvoted(&standings, contest);
    VT_ASSERT(standings.bands_count <= bands_max);
    standings_sort(&standings);
    *out = standings;
    return VT_OK;
}

void vt_standings_release(vt_standings *standings) {
    vt_tally_snapshot_release(&standings->tally);
    free(standings->bands);
    free(standings->albums);
    *standings = (vt_standings){0};
}

uint64_t vt_standings_total(const vt_standings *standings) {
    return standings->tally.verdicts[VT_VERDICT_COUNTED];
}
