#include "ledger/message_backlog.h"

#include "base/assert.h"

size_t vt_message_backlog_give(vt_message_backlog *backlog, size_t max) {
    VT_ASSERT(backlog->given_count == 0);
    if (backlog->waiting_count == 0) {
        return 0;
    }
    int32_t partition = backlog->waiting[0]->partition;
    size_t kept = 0;
    for (size_t i = 0; i < backlog->waiting_count; i++) {
        rd_kafka_message_t *message = backlog->waiting[i];
        if (message->partition == partition && backlog->given_count < max) {
            backlog->given[backlog->given_count++] = message;
        } else {
            backlog->waiting[kept++] = message;
        }
    }
    backlog->waiting_count = kept;
    return backlog->given_count;
}

void vt_message_backlog_release_given(vt_message_backlog *backlog) {
    for (size_t i = 0; i < backlog->given_count; i++) {
        rd_kafka_message_destroy(backlog->given[i]);
    }
    backlog->given_count = 0;
}

void vt_message_backlog_drop(vt_message_backlog *backlog, int32_t partition) {
    size_t kept = 0;
    for (size_t i = 0; i < backlog->waiting_count; i++) {
        rd_kafka_message_t *message = backlog->waiting[i];
        if (message->partition == partition) {
            rd_kafka_message_destroy(message);
        } else {
            backlog->waiting[kept++] = message;
        }
    }
    backlog->waiting_count = kept;
}

void vt_message_backlog_clear(vt_message_backlog *backlog) {
    vt_message_backlog_release_given(backlog);
    for (size_t i = 0; i < backlog->waiting_count; i++) {
        rd_kafka_message_destroy(backlog->waiting[i]);
    }
    backlog->waiting_count = 0;
}
