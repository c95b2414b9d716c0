#include "count/count_partition.h"

#include "base/assert.h"

#include <stdio.h>

enum {
    RESTART_MIN_MS = 100,
    RESTART_MAX_MS = 2000,
    COMPARE_MS = 10000,
    COMPARE_AGAIN_MS = 1000,
    QUIET_MS = 1000, /* a topic that a script makes anew and fills sooner (0.2 s) is found by COMPARE_MS */
    NS_PER_MS = 1000000,
};

void vt_count_partition_assign(vt_count_partition *partition) {
    *partition = (vt_count_partition){.stage = VT_COUNT_STARTING, .committed = -1, .anchor = -1};
}

void vt_count_partition_start_in(vt_count_partition *partition, int64_t now_ns, uint32_t wait_ms) {
    partition->stage = VT_COUNT_STARTING;
    partition->due_ns = now_ns + (int64_t) wait_ms * NS_PER_MS;
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
    partition->has_mark = false;
    partition->mark = state->mark;
    *seek = partition->checks_mark ? state->next - 1 : state->next;
    return VT_OK;
}

static vt_err refuse(int32_t number, int64_t offset, const char *store, char reason[VT_COUNT_REASON_MAX]) {
    snprintf(reason, VT_COUNT_REASON_MAX,
             "partition %d: the record at offset %lld is not the one that the %s has: the topic was made anew or "
             "changed. Restore the topic, or derive the %s again from what is there: votaton rebuild",
             (int) number, (long long) offset, store, store);
    return VT_ERR_CORRUPT;
}

/* The record before `next` is known, and is the anchor where there is none. */
static void know_last(vt_count_partition *partition, int64_t now_ns) {
    partition->has_mark = true;
    partition->read_ns = now_ns;
    if (partition->anchor < 0) {
        partition->anchor = partition->next - 1;
        partition->anchor_mark = partition->mark;
        partition->compared_ns = now_ns;
    }
}

vt_err vt_count_partition_check(vt_count_partition *partition, const vt_ledger_row *rows, size_t count, int64_t now_ns,
                                const char *store, size_t *skip, char reason[VT_COUNT_REASON_MAX]) {
    VT_ASSERT(count > 0);
    *skip = 0;
    if (partition->checks_mark) {
        int64_t known = partition->next - 1;
        VT_ASSERT(rows[0].position.offset >= known);
        /* A store has only marks of records: where a marker of a transaction stands, or nothing, it has gone. */
        if (rows[0].position.offset != known || !vt_id_eq(&rows[0].mark, &partition->mark)) {
            return refuse(rows[0].position.partition, known, store, reason);
        }
        partition->checks_mark = false;
        know_last(partition, now_ns);
        *skip = 1;
    }
    VT_ASSERT(*skip == count || rows[*skip].position.offset >= partition->next);
    return VT_OK;
}

void vt_count_partition_advance(vt_count_partition *partition, const vt_ledger_row *last, int64_t now_ns) {
    int64_t offset = last->position.offset;
    VT_ASSERT(offset >= partition->next);
    partition->next = offset + 1;
    partition->end = partition->end > offset ? partition->end : offset + 1;
    partition->wait_ms = 0;
    partition->mark = last->mark;
    know_last(partition, now_ns);
}

bool vt_count_partition_is_doubtful(const vt_count_partition *partition, bool has_records, int64_t now_ns) {
    int64_t quiet_ns = now_ns - partition->read_ns;
    if (partition->stage != VT_COUNT_READING || partition->checks_mark || partition->anchor < 0) {
        return false;
    }
    return now_ns - partition->compared_ns >= (int64_t) COMPARE_MS * NS_PER_MS ||
           (has_records && quiet_ns >= (int64_t) QUIET_MS * NS_PER_MS);
}

vt_err vt_count_partition_compare(vt_count_partition *partition, const vt_id *found, int64_t now_ns, const char *store,
                                  int32_t number, char reason[VT_COUNT_REASON_MAX]) {
    VT_ASSERT(partition->anchor >= 0);
    if (!vt_id_eq(found, &partition->anchor_mark)) {
        return refuse(number, partition->anchor, store, reason);
    }
    partition->compared_ns = now_ns;
    partition->read_ns = now_ns;
    if (partition->has_mark) {
        partition->anchor = partition->next - 1;
        partition->anchor_mark = partition->mark;
    }
    return VT_OK;
}

void vt_count_partition_compare_later(vt_count_partition *partition, int64_t now_ns) {
    partition->compared_ns = now_ns - (int64_t) (COMPARE_MS - COMPARE_AGAIN_MS) * NS_PER_MS;
}

void vt_count_partition_lose_anchor(vt_count_partition *partition) {
    partition->anchor = -1;
}
