/* The condition "kafka": whether votes can reach the ledger, as far as that is known. Used by one thread. */
#ifndef VT_LEDGER_KAFKA_CONDITION_H
#define VT_LEDGER_KAFKA_CONDITION_H

#include "ledger/kafka_sender.h"
#include "obs/health.h"

typedef struct vt_kafka_condition {
    vt_health *health; /* NULL: nobody is told */
    bool is_suspect;   /* librdkafka lost its last connection; an idle one that was closed looks the same */
    bool is_bad;
    int64_t probe_at_ns;
} vt_kafka_condition;

/* Holds until something else is known. Borrows `health`. */
void vt_kafka_condition_init(vt_kafka_condition *condition, vt_health *health);

/* What has shown whether it holds. */
void vt_kafka_condition_delivered(vt_kafka_condition *condition);
void vt_kafka_condition_failed(vt_kafka_condition *condition, const char *reason);
void vt_kafka_condition_error(vt_kafka_condition *condition, rd_kafka_resp_err_t code);

/* Asks a broker when that is due: no vote may be there to try with, as long as nobody sends any to a server that is not
 * ready. Waits for the broker half a second at most. */
void vt_kafka_condition_tick(vt_kafka_condition *condition, vt_kafka_sender *sender);

/* Whether vt_kafka_condition_tick has something to find out. */
static inline bool vt_kafka_condition_is_open(const vt_kafka_condition *condition) {
    return condition->is_suspect || condition->is_bad;
}

#endif
