#include "count/count_partition.h"

#include "base/assert.h"

#include <stdio.h>

enum { RESTART_MIN_MS = 100, RESTART_MAX_MS = 2000 };

void vt_count_partition_assign(vt_count_partition *partition) {
    *partition = (vt_count_partition){.stage = VT_COUNT_STARTING, .committed = -1};
}

void vt_count_partition_start_in(vt_count_partition *partition, int64_t now_ns, uint32_t wait_ms) {
    partition->stage = VT_COUNT_STARTING;
    partition->due_ns = now_ns + (int64_t) wait_ms * 1000000;
}

void vt_count_partition_restart(vt_count_partition *partition, int64_t now_ns) {
    uint32_t wait_ms = partition->wait_ms;
    vt_count_partition_start_in(partition, now_ns, wait_ms);
    wait_ms = wait_ms == 0 ? RESTART_MIN_MS : wait_ms * 2;
    partition->wait_ms = wait_ms < RESTART_MAX_MS ? wait_ms : RESTART_MAX_MS;
}

vt_err vt_count_partition_place(vt_count_partition *partition, const vt_store_state *state, int64_t first, int64_t end,
                                const char *store, int32_t number, int64_t *seek, char reason[VT_COUNT_REASON_MAX]) {
    partition->is_placed = true;
    partition->next = state->next;
    partition->end = end;
    if (state->next > end) {
        snprintf(reason, VT_COUNT_REASON_MAX,
                 "partition %d: the %s has records up to offset %lld, but the ledger ends before %lld: the topic was "
                 "cut or made anew. Restore the topic, or derive the %s again from what is there: votaton rebuild",
                 (int) number, store, (long long) state->next - 1, (long long) end, store);
        return VT_ERR_CORRUPT;
    }
    if (state->next < first) {
        snprintf(reason, VT_COUNT_REASON_MAX,
                 "partition %d: the %s is to go on at offset %lld, but the ledger begins at %lld: records were deleted "
                 "before they were read. Restore the topic (retention.ms=-1 keeps everything), or derive the %s again "
                 "from what is there: votaton rebuild",
                 (int) number, store, (long long) state->next, (long long) first, store);
        return VT_ERR_CORRUPT;
    }
    partition->checks_mark = state->has_mark && state->next > first;
    partition->mark = state->mark;
    *seek = partition->checks_mark ? state->next - 1 : state->next;
    return VT_OK;
}

vt_err vt_count_partition_check(vt_count_partition *partition, const vt_ledger_row *rows, size_t count,
                                const char *store, size_t *skip, char reason[VT_COUNT_REASON_MAX]) {
    VT_ASSERT(count > 0);
    *skip = 0;
    if (partition->checks_mark) {
        int64_t known = partition->next - 1;
        VT_ASSERT(rows[0].position.offset >= known);
        /* A store has only marks of records: where a marker of a transaction stands, or nothing, it has gone. */
        if (rows[0].position.offset != known || !vt_id_eq(&rows[0].mark, &partition->mark)) {
            snprintf(reason, VT_COUNT_REASON_MAX,
                     "partition %d: the record at offset %lld is not the one that the %s has: the topic was made anew "
                     "or changed. Restore the topic, or derive the %s again from what is there: votaton rebuild",
                     (int) rows[0].position.partition, (long long) known, store, store);
            return VT_ERR_CORRUPT;
        }
        partition->checks_mark = false;
        *skip = 1;
    }
    VT_ASSERT(*skip == count || rows[*skip].position.offset >= partition->next);
    return VT_OK;
}

void vt_count_partition_advance(vt_count_partition *partition, int64_t last) {
    VT_ASSERT(last >= partition->next);
    partition->next = last + 1;
    partition->end = partition->end > last ? partition->end : last + 1;
    partition->wait_ms = 0;
}
