/* Port: the live sums by band and album, with the ledger position that they were derived up to. */
#ifndef VT_TALLY_TALLY_H
#define VT_TALLY_TALLY_H

#include "base/buf.h"
#include "vote/fold.h"

typedef struct vt_tally vt_tally;

typedef struct vt_tally_pair {
    vt_slice name;
    vt_slice album;
    uint64_t votes;
    uint64_t points;
} vt_tally_pair;

/* One consistent state of a tally. It owns its texts. */
typedef struct vt_tally_snapshot {
    vt_position position;                /* the last record folded; offset 0 when there is none */
    uint64_t verdicts[VT_VERDICT_COUNT]; /* by vt_verdict, of records in the ledger */
    vt_tally_pair *pairs;                /* sorted by name, then album (bytes) */
    uint32_t pairs_count;
    void *memory; /* what pairs and texts live in */
} vt_tally_snapshot;

/* Reads one state, whole. Any thread (each waits for its turn). VT_ERR_BUSY, VT_ERR_IO, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_tally_read(vt_tally *tally, vt_tally_snapshot *out);
void vt_tally_snapshot_release(vt_tally_snapshot *snapshot); /* accepts a zeroed one */

/* Only the position: cheap, to see whether anything moved. Errors as vt_tally_read. */
VT_MUST_CHECK vt_err vt_tally_position(vt_tally *tally, vt_position *out);

void vt_tally_close(vt_tally *tally); /* accepts NULL */

typedef struct vt_tally_backend {
    vt_err (*read)(vt_tally *tally, vt_tally_snapshot *out);
    vt_err (*position)(vt_tally *tally, vt_position *out);
    void (*close)(vt_tally *tally);
} vt_tally_backend;

struct vt_tally {
    const vt_tally_backend *backend;
};

#endif
