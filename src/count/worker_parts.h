/* What a worker is made of, for the files that it is written in: worker.c, its life; worker_start.c, where a partition
 * begins to be read; worker_anchor.c, whether its log still is the same. Nobody else includes this. */
#ifndef VT_COUNT_WORKER_PARTS_H
#define VT_COUNT_WORKER_PARTS_H

#include "count/count_hold.h"
#include "count/count_partition.h"
#include "ledger/dead_letters.h"
#include "ledger/ledger_group.h"
#include "ledger/record_probe.h"

#include <pthread.h>
#include <stdatomic.h>

struct vt_count_worker {
    vt_count_worker_options options;
    vt_ledger_group *group; /* NULL: it is to be joined again */
    int64_t rejoin_at_ns;
    int64_t fenced_ns;        /* when its place was taken last; 0: never */
    int rejoins;              /* in a row */
    vt_dead_letters *letters; /* NULL until they are needed */
    uint64_t letters_told;
    vt_record_probe *probe; /* NULL until it is needed */
    uint64_t rebalances_told;
    size_t place; /* in the status */
    pthread_t thread;
    atomic_bool stops;
    vt_count_partition partitions[VT_PARTITIONS_MAX];
    int32_t turn; /* the partition that is started first */
    vt_ledger_row *rows;
    size_t batch_max; /* of them, now: fewer while the store does not take so many in time */
    int64_t tick_at_ns;
    int64_t commit_at_ns;
    bool has_group; /* as the status was told */

    vt_count_hold hold;
    vt_err fatal; /* VT_OK, or why it ends */
    char reason[VT_COUNT_REASON_MAX];
};

/* The store's name, for reasons and log lines. */
const char *vt_worker_store(const vt_count_worker *worker);

/* The worker ends after this round; the first reason stands. */
void vt_worker_stop_for_good(vt_count_worker *worker, vt_err err, const char *reason);

/* Reads nothing more for a while, longer each time. The batch at hand is dropped: it is read again. */
void vt_worker_hold(vt_count_worker *worker, vt_count_need need, const char *reason);

/* The store did not do what it was asked to for this partition. */
void vt_worker_learn_store_error(vt_count_worker *worker, int32_t number, vt_err err);

/* A partition that was blocked is not any more, or is not ours. */
void vt_worker_tell_unblocked(vt_count_worker *worker, int32_t number);

/* Starts the partitions that are due, several at once, as each list of partitions makes reading begin anew; those that
 * are left start after a poll. */
void vt_worker_start_due(vt_count_worker *worker);

/* Whether the log of a partition that gave records still is the one that they belong to. If not, or if nobody knows, it
 * is paused and starts again, or the worker ends: the records are not to be applied. */
bool vt_worker_knows_log(vt_count_worker *worker, int32_t number);

/* Compares one partition that is due, as it may be another log though nothing comes from it. */
void vt_worker_look_at_logs(vt_count_worker *worker);

#endif
