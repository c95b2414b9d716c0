/* Port: the searchable log of votes. */
#ifndef VT_VOTELOG_VOTELOG_H
#define VT_VOTELOG_VOTELOG_H

#include "vote/record.h"

typedef struct vt_votelog vt_votelog;

enum { VT_VOTELOG_ROWS_MAX = 100 };

typedef struct vt_votelog_row {
    vt_record record;
    vt_position position;
    vt_verdict verdict; /* NONE: this log does not know; vt_tally_verdicts does */
} vt_votelog_row;

typedef struct vt_votelog_query {
    bool has_before;    /* else from the newest */
    vt_position before; /* rows older than this one */
    vt_slice band;      /* exact name, or ptr NULL for all */
    uint32_t limit;     /* 1..VT_VOTELOG_ROWS_MAX */
} vt_votelog_query;

/* Newest first by the ledger's append time, then position. `rows` has room for query->limit. Any thread.
 * VT_ERR_NOT_FOUND (no row at `before`, where the log needs it), VT_ERR_BUSY, VT_ERR_IO; MongoDB: also VT_ERR_FULL and
 * VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_votelog_list(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows,
                                     uint32_t *count);

/* The first record of that identity. VT_ERR_NOT_FOUND, VT_ERR_BUSY, VT_ERR_IO. Any thread. */
VT_MUST_CHECK vt_err vt_votelog_find(vt_votelog *log, const vt_id *id, vt_votelog_row *out);

void vt_votelog_close(vt_votelog *log); /* accepts NULL */

typedef struct vt_votelog_backend {
    vt_err (*list)(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count);
    vt_err (*find)(vt_votelog *log, const vt_id *id, vt_votelog_row *out);
    void (*close)(vt_votelog *log);
} vt_votelog_backend;

struct vt_votelog {
    const vt_votelog_backend *backend;
};

#endif
