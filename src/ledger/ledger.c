#include "ledger/ledger.h"

vt_err vt_ledger_append(vt_ledger *ledger, vt_append *const *items, size_t count) {
    return ledger->backend->append(ledger, items, count);
}

vt_id vt_ledger_id(const vt_ledger *ledger) {
    return ledger->id;
}

int32_t vt_ledger_partitions(const vt_ledger *ledger) {
    return ledger->partitions;
}

size_t vt_ledger_queue_depth(const vt_ledger *ledger) {
    return ledger->backend->queue_depth(ledger);
}

vt_err vt_ledger_set_fold(vt_ledger *ledger, vt_ledger_fold *fold, void *context) {
    return ledger->backend->set_fold(ledger, fold, context);
}

void vt_ledger_set_votes_per_voter(vt_ledger *ledger, uint32_t votes_per_voter) {
    ledger->votes_per_voter = votes_per_voter;
}

vt_err vt_ledger_read(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                      size_t *count) {
    return ledger->backend->read(ledger, after, until, rows, rows_max, count);
}

vt_err vt_ledger_contest_latest(vt_ledger *ledger, vt_buf *json, uint32_t *version) {
    return ledger->backend->contest_latest(ledger, json, version);
}

vt_err vt_ledger_contest_append(vt_ledger *ledger, uint32_t version, vt_slice json) {
    return ledger->backend->contest_append(ledger, version, json);
}

void vt_ledger_close(vt_ledger *ledger) {
    if (ledger != NULL) {
        ledger->backend->close(ledger);
    }
}
