/* Verifies a Kafka ledger's derived stores: recounts it and compares, on a live system, too.
 *
 * Partition by partition it pins where the stores stand and recounts up to there, so that what goes on meanwhile does
 * not matter, and memory is that of one partition. It shares no code with the counting but the readers of vote/ and of
 * the stores' formats.
 */
#ifndef VT_COUNT_VERIFY_TOPIC_H
#define VT_COUNT_VERIFY_TOPIC_H

#include "count/difference.h"
#include "ledger/ledger.h"
#include "ledger/letter_reader.h"
#include "redis/redis_client.h"
#include "votelog/log_writer.h"

enum { VT_VERIFY_TOPIC_REASON_MAX = 256 };

typedef struct vt_verify_topic_options {
    vt_ledger *ledger;         /* a Kafka ledger, whose id is known */
    vt_redis *redis;           /* NULL: no tally */
    vt_log_writer *log;        /* NULL: no vote log */
    vt_letter_reader *letters; /* compared with the tally's unreadable records; NULL: not */
    uint32_t votes_per_voter;
    /* Called after each page, and while a server is waited for; false ends the recount (VT_ERR_GONE). Or NULL. */
    bool (*progress)(void *context, int64_t done, int64_t total);
    void *context;
} vt_verify_topic_options;

typedef struct vt_topic_report {
    vt_positions ledger; /* where each partition ended when its stores were pinned */
    vt_positions tally;  /* pinned */
    vt_positions log;    /* pinned */
    uint64_t records;    /* recounted, up to the tally's positions */
    uint64_t verdicts[VT_VERDICT_COUNT];
    uint64_t misplaced;          /* of the bad ones, those with an id that belongs to another partition */
    vt_position first_misplaced; /* when there is one */
    uint64_t letters;            /* how many of the bad ones have a letter */
    uint64_t letters_deleted;    /* offsets in front of the letters that there still are */
    uint64_t gaps;               /* offsets without a record: markers of transactions of other producers */
    uint64_t deleted;            /* offsets in front of what the ledger still has */
    vt_differences found;
} vt_topic_report;

/* A store that is behind the ledger is no difference, one that is damaged is. VT_OK: complete, see report->found.
 * Otherwise it could not be made, and `reason` says why: VT_ERR_BUSY (a server was away for VT_PATIENCE_MS),
 * VT_ERR_GONE (progress said so, or the ledger lost records meanwhile), VT_ERR_MOVED (a store went back meanwhile: run
 * it again), VT_ERR_OTHER_LEDGER, VT_ERR_CORRUPT, VT_ERR_FULL (no room for temporary files) and those of the stores. */
VT_MUST_CHECK vt_err vt_verify_topic(const vt_verify_topic_options *options, vt_topic_report *report,
                                     char reason[VT_VERIFY_TOPIC_REASON_MAX]);

#endif
