/* Sums by (band, album) in memory of a fixed size: what one group of votes adds to the tally. */
#ifndef VT_TALLY_PAIR_TABLE_H
#define VT_TALLY_PAIR_TABLE_H

#include "vote/fold.h"

/* A pair that the tally has. Its sums are those of the current group only. */
typedef struct vt_pair {
    uint64_t votes;
    uint64_t points;
    uint8_t name_len;
    uint8_t album_len;
    bool is_touched;
    char text[2 * VT_FIELD_BYTES_MAX]; /* name, album */
} vt_pair;

typedef struct vt_pair_table vt_pair_table;

/* An empty table. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM (no entropy for the hash). */
VT_MUST_CHECK vt_err vt_pair_table_open(vt_pair_table **out);
void vt_pair_table_close(vt_pair_table *table); /* accepts NULL */

/* Forgets all pairs. */
void vt_pair_table_clear(vt_pair_table *table);

/* Makes a pair known that the tally has, without sums. Texts are copied, at most VT_FIELD_BYTES_MAX bytes each. False
 * when there is no room: a tally has at most VT_FOLD_PAIRS_MAX pairs and the one for all others. */
bool vt_pair_table_know(vt_pair_table *table, vt_slice name, vt_slice album);

/* Adds one vote to a pair, which becomes known. Once VT_FOLD_PAIRS_MAX pairs are, a new one is counted as
 * (VT_FOLD_OTHER, ""), as vote/fold.h says. */
void vt_pair_table_add(vt_pair_table *table, vt_slice name, vt_slice album, uint32_t points);

/* The pairs that were added to since vt_pair_table_settle, in order of first appearance. i < touched_count. */
size_t vt_pair_table_touched_count(const vt_pair_table *table);
const vt_pair *vt_pair_table_touched(const vt_pair_table *table, size_t i);

/* Sets all sums to zero; the pairs stay known. */
void vt_pair_table_settle(vt_pair_table *table);

static inline vt_slice vt_pair_name(const vt_pair *pair) {
    return vt_slice_of(pair->text, pair->name_len);
}

static inline vt_slice vt_pair_album(const vt_pair *pair) {
    return vt_slice_of(pair->text + pair->name_len, pair->album_len);
}

#endif
