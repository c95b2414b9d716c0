/* What librdkafka is told for a member of a group (ledger/ledger_group.h): how it stays in it, and how much it fetches.
 */
#ifndef VT_LEDGER_GROUP_SETTINGS_H
#define VT_LEDGER_GROUP_SETTINGS_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

/* `instance`: group.instance.id, or NULL. */
void vt_group_settings_apply(rd_kafka_conf_t *conf, const char *group, const char *instance,
                             uint32_t session_timeout_ms);

#endif
