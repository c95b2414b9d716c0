/* Cuts the text of a votes file into the texts of its votes: one JSON array, or objects one after the other (NDJSON).
 *
 * Only where a vote begins and ends is decided here; vt_vote_read_json judges what stands inside. */
#ifndef VT_CLIENT_VOTES_TEXT_H
#define VT_CLIENT_VOTES_TEXT_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

typedef struct vt_votes_text {
    vt_slice text;
    size_t at;
    uint64_t items; /* taken so far */
    size_t item_at; /* where the latest item, or the latest error, begins */
    bool array;     /* an array: items are separated by commas and end with a bracket */
    bool done;
} vt_votes_text;

/* Borrows `text` as long as the walk lasts. */
void vt_votes_text_init(vt_votes_text *walk, vt_slice text);

/* The next vote's text, or an empty slice at the end. MALFORMED_JSON when the text cannot be cut; the place is
 * vt_votes_text_line then. */
VT_MUST_CHECK vt_err vt_votes_text_next(vt_votes_text *walk, vt_slice *item);

/* The line, from 1, of the latest item or error. Walks the text: for messages only. */
uint64_t vt_votes_text_line(const vt_votes_text *walk);

#endif
