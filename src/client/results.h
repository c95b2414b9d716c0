/* A reading of GET /v1/results: votes by band, for the bands of a file. */
#ifndef VT_CLIENT_RESULTS_H
#define VT_CLIENT_RESULTS_H

#include "client/band_names.h"
#include "client/http_get.h"
#include "client/reach.h"

typedef struct vt_results {
    uint64_t total;
    uint64_t conflict; /* acknowledged records that the count did not take, of the whole contest */
    uint64_t quota;
    vt_reach reach;  /* up to where all is counted */
    bool is_hidden;  /* the bands, until somebody may see them */
    uint64_t *bands; /* by the band's number in the file; 0 for one that has no vote yet */
} vt_results;

/* Room for the bands of `names`. NO_MEMORY. */
VT_MUST_CHECK vt_err vt_results_init(vt_results *results, const vt_band_names *names);
void vt_results_release(vt_results *results); /* accepts a zeroed one */

/* Replaces all by what a result says, bands that the file does not name left out. False, with the numbers undefined,
 * when `body` is no result or is_hidden. */
bool vt_results_read(vt_results *results, const vt_band_names *names, vt_slice body);

/* Asks the server. NOT_FOUND when it hides its results; BUSY when it cannot tell them now; GONE when it
 * answers with none; else as vt_http_get_run. */
VT_MUST_CHECK vt_err vt_results_fetch(vt_results *results, const vt_band_names *names, vt_http_get *get,
                                      vt_reason *reason);

#endif
