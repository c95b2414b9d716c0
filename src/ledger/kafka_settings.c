#include "ledger/kafka_settings.h"

#include "kafka/kafka_trouble.h"

#include <stdio.h>

enum { VALUE_BYTES_MAX = 128 };

/* A contest may be counted again years later, and time is the broker's word, never a client's. */
static const char *const votes_config[] = {
    "cleanup.policy",         "delete",        "retention.ms", "-1", "retention.bytes", "-1",
    "message.timestamp.type", "LogAppendTime", NULL,
};

vt_err vt_kafka_settings_make_votes(rd_kafka_t *handle, const char *topic, int32_t partitions, int16_t replication,
                                    char reason[VT_KAFKA_REASON_MAX]) {
    vt_kafka_topic_wish wish = {partitions, replication, votes_config};
    return vt_kafka_topic_create(handle, topic, &wish, VT_KAFKA_SETTINGS_TIMEOUT_MS, reason);
}

vt_err vt_kafka_settings_make_contest(rd_kafka_t *handle, const char *topic, int16_t replication,
                                      char reason[VT_KAFKA_REASON_MAX]) {
    char bytes_max[16];
    snprintf(bytes_max, sizeof bytes_max, "%d", VT_KAFKA_CONTEST_BYTES_MAX);
    const char *const config[] = {
        "cleanup.policy", "delete", "retention.ms", "-1", "retention.bytes", "-1", "max.message.bytes", bytes_max, NULL,
    };
    vt_kafka_topic_wish wish = {1, replication, config};
    return vt_kafka_topic_create(handle, topic, &wish, VT_KAFKA_SETTINGS_TIMEOUT_MS, reason);
}

vt_err vt_kafka_settings_check(rd_kafka_t *handle, const char *topic, char reason[VT_KAFKA_REASON_MAX]) {
    for (size_t i = 0; votes_config[i] != NULL; i += 2) {
        char value[VALUE_BYTES_MAX];
        vt_err err =
            vt_kafka_topic_config(handle, topic, votes_config[i], VT_KAFKA_SETTINGS_TIMEOUT_MS, value, sizeof value);
        if (err != VT_OK) {
            char why[VT_KAFKA_TROUBLE_MAX];
            vt_kafka_trouble_explain(err, "DESCRIBE_CONFIGS of", why, sizeof why);
            snprintf(reason, VT_KAFKA_REASON_MAX, "the setting %s of the topic %.40s cannot be read: %s",
                     votes_config[i], topic, why);
            return err;
        }
        if (strcmp(value, votes_config[i + 1]) != 0) {
            snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s has %s=%s, but a contest needs %s", topic,
                     votes_config[i], value, votes_config[i + 1]);
            return VT_ERR_BAD_CONFIG;
        }
    }
    return VT_OK;
}
