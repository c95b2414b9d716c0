/* The topics of a ledger: how they are made, and whether their settings keep what a contest needs. */
#ifndef VT_LEDGER_KAFKA_SETTINGS_H
#define VT_LEDGER_KAFKA_SETTINGS_H

#include "kafka/kafka_topic.h"

enum {
    VT_KAFKA_CONTEST_BYTES_MAX = 5 * 1024 * 1024, /* of one version with its record: more than any contest's JSON */
    VT_KAFKA_SETTINGS_TIMEOUT_MS = 10000,
};

/* Makes a topic for votes: nothing is ever deleted, and the broker stamps the time. Errors of vt_kafka_topic_create. */
VT_MUST_CHECK vt_err vt_kafka_settings_make_votes(rd_kafka_t *handle, const char *topic, int32_t partitions,
                                                  int16_t replication, char reason[VT_KAFKA_REASON_MAX]);

/* Makes a topic for a contest's versions: one partition, nothing is ever deleted, room for the longest contest. */
VT_MUST_CHECK vt_err vt_kafka_settings_make_contest(rd_kafka_t *handle, const char *topic, int16_t replication,
                                                    char reason[VT_KAFKA_REASON_MAX]);

/* Whether the topic has the settings that vt_kafka_settings_make_votes gives. VT_ERR_BAD_CONFIG: no, and `reason` says
 * in what it differs. Errors of vt_kafka_topic_config. */
VT_MUST_CHECK vt_err vt_kafka_settings_check(rd_kafka_t *handle, const char *topic, char reason[VT_KAFKA_REASON_MAX]);

#endif
