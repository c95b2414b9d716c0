/* Configurations of librdkafka: what the user's properties say, and above them what votatón's promises need. */
#ifndef VT_KAFKA_KAFKA_CONF_H
#define VT_KAFKA_KAFKA_CONF_H

#include "kafka/kafka_url.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

/* How to reach the brokers. Borrowed texts. */
typedef struct vt_kafka_target {
    vt_kafka_url url;
    const char *properties; /* "NAME=VALUE" lines, each handed on to librdkafka; NULL or "": none. May hold secrets */
} vt_kafka_target;

/* A configuration with the target's brokers and properties, client.id `client`, and short reconnect times; librdkafka's
 * own log lines go to obs/log.h, warnings and worse. A property that would break a promise (acks, enable.idempotence,
 * enable.auto.commit, auto.offset.reset, group.id, group.instance.id, bootstrap.servers, partitioner,
 * partition.assignment.strategy, isolation.level, message.timeout.ms, transactional.id, …) or a bound of memory, or
 * that librdkafka does not know is VT_ERR_BAD_CONFIG; `reason` names it, never its value. The caller owns *out
 * (rd_kafka_conf_destroy, or a handle takes it over). */
VT_MUST_CHECK vt_err vt_kafka_conf_make(const vt_kafka_target *target, const char *client, rd_kafka_conf_t **out,
                                        char reason[VT_KAFKA_REASON_MAX]);

/* Sets one property of our own, which vt_kafka_conf_make refuses from others and librdkafka knows: anything else is a
 * bug of ours. */
void vt_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
void vt_kafka_conf_set_number(rd_kafka_conf_t *conf, const char *name, int64_t value);

/* What every reader of the ledger's topics needs, so that all see the same records and none is skipped silently: no
 * offset but the one that was asked for, checked sums, the end of a partition told, and read_committed: it gives every
 * record of a producer without transactions, as ours are, and leaves out those that a foreign producer took back. */
void vt_kafka_conf_set_reader(rd_kafka_conf_t *conf);

/* Checks properties alone, at the start of a role: as vt_kafka_conf_make. */
VT_MUST_CHECK vt_err vt_kafka_properties_check(const char *properties, char reason[VT_KAFKA_REASON_MAX]);

#endif
