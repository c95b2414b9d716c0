/* One partition in the hands of a worker: where its store stands, and whether the log still is the one it came from. */
#ifndef VT_COUNT_COUNT_PARTITION_H
#define VT_COUNT_COUNT_PARTITION_H

#include "count/worker.h"

typedef enum vt_count_stage {
    VT_COUNT_NOT_OURS,
    VT_COUNT_STARTING, /* the store is to be asked, at `due_ns` */
    VT_COUNT_READING,  /* batches come, from `next` on */
} vt_count_stage;

typedef struct vt_count_partition {
    vt_count_stage stage;
    int64_t due_ns;   /* STARTING: not before this (vt_clock_monotonic_ns) */
    uint32_t wait_ms; /* for the next start without a batch in between */
    bool is_blocked;  /* its rebuild has begun and not ended, and operators were told */
    bool is_placed;   /* `next` and `end` are known */
    int64_t next;     /* the store's next offset */
    int64_t end;      /* of the log, when it was asked for last */
    bool checks_mark; /* the record before `next` is to come first, and to have `mark` */
    bool has_mark;    /* `mark` is that of the record before `next`, which was read */
    vt_id mark;
    int64_t anchor; /* a record that was read, and by which the log is known again; -1: none yet */
    vt_id anchor_mark;
    int64_t compared_ns; /* when the anchor was compared last, or made */
    int64_t read_ns;     /* when the last record that was known or applied had come */
    int64_t committed;   /* what the group was told; -1: nothing */
    int64_t seen;        /* `next` when it was looked at last, to see whether it is idle */
} vt_count_partition;

/* It was assigned: to be started now. */
void vt_count_partition_assign(vt_count_partition *partition);

/* It has to start again after `wait_ms`. */
void vt_count_partition_start_in(vt_count_partition *partition, int64_t now_ns, uint32_t wait_ms);

/* It has to start again: at once after a batch, then more and more slowly. */
void vt_count_partition_restart(vt_count_partition *partition, int64_t now_ns);

/* Where the store stands in a log that begins at `first` and ends at `end`. Sets *seek, from where it is to be read.
 * VT_ERR_CORRUPT: it cannot go on there; `reason` (of `store`, partition `number`) says why and what is to be done. */
VT_MUST_CHECK vt_err vt_count_partition_place(vt_count_partition *partition, const vt_store_state *state, int64_t first,
                                              int64_t end, const char *store, int32_t number, int64_t *seek,
                                              char reason[VT_COUNT_REASON_MAX]);

/* Compares the record before `next`, if it was not compared yet and has to be, and sets *skip, how many rows are known.
 * VT_ERR_CORRUPT: it is another one, or is not there; as above. */
VT_MUST_CHECK vt_err vt_count_partition_check(vt_count_partition *partition, const vt_ledger_row *rows, size_t count,
                                              int64_t now_ns, const char *store, size_t *skip,
                                              char reason[VT_COUNT_REASON_MAX]);

/* The rows up to `last` were applied. `now_ns` is when they had come: the topic may have been made anew since. */
void vt_count_partition_advance(vt_count_partition *partition, const vt_ledger_row *last, int64_t now_ns);

/* Whether the anchor is to be compared: every 10 s, and before records that come after more than a second without any.
 * A process that was stopped, or that saw no broker, may have missed that the topic was made anew. */
bool vt_count_partition_is_doubtful(const vt_count_partition *partition, bool has_records, int64_t now_ns);

/* What stood at the anchor at `now_ns` has the mark `found`: the newest record becomes the anchor. VT_ERR_CORRUPT: it
 * is another one; as above. */
VT_MUST_CHECK vt_err vt_count_partition_compare(vt_count_partition *partition, const vt_id *found, int64_t now_ns,
                                                const char *store, int32_t number, char reason[VT_COUNT_REASON_MAX]);

/* The anchor could not be asked for: again in a second. */
void vt_count_partition_compare_later(vt_count_partition *partition, int64_t now_ns);

/* The anchor is not in the log any more: another one is found when the partition starts again. */
void vt_count_partition_lose_anchor(vt_count_partition *partition);

#endif
