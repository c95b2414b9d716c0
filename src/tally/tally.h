/* Port: the live sums by band and album, with the ledger position that they were derived up to. */
#ifndef VT_TALLY_TALLY_H
#define VT_TALLY_TALLY_H

#include "base/buf.h"
#include "vote/fold.h"
#include "vote/positions.h"

typedef struct vt_tally vt_tally;

typedef struct vt_tally_pair {
    vt_slice name;
    vt_slice album;
    uint64_t votes;
    uint64_t points;
} vt_tally_pair;

/* One consistent state of a tally. It owns its texts. */
typedef struct vt_tally_snapshot {
    vt_positions positions; /* the last records folded */
    uint64_t generation;    /* which fold stands there: another one once a tally was rebuilt beside readers */
    uint64_t verdicts[VT_VERDICT_COUNT]; /* by vt_verdict, of records in the ledger */
    vt_tally_pair *pairs;                /* sorted by name, then album (bytes) */
    uint32_t pairs_count;
    void *memory; /* what pairs and texts live in */
} vt_tally_snapshot;

/* Reads one state, whole. Any thread (each waits for its turn). VT_ERR_BUSY, VT_ERR_IO, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_tally_read(vt_tally *tally, vt_tally_snapshot *out);
void vt_tally_snapshot_release(vt_tally_snapshot *snapshot); /* accepts a zeroed one */

/* Only positions and generation: cheap, to see whether the sums may have changed. Errors as vt_tally_read. */
VT_MUST_CHECK vt_err vt_tally_positions(vt_tally *tally, vt_positions *out, uint64_t *generation);

/* What the fold said of one record in the ledger. */
typedef struct vt_tally_question {
    vt_id id;             /* in */
    vt_id fingerprint;    /* in */
    vt_position position; /* in */
    vt_verdict verdict;   /* out: NONE when the record is not folded yet; BAD also when no vote of that id was */
} vt_tally_question;

/* Answers `count` questions (at most VT_TALLY_QUESTIONS_MAX) about records that are in the ledger, all at one instant
 * for those of one partition. Errors as vt_tally_read. */
enum { VT_TALLY_QUESTIONS_MAX = 1000 };
VT_MUST_CHECK vt_err vt_tally_verdicts(vt_tally *tally, vt_tally_question *questions, size_t count);

void vt_tally_close(vt_tally *tally); /* accepts NULL */

typedef struct vt_tally_backend {
    vt_err (*read)(vt_tally *tally, vt_tally_snapshot *out);
    vt_err (*positions)(vt_tally *tally, vt_positions *out, uint64_t *generation);
    vt_err (*verdicts)(vt_tally *tally, vt_tally_question *questions, size_t count);
    void (*close)(vt_tally *tally);
} vt_tally_backend;

struct vt_tally {
    const vt_tally_backend *backend;
};

#endif
