/* Appends votes to the ledger's topic: takes them, sends them, answers each when its delivery was told.
 *
 *   any thread   append ──► librdkafka ──► brokers
 *                  │            │ delivery reports
 *                  │ aside      ▼
 *                  └──────► the producer's thread ──► sinks
 *
 * What librdkafka cannot be asked about goes aside to the thread: votes that are refused, and those that came while its
 * producer was broken. When that happens, the thread makes a new one, takes back what the old one had not delivered,
 * and sends it again.
 */
#ifndef VT_LEDGER_KAFKA_PRODUCER_H
#define VT_LEDGER_KAFKA_PRODUCER_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"
#include "obs/health.h"
#include "obs/metrics.h"

typedef struct vt_kafka_producer vt_kafka_producer;

typedef struct vt_kafka_producer_options {
    const vt_kafka_target *target; /* borrowed until close */
    int32_t partitions;            /* of the topic: 1..VT_PARTITIONS_MAX */
    size_t queue_records_max;      /* >= 1 */
    uint32_t delivery_timeout_ms;  /* a vote that had to be sent again may take twice as long */
    vt_metrics *metrics;           /* borrowed */
    vt_health *health;             /* borrowed; NULL: none */
} vt_kafka_producer_options;

/* Waits for no broker. The caller owns *out. VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY; `reason` says why. */
VT_MUST_CHECK vt_err vt_kafka_producer_open(const vt_kafka_producer_options *options, vt_kafka_producer **out,
                                            char reason[VT_KAFKA_REASON_MAX]);

/* As vt_ledger_append. The votes of a call may come back in several chains, in the order of appending within each
 * partition. Until then the producer uses the `out` members of an item for itself. */
VT_MUST_CHECK vt_err vt_kafka_producer_append(vt_kafka_producer *producer, vt_append *const *items, size_t count);

/* How many votes were taken and have no answer yet. Any thread. */
size_t vt_kafka_producer_in_flight(const vt_kafka_producer *producer);

/* Takes nothing more, answers everything that was taken (within the delivery timeout), then frees. Accepts NULL. */
void vt_kafka_producer_close(vt_kafka_producer *producer);

#endif
