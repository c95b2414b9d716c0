/* The ledger in Kafka as the settings name it. */
#ifndef VT_CMD_TOPIC_H
#define VT_CMD_TOPIC_H

#include "cmd/service.h"
#include "ledger/ledger_kafka.h"

/* Must stay where it is while anything uses its target. Zeroed before the first use. */
typedef struct vt_topic {
    vt_kafka_target target;
    char properties[2 * (VT_CONFIG_TEXT_MAX + 2)]; /* of the target */
    vt_ledger *ledger;                             /* NULL: not open */
} vt_topic;

/* Opens topic->ledger, if it is not open. On error `reason` says why: retryable ones mean
 * that the brokers are away, or a topic that somebody else has to make; VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM,
 * VT_ERR_NO_MEMORY.
 */
VT_MUST_CHECK vt_err vt_topic_connect(vt_topic *topic, const vt_service *service, vt_ledger_kafka_mode mode,
                                      char reason[VT_SERVICE_REASON_MAX]);

/* Closes the ledger; the target stays. */
void vt_topic_disconnect(vt_topic *topic);

/* Closes the ledger and wipes the properties. Accepts a zeroed one. */
void vt_topic_release(vt_topic *topic);

#endif
