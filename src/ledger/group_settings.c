#include "ledger/group_settings.h"

#include "kafka/kafka_conf.h"
#include "ledger/ledger_group.h"

enum {
    HEARTBEATS_A_SESSION = 3,
    POLL_INTERVAL_MAX_MS = 300000,
    FETCH_WAIT_MS = 100, /* a new list of partitions waits for the fetch that is on its way */
    FETCH_MIN_KIB = 64,  /* a store's call costs more than its records: rather many at once, FETCH_WAIT_MS later */
    FETCH_ERROR_WAIT_MS = 100,
    PARTITION_FETCH_KIB = 1024,
};

void vt_group_settings_apply(rd_kafka_conf_t *conf, const char *group, const char *instance,
                             uint32_t session_timeout_ms) {
    vt_kafka_conf_set_reader(conf);
    vt_kafka_conf_set(conf, "group.id", group);
    if (instance != NULL) {
        vt_kafka_conf_set(conf, "group.instance.id", instance);
    }
    vt_kafka_conf_set(conf, "partition.assignment.strategy", "range");
    vt_kafka_conf_set_number(conf, "session.timeout.ms", session_timeout_ms);
    vt_kafka_conf_set_number(conf, "heartbeat.interval.ms", session_timeout_ms / HEARTBEATS_A_SESSION);
    vt_kafka_conf_set_number(conf, "max.poll.interval.ms", POLL_INTERVAL_MAX_MS);
    vt_kafka_conf_set_number(conf, "fetch.wait.max.ms", FETCH_WAIT_MS);
    vt_kafka_conf_set_number(conf, "fetch.min.bytes", (int64_t) FETCH_MIN_KIB * 1024);
    vt_kafka_conf_set_number(conf, "fetch.error.backoff.ms", FETCH_ERROR_WAIT_MS);
    vt_kafka_conf_set_number(conf, "queued.max.messages.kbytes", VT_LEDGER_GROUP_BACKLOG_KIB);
    vt_kafka_conf_set_number(conf, "queued.min.messages", VT_LEDGER_GROUP_BACKLOG_RECORDS);
    vt_kafka_conf_set_number(conf, "fetch.max.bytes", (int64_t) VT_LEDGER_GROUP_FETCH_KIB * 1024);
    vt_kafka_conf_set_number(conf, "fetch.message.max.bytes", (int64_t) PARTITION_FETCH_KIB * 1024);
}
