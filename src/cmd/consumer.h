/* A consumer of the ledger in Kafka: what `count` and `archive` share. It knows the contest, and its workers fold the
 * ledger's partitions into a store. */
#ifndef VT_CMD_CONSUMER_H
#define VT_CMD_CONSUMER_H

#include "cmd/contest_follower.h"
#include "cmd/topic.h"
#include "contest/definition.h"
#include "count/worker.h"

/* Must stay where it is. Zeroed before the first use. */
typedef struct vt_consumer {
    vt_topic topic;
    vt_definition *definition; /* NULL before it is connected */
    vt_contest_follower *follower;
    vt_service *service;
    vt_count_status *status;
    vt_count_worker *workers[VT_COUNT_WORKERS_MAX];
    uint32_t workers_count;
} vt_consumer;

/* Learns the ledger's contest. A ledger with votes and without a contest, as other producers make them, gets the open
 * one; a ledger with neither is waited for, so that whoever takes votes can say which contest it is. Errors as
 * vt_topic_connect and vt_contest_establish. */
VT_MUST_CHECK vt_err vt_consumer_connect(vt_consumer *consumer, vt_service *service,
                                         char reason[VT_SERVICE_REASON_MAX]);

/* How workers come to their stores. */
typedef struct vt_consumer_stores {
    const char *name;        /* "tally", "log": static text */
    bool sends_dead_letters; /* whether this store's workers send them */
    /* Opens the store of worker `index`, which owns it. */
    vt_err (*open)(void *context, uint32_t index, vt_derived **out, char reason[VT_SERVICE_REASON_MAX]);
    void *context;
} vt_consumer_stores;

/* Starts as many workers as the settings say, at most one for each partition. Errors of vt_count_worker_open and of
 * stores->open. */
VT_MUST_CHECK vt_err vt_consumer_start(vt_consumer *consumer, const vt_consumer_stores *stores,
                                       char reason[VT_SERVICE_REASON_MAX]);

/* Ends the workers, and follows the contest no more. */
void vt_consumer_stop(vt_consumer *consumer);

/* Closes the rest, when nobody renders metrics and health any more. Accepts a zeroed one. */
void vt_consumer_release(vt_consumer *consumer);

#endif
