#include "cmd/topic.h"

#include "obs/log.h"

#include <stdio.h>
#include <string.h>

enum { PARTITIONS_DEFAULT = 6 };

/* In the configuration 0 stands for the default, or what the topic has. */
static int32_t partitions_of(const vt_config *config) {
    return config->partitions == 0 ? PARTITIONS_DEFAULT : (int32_t) config->partitions;
}

/* In the configuration 0 stands for the brokers' default. */
static int16_t replication_of(const vt_config *config) {
    return config->replication == 0 ? -1 : (int16_t) config->replication;
}

static vt_err read_target(vt_topic *topic, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_KAFKA_REASON_MAX];
    const char *what = "--ledger";
    vt_err err = vt_kafka_url_parse(vt_slice_str(config->ledger), &topic->target.url, why);
    if (err == VT_OK) {
        what = "--kafka.NAME";
        snprintf(topic->properties, sizeof topic->properties, "%s%s\n", config->kafka_properties,
                 config->kafka_secret_properties);
        topic->target.properties = topic->properties;
        err = vt_kafka_properties_check(topic->properties, why);
    }
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "%s: %s", what, why);
    }
    return err;
}

/* A topic keeps the number that it was made with. */
static void warn_of_partitions(const vt_topic *topic, const vt_config *config) {
    int32_t partitions = vt_ledger_partitions(topic->ledger);
    if (config->partitions != 0 && (int32_t) config->partitions != partitions) {
        vt_log(VT_LOG_WARN, "partitions_ignored", VT_LOG_STR("topic", topic->target.url.topic),
               VT_LOG_INT("partitions", partitions), VT_LOG_INT("wanted", config->partitions),
               VT_LOG_STR("hint", "the topic is there already: --partitions is for one that is made here"));
    }
}

vt_err vt_topic_connect(vt_topic *topic, const vt_service *service, vt_ledger_kafka_mode mode,
                        char reason[VT_SERVICE_REASON_MAX]) {
    if (topic->ledger != NULL) {
        return VT_OK;
    }
    const vt_config *config = service->config;
    vt_err err = read_target(topic, config, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_ledger_kafka_options options = {
        .target = &topic->target,
        .mode = mode,
        .partitions = partitions_of(config),
        .replication = replication_of(config),
        .queue_records_max = config->queue_records_max,
        .delivery_timeout_ms = config->delivery_timeout_ms,
        .metrics = service->metrics,
        .health = service->health,
    };
    char why[VT_KAFKA_REASON_MAX];
    err = vt_ledger_kafka_open(&options, &topic->ledger, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "kafka: %s", why);
        return err;
    }
    warn_of_partitions(topic, config);
    return VT_OK;
}

void vt_topic_disconnect(vt_topic *topic) {
    vt_ledger_close(topic->ledger);
    topic->ledger = NULL;
}

void vt_topic_release(vt_topic *topic) {
    vt_topic_disconnect(topic);
    explicit_bzero(topic, sizeof *topic);
}
