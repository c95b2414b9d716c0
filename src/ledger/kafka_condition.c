#include "ledger/kafka_condition.h"

#include "base/clock.h"
#include "kafka/kafka_trouble.h"

enum { PROBE_MS = 500, PROBE_AGAIN_MS = 1000 };

static const char name[] = "kafka";

static void tell(const vt_kafka_condition *condition, const char *reason) {
    if (condition->health != NULL) {
        vt_health_set(condition->health, name, reason);
    }
}

void vt_kafka_condition_init(vt_kafka_condition *condition, vt_health *health) {
    *condition = (vt_kafka_condition){.health = health};
    tell(condition, NULL);
}

void vt_kafka_condition_delivered(vt_kafka_condition *condition) {
    condition->is_suspect = false;
    if (condition->is_bad) {
        condition->is_bad = false;
        tell(condition, NULL);
    }
}

void vt_kafka_condition_failed(vt_kafka_condition *condition, const char *reason) {
    condition->is_suspect = false;
    condition->probe_at_ns = vt_clock_deadline_ns(PROBE_AGAIN_MS);
    if (!condition->is_bad) {
        condition->is_bad = true;
        tell(condition, reason);
    }
}

void vt_kafka_condition_error(vt_kafka_condition *condition, rd_kafka_resp_err_t code) {
    bool is_away = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                   code == RD_KAFKA_RESP_ERR__SSL;
    if (is_away && !condition->is_bad) {
        condition->is_suspect = true;
        condition->probe_at_ns = 0;
    }
}

void vt_kafka_condition_tick(vt_kafka_condition *condition, vt_kafka_sender *sender) {
    if (!vt_kafka_condition_is_open(condition) || vt_clock_monotonic_ns() < condition->probe_at_ns) {
        return;
    }
    if (vt_kafka_sender_reaches_topic(sender, PROBE_MS)) {
        vt_kafka_condition_delivered(condition);
    } else {
        char reason[VT_KAFKA_TROUBLE_MAX];
        vt_kafka_trouble_tell(reason, sizeof reason);
        condition->is_bad = false; /* the newest reason is told */
        vt_kafka_condition_failed(condition, reason);
    }
}
