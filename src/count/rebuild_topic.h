/* Derives a store of a Kafka ledger anew from the ledger's records: a tally beside the old one, which it then replaces;
 * a vote log in place, as its documents have fixed ids. Counters and archivers may go on meanwhile. */
#ifndef VT_COUNT_REBUILD_TOPIC_H
#define VT_COUNT_REBUILD_TOPIC_H

#include "ledger/dead_letters.h"
#include "ledger/ledger.h"
#include "redis/redis_client.h"
#include "votelog/log_writer.h"

enum {
    VT_REBUILD_TOPIC_REASON_MAX = 256,
    VT_REBUILD_RESTARTS_MAX = 30, /* how often one partition is begun again because somebody else took its place away */
};

typedef struct vt_rebuild_topic_options {
    vt_ledger *ledger; /* a Kafka ledger, whose id is known */
    uint32_t votes_per_voter;
    vt_dead_letters *letters; /* where unreadable records go before a tally counts them; NULL: they are only counted */
    /* Called after each page, and while a server is waited for; false ends the rebuild (VT_ERR_GONE). Or NULL. */
    bool (*progress)(void *context, int64_t done, int64_t total);
    void *context;
} vt_rebuild_topic_options;

/* Folds each partition into its shadow up to the end of the log, then puts that in the live place. Until then readers
 * see the old tally; after an error they still do, partitions that were done excepted. *records: how many were folded.
 * On error `reason` says why: VT_ERR_BUSY (a server was away for VT_PATIENCE_MS), VT_ERR_FULL, VT_ERR_MOVED (too many
 * restarts), VT_ERR_GONE (progress said so, or the ledger lost records meanwhile), VT_ERR_CORRUPT, VT_ERR_NO_MEMORY,
 * those of the ledger and of the fence. */
VT_MUST_CHECK vt_err vt_rebuild_tally(const vt_rebuild_topic_options *options, vt_redis *redis, uint64_t *records,
                                      char reason[VT_REBUILD_TOPIC_REASON_MAX]);

/* Deletes each partition's documents and writes them again up to the end of the log. After an error that partition
 * stays marked as being rebuilt, and archivers wait: to be run again. Errors as above. */
VT_MUST_CHECK vt_err vt_rebuild_log(const vt_rebuild_topic_options *options, vt_log_writer *log, uint64_t *records,
                                    char reason[VT_REBUILD_TOPIC_REASON_MAX]);

#endif
