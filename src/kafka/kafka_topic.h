/* Topics: whether they exist, how they are made, what their configuration says.
 *
 * Every call has a deadline. Besides what is said below, each may return VT_ERR_SYSTEM: the brokers refuse us. */
#ifndef VT_KAFKA_KAFKA_TOPIC_H
#define VT_KAFKA_KAFKA_TOPIC_H

#include "kafka/kafka_conf.h"

#include <stdint.h>

/* What librdkafka or a broker said, as one of our errors: VT_ERR_SYSTEM (they refuse us), VT_ERR_NOT_FOUND (no such
 * topic or partition), VT_ERR_CORRUPT (a damaged message), VT_ERR_BUSY for all that may pass. */
VT_MUST_CHECK vt_err vt_kafka_err(rd_kafka_resp_err_t code);

typedef struct vt_kafka_topic_wish {
    int32_t partitions;
    int16_t replication;       /* -1: the broker's default */
    const char *const *config; /* name, value, name, value, …, NULL */
} vt_kafka_topic_wish;

/* How many partitions a topic has; 0 when it does not exist. VT_ERR_BUSY when no broker answers in time. */
VT_MUST_CHECK vt_err vt_kafka_topic_partitions(rd_kafka_t *handle, const char *topic, int timeout_ms, int32_t *out);

/* Makes the topic; one that exists meanwhile is VT_OK. Waits until its partitions have leaders. VT_ERR_BUSY,
 * VT_ERR_SYSTEM (the broker refuses; `reason` has its words). */
VT_MUST_CHECK vt_err vt_kafka_topic_create(rd_kafka_t *handle, const char *topic, const vt_kafka_topic_wish *wish,
                                           int timeout_ms, char reason[VT_KAFKA_REASON_MAX]);

/* One entry of the topic's configuration, as text. VT_ERR_NOT_FOUND (the topic, or the entry), VT_ERR_FULL
 * (`out` is too small), VT_ERR_BUSY. */
VT_MUST_CHECK vt_err vt_kafka_topic_config(rd_kafka_t *handle, const char *topic, const char *name, int timeout_ms,
                                           char *out, size_t out_size);

/* The first offset that still exists and the one behind the last: what vt_kafka_conf_set_reader's
 * readers would see of them, on a handle that was made so. VT_ERR_NOT_FOUND, VT_ERR_BUSY. */
VT_MUST_CHECK vt_err vt_kafka_topic_watermarks(rd_kafka_t *handle, const char *topic, int32_t partition, int timeout_ms,
                                               int64_t *low, int64_t *high);

#endif
