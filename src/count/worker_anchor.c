#include "count/worker_parts.h"

#include "base/clock.h"

enum { PROBE_MS = 1000, WAIT_MS = 500 };

static vt_err probe(vt_count_worker *worker, int32_t number, vt_id *found) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    if (worker->probe == NULL) {
        vt_err err = vt_record_probe_open(worker->options.target, &worker->probe, reason);
        if (err != VT_OK) {
            vt_worker_stop_for_good(worker, err, reason);
            return err;
        }
    }
    vt_err err = vt_record_probe_mark(worker->probe, number, worker->partitions[number].anchor, PROBE_MS, found);
    /* A topic that is being deleted is refused, too; what is for good the group says itself. */
    return err == VT_ERR_SYSTEM ? VT_ERR_BUSY : err;
}

/* VT_ERR_BUSY: nobody knows yet. */
static vt_err compare(vt_count_worker *worker, int32_t number) {
    vt_count_partition *partition = &worker->partitions[number];
    char reason[VT_COUNT_REASON_MAX];
    vt_id found;
    int64_t asked_ns = vt_clock_monotonic_ns();
    vt_err err = probe(worker, number, &found);
    if (err == VT_OK) {
        err = vt_count_partition_compare(partition, &found, asked_ns, vt_worker_store(worker), number, reason);
        if (err != VT_OK) {
            vt_worker_stop_for_good(worker, err, reason);
        }
    } else if (err == VT_ERR_GONE) {
        /* Retention may have taken it away. Whether something else did shows when it starts again. */
        vt_count_partition_lose_anchor(partition);
        vt_ledger_group_pause(worker->group, number);
        vt_count_partition_restart(partition, vt_clock_monotonic_ns());
    }
    return err;
}

bool vt_worker_knows_log(vt_count_worker *worker, int32_t number) {
    vt_count_partition *partition = &worker->partitions[number];
    if (!vt_count_partition_is_doubtful(partition, true, vt_clock_monotonic_ns())) {
        return true;
    }
    vt_err err = compare(worker, number);
    if (err == VT_ERR_BUSY) {
        vt_ledger_group_pause(worker->group, number);
        vt_count_partition_start_in(partition, vt_clock_monotonic_ns(), WAIT_MS);
    }
    return err == VT_OK;
}

void vt_worker_look_at_logs(vt_count_worker *worker) {
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && worker->has_group; i++) {
        vt_count_partition *partition = &worker->partitions[i];
        if (vt_count_partition_is_doubtful(partition, false, vt_clock_monotonic_ns())) {
            if (compare(worker, i) == VT_ERR_BUSY) {
                vt_count_partition_compare_later(partition, vt_clock_monotonic_ns());
            }
            return;
        }
    }
}
