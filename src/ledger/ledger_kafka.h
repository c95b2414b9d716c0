/* The ledger in Apache Kafka: a topic of votes, and beside it <topic>.contest (the contest's versions, one partition)
 * and <topic>.dead (unreadable records, by count).
 *
 * Appending: acks=all, idempotent, two requests at a time to a broker; at most queue_records_max votes are on their
 * way. A vote is answered when its delivery report came: OK only for a clean one; VT_ERR_RETRY when it surely is not in
 * the log; VT_ERR_UNKNOWN when it may be (timed out, or the broker went away in between). When librdkafka says that its
 * producer is broken for good, a new one is made and what was not resolved is sent again with the same ids: the fold
 * drops what then stands twice. Such a vote may take twice the delivery timeout. Of a vote with a `refusal` nothing is
 * looked up: it gets it at once.
 * Chains are in the order of appending within each partition.
 *
 * When an offset goes back, the topic was made anew or its log was cut, and records that were acknowledged are gone.
 * Then nothing is acknowledged any more (VT_ERR_UNKNOWN for what was on its way, VT_ERR_RETRY for all that comes), and
 * the condition "ledger" says so until the process is restarted. Partitions that a topic gets later are not used.
 */
#ifndef VT_LEDGER_LEDGER_KAFKA_H
#define VT_LEDGER_LEDGER_KAFKA_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"
#include "obs/health.h"
#include "obs/metrics.h"

typedef enum vt_ledger_kafka_mode {
    VT_LEDGER_KAFKA_SERVE, /* appends; makes topics that are missing */
    VT_LEDGER_KAFKA_READ,  /* reads only; vt_ledger_append is VT_ERR_UNIMPLEMENTED. May store a contest's first version
                            */
} vt_ledger_kafka_mode;

typedef struct vt_ledger_kafka_options {
    const vt_kafka_target *target; /* borrowed until the ledger is closed */
    vt_ledger_kafka_mode mode;
    int32_t partitions;           /* of a topic that is made here; 1..VT_PARTITIONS_MAX */
    int16_t replication;          /* of topics that are made here; -1: the broker's default */
    size_t queue_records_max;     /* votes that may be on their way; >= 1 */
    uint32_t delivery_timeout_ms; /* 100..10,000: after it a vote is answered VT_ERR_UNKNOWN */
    vt_metrics *metrics;          /* borrowed; NULL: none */
    vt_health *health;            /* borrowed; the condition "kafka"; NULL: none */
} vt_ledger_kafka_options;

/* Connects (deadline: 3 s), makes the topics when they are missing, refuses what cannot hold a contest: a topic of
 * more than VT_PARTITIONS_MAX partitions; of our own topics such as lose records (cleanup.policy, retention.ms,
 * retention.bytes) or do not stamp the append time; for a topic that others made these are warnings. A topic counts as
 * ours when it had those settings at the time that its contest's first version was stored. The caller owns *out. On
 * error `reason` says why: VT_ERR_BUSY (no broker answers, or there is no topic yet to read: try again later),
 * VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_ledger_kafka_open(const vt_ledger_kafka_options *options, vt_ledger **out,
                                          char reason[VT_KAFKA_REASON_MAX]);

/* The first offset of a partition that still exists, and the one behind its last record. VT_ERR_BUSY,
 * VT_ERR_NOT_FOUND (no such partition), VT_ERR_SYSTEM (the brokers refuse). */
VT_MUST_CHECK vt_err vt_ledger_kafka_bounds(vt_ledger *ledger, int32_t partition, int64_t *first, int64_t *end);

#endif
