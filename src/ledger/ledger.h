/* Port: the durable, append-only record of votes. The truth; everything else is a fold of it.
 *
 * Adapters: ledger_sqlite.c (one process), ledger_kafka.c (many machines), ledger_null.c (benchmarks: takes, answers,
 * forgets). The scheme of the URL chooses.
 */
#ifndef VT_LEDGER_LEDGER_H
#define VT_LEDGER_LEDGER_H

#include "base/buf.h"
#include "vote/positions.h"

typedef struct vt_ledger vt_ledger;
typedef struct vt_sink vt_sink;

/* One vote on its way into the ledger. The caller owns it; the ledger borrows it from vt_ledger_append until it comes
 * back through the sink. */
typedef struct vt_append {
    vt_record record; /* in */
    vt_err refusal;   /* in: not VT_OK (CLOSED, NOT_OPEN_YET): only look the id up, and answer this if it is unknown */
    vt_sink *sink;    /* in: who gets it back */
    vt_err err;       /* out: OK (counted, duplicate or recorded), ID_CONFLICT, QUOTA, `refusal`, RETRY, UNKNOWN */
    vt_verdict verdict;     /* out: COUNTED or DUPLICATE when err is OK; NONE means recorded, not folded yet */
    vt_position position;   /* out: where the record stands, for a duplicate the first one; when err is OK */
    struct vt_append *next; /* the chain in which it comes back */
} vt_append;

/* Gets answers back, at most one call for each group and sink: `done` is called on a thread of the ledger (for
 * `null:` inside of vt_ledger_append) with a chain in the order of appending. It must not block. */
struct vt_sink {
    void (*done)(vt_sink *sink, vt_append *chain);
};

/* Hands over votes, all or none. Any thread. An answer follows for each, always, also at shutdown.
 * VT_ERR_OVERLOADED when the queue is full, VT_ERR_RETRY when the ledger is closing; nothing was taken then. */
VT_MUST_CHECK vt_err vt_ledger_append(vt_ledger *ledger, vt_append *const *items, size_t count);

/* The ledger's random identity, set when it was made: on Kafka with the contest's first version, so it is known (and
 * final) once vt_ledger_contest_latest has told of a version or vt_ledger_contest_append has stored one. */
vt_id vt_ledger_id(const vt_ledger *ledger);

/* How many partitions it has, 1..VT_PARTITIONS_MAX; 0: it knows none (SQLite). */
int32_t vt_ledger_partitions(const vt_ledger *ledger);

/* Whether answers come back inside of vt_ledger_append, on the caller's thread. */
static inline bool vt_ledger_answers_inline(const vt_ledger *ledger);

/* How many votes wait now. Any thread. */
size_t vt_ledger_queue_depth(const vt_ledger *ledger);

/* A fold that runs inside of each group's transaction with the records that were new in it, in ledger order; its error
 * rolls the group back. Set before the first append; not for `null:` (VT_ERR_UNIMPLEMENTED). */
typedef vt_err vt_ledger_fold(void *context, const vt_append *const *records, size_t count);
VT_MUST_CHECK vt_err vt_ledger_set_fold(vt_ledger *ledger, vt_ledger_fold *fold, void *context);

/* How often one voter may be counted; 0, the default: no limit. Set before the first append. `null:` ignores it. */
void vt_ledger_set_votes_per_voter(vt_ledger *ledger, uint32_t votes_per_voter);

/* A record as it was stored. */
typedef struct vt_ledger_row {
    vt_record record; /* without meaning when `fault` is set */
    vt_position position;
    int64_t appended_ms; /* the ledger's append time; SQLite: record.at_ms */
    vt_err fault;        /* VT_OK, or why the record is unreadable: what the fold calls bad (Kafka only) */
    bool is_anonymous;   /* it came without an id: its identity is made from its position, nobody can repeat it */
    vt_id mark;          /* Kafka: digest of the record as it is stored; elsewhere zero */
    vt_slice raw_key;    /* Kafka, when `fault` is set: as it is stored; borrowed until the next read */
    vt_slice raw_value;
} vt_ledger_row;

/* Reads up to `rows_max` records behind `after` and not beyond `until`, in ledger order, in one short read. From the
 * start: after is {-1, 0}, or {partition, -1} on Kafka, where both name one partition. Called by one reader at a time.
 * *count 0: the end, or `until`. VT_ERR_BUSY, VT_ERR_IO, VT_ERR_CORRUPT; VT_ERR_GONE when the ledger does not have what
 * is behind `after` any more (Kafka: deleted, or cut off at the end). */
VT_MUST_CHECK vt_err vt_ledger_read(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows,
                                    size_t rows_max, size_t *count);

/* The newest version of the contest's definition: appends its JSON to `json` and sets *version, 0 when there is none.
 * VT_ERR_CORRUPT when a version is missing or was changed; VT_ERR_BUSY, VT_ERR_IO, those of vt_buf_append. */
VT_MUST_CHECK vt_err vt_ledger_contest_latest(vt_ledger *ledger, vt_buf *json, uint32_t *version);

/* Appends a version, durably. `version` is the newest one plus 1, else VT_ERR_IN_USE (another process was faster).
 * VT_ERR_BUSY, VT_ERR_IO. */
VT_MUST_CHECK vt_err vt_ledger_contest_append(vt_ledger *ledger, uint32_t version, vt_slice json);

/* Answers everything that was taken, then stops. Then frees. Accepts NULL. */
void vt_ledger_close(vt_ledger *ledger);

/* What only adapters see. */
typedef struct vt_ledger_backend {
    vt_err (*append)(vt_ledger *ledger, vt_append *const *items, size_t count);
    vt_err (*set_fold)(vt_ledger *ledger, vt_ledger_fold *fold, void *context);
    vt_err (*read)(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                   size_t *count);
    vt_err (*contest_latest)(vt_ledger *ledger, vt_buf *json, uint32_t *version);
    vt_err (*contest_append)(vt_ledger *ledger, uint32_t version, vt_slice json);
    size_t (*queue_depth)(const vt_ledger *ledger);
    void (*close)(vt_ledger *ledger);
} vt_ledger_backend;

/* The head of every adapter's object. */
struct vt_ledger {
    const vt_ledger_backend *backend;
    vt_id id;
    int32_t partitions;
    uint32_t votes_per_voter;
    bool answers_inline; /* done() is called inside of append, on the appender's thread (`null:`) */
};

static inline bool vt_ledger_answers_inline(const vt_ledger *ledger) {
    return ledger->answers_inline;
}

#endif
