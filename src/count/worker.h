/* A worker: one thread that folds the partitions which its consumer group gives it from the ledger into one derived
 * store, exactly once.
 *
 * For each assigned partition: the position comes from the store, never from the group. The record before it is read
 * again and must have the mark that the store remembers: another one means that the topic was made anew or cut, and the
 * worker stops and says so. Then batches are applied; a store that stands elsewhere (VT_ERR_MOVED) makes it start
 * there; one that is away makes it wait while it goes on polling, so that it stays in the group and its memory stays
 * bounded.
 */
#ifndef VT_COUNT_WORKER_H
#define VT_COUNT_WORKER_H

#include "count/count_status.h"
#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"

enum { VT_COUNT_REASON_MAX = 512, VT_COUNT_BATCH_RECORDS_MAX = 1000 };

/* Where a store's fold of a partition stands. */
typedef struct vt_store_state {
    bool exists;
    bool is_blocked; /* somebody rebuilds it: wait */
    int64_t next;
    bool has_mark;
    vt_id mark;
} vt_store_state;

/* A derived store as a worker sees it: the tally (count/tally_store.h) or the vote log (count/log_store.h). All calls
 * come from the worker's thread, but close, which comes after it ended; each takes seconds at most. Errors:
 * VT_ERR_MOVED, VT_ERR_BUSY, VT_ERR_FULL are waited for or followed; everything else stops the worker. */
typedef struct vt_derived vt_derived;
typedef struct vt_derived_kind {
    const char *name; /* "tally", "log": in log lines and reasons */
    vt_err (*load)(vt_derived *derived, int32_t partition, vt_store_state *out);
    /* The store has nothing of this partition, whose log begins at `first` and ends at `end`. load follows. */
    vt_err (*begin)(vt_derived *derived, int32_t partition, int64_t first, int64_t end);
    /* The next rows of the partition: `from` is what load told or the end of the batch before, and the first row stands
     * at or behind it. Sets `verdicts` (zeroed by the caller) on success. After an error load follows. */
    vt_err (*apply)(vt_derived *derived, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count,
                    uint64_t verdicts[VT_VERDICT_COUNT]);
    /* No record of the partition stands from `from`, the end of what was applied, up to `until`: offsets at the end of
     * a log may hold none. Called before each tick, for partitions that are read; may be NULL. */
    void (*reached)(vt_derived *derived, int32_t partition, int64_t from, int64_t until);
    void (*forget)(vt_derived *derived, int32_t partition); /* the partition went to another worker */
    /* Called about every 100 ms while the worker runs; may be NULL. */
    void (*tick)(vt_derived *derived);
    const char *(*reason)(const vt_derived *derived); /* why the last call failed */
    void (*close)(vt_derived *derived);
} vt_derived_kind;

/* The head of every store's object. */
struct vt_derived {
    const vt_derived_kind *kind;
};

typedef struct vt_count_worker vt_count_worker;

typedef struct vt_count_worker_options {
    const vt_kafka_target *target; /* borrowed until close */
    const char *group;
    const char *instance; /* or NULL; of this worker alone */
    vt_id ledger_id;
    int32_t partitions;
    uint32_t batch_records_max; /* 1..VT_COUNT_BATCH_RECORDS_MAX */
    vt_derived *derived;        /* taken over on success: closed with the worker */
    bool sends_dead_letters;    /* unreadable records go to <topic>.dead before they are applied */
    vt_count_status *status;    /* borrowed until close; shared by the workers of one store */
    /* Called once, on the worker's thread, when it cannot go on. */
    void (*on_fatal)(void *context, vt_err err, const char *reason);
    void *context;
} vt_count_worker_options;

/* Starts the thread; waits for no server. The caller owns *out. On error `reason` says why. VT_ERR_BAD_CONFIG,
 * VT_ERR_SYSTEM, VT_ERR_NO_MEMORY, VT_ERR_FULL (more than VT_COUNT_WORKERS_MAX). */
VT_MUST_CHECK vt_err vt_count_worker_open(const vt_count_worker_options *options, vt_count_worker **out,
                                          char reason[VT_COUNT_REASON_MAX]);

/* Asks the worker to end, and returns at once: whoever closes several asks them all first. */
void vt_count_worker_stop(vt_count_worker *worker);

/* Ends what it does (a batch that was applied is committed), leaves the group, joins and frees. Accepts NULL. */
void vt_count_worker_close(vt_count_worker *worker);

#endif
