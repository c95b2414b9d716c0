/* Records of one partition, parted by a key into temporary files, so that a recount needs memory for one part only.
 *
 * All records of one key lie in the same part, in the order in which they were added. Which part that is depends on a
 * random seed: no choice of keys can fill one part with many different ones.
 */
#ifndef VT_COUNT_SPILL_H
#define VT_COUNT_SPILL_H

#include "ledger/ledger.h"

enum {
    VT_SPILL_PARTS_MAX = 256,       /* open files: two spills must fit under the usual limit of 1,024 */
    VT_SPILL_PART_RECORDS = 200000, /* how many a part has on average, with fewer than VT_SPILL_PARTS_MAX parts */
};

/* What counting needs of a record but for its texts. */
typedef struct vt_spill_entry {
    int64_t offset;
    vt_id id;
    vt_id fingerprint;
    vt_id voter; /* zero without one */
} vt_spill_entry;

typedef struct vt_spill vt_spill;

/* For about so many records. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_spill_open(uint64_t records_expected, vt_spill **out);
void vt_spill_close(vt_spill *spill); /* accepts NULL */

/* Adds a readable record under a key. VT_ERR_FULL (no room on the disk), VT_ERR_IO. */
VT_MUST_CHECK vt_err vt_spill_add(vt_spill *spill, const vt_id *key, const vt_ledger_row *row);

uint32_t vt_spill_parts(const vt_spill *spill);

/* How many records a part has. */
uint64_t vt_spill_records(const vt_spill *spill, uint32_t part);

/* Goes to the beginning of a part; nothing is added any more from then on. As vt_spill_add. */
VT_MUST_CHECK vt_err vt_spill_rewind(vt_spill *spill, uint32_t part);

/* The next entry of the part that was gone to; *has_entry is false at its end. VT_ERR_IO. */
VT_MUST_CHECK vt_err vt_spill_next(vt_spill *spill, vt_spill_entry *out, bool *has_entry);

#endif
