/* A tally put in the order of the results: bands and their albums, most votes first. */
#ifndef VT_WEB_STANDINGS_H
#define VT_WEB_STANDINGS_H

#include "tally/tally.h"
#include "vote/contest.h"

typedef struct vt_standing_album {
    vt_slice name;
    uint64_t votes;
    uint64_t points;
} vt_standing_album;

typedef struct vt_standing_band {
    vt_slice name;
    vt_slice color; /* of the contest, or empty */
    uint64_t votes;
    uint64_t points;
    vt_standing_album *albums; /* those with votes */
    uint32_t albums_count;
} vt_standing_band;

typedef struct vt_standings {
    vt_tally_snapshot tally; /* owned: what the names of voted bands and albums live in */
    vt_standing_band *bands;
    uint32_t bands_count;
    vt_standing_album *albums; /* of all bands */
} vt_standings;

/* Takes the snapshot over (releases it on error too) and adds the contest's bands that have no votes. Ties are ordered
 * by the bytes of the name. Borrows names from the contest. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_standings_init(const vt_contest *contest, vt_tally_snapshot *tally, vt_standings *out);
void vt_standings_release(vt_standings *standings); /* accepts a zeroed one */

/* How many votes count. */
uint64_t vt_standings_total(const vt_standings *standings);

#endif
