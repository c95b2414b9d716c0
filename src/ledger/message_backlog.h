/* Consumed messages that wait to be given, oldest first, and those that were given last. Owns them all. */
#ifndef VT_LEDGER_MESSAGE_BACKLOG_H
#define VT_LEDGER_MESSAGE_BACKLOG_H

#include "base/err.h"

#include <librdkafka/rdkafka.h>

enum { VT_MESSAGE_BACKLOG_MAX = 1000 };

typedef struct vt_message_backlog {
    rd_kafka_message_t *waiting[VT_MESSAGE_BACKLOG_MAX];
    size_t waiting_count;
    rd_kafka_message_t *given[VT_MESSAGE_BACKLOG_MAX];
    size_t given_count;
} vt_message_backlog;

/* Moves up to `max` messages of one partition, that of the oldest message, in order from `waiting` to an empty `given`.
 * Returns how many: 0 when nothing waits. */
size_t vt_message_backlog_give(vt_message_backlog *backlog, size_t max);

/* Drops what was given. */
void vt_message_backlog_release_given(vt_message_backlog *backlog);

/* Drops what waits of one partition. */
void vt_message_backlog_drop(vt_message_backlog *backlog, int32_t partition);

/* Drops everything. */
void vt_message_backlog_clear(vt_message_backlog *backlog);

#endif
