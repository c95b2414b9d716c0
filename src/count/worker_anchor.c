#include "count/worker_parts.h"

#include "base/clock.h"

#include <stdio.h>

enum { PROBE_MS = 1000, WAIT_MS = 500 };

static vt_err probe(vt_count_worker *worker, int32_t number, vt_id *found) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_err err = VT_OK;
    if (worker->probe == NULL) {
        err = vt_record_probe_open(worker->options.target, &worker->probe, reason);
    }
    if (err == VT_OK) {
        snprintf(reason, sizeof reason, "partition %d: a record cannot be read again: %s", (int) number,
                 vt_err_text(VT_ERR_SYSTEM));
        err = vt_record_probe_mark(worker->probe, number, worker->partitions[number].anchor, PROBE_MS, found);
    }
    if (err != VT_OK && err != VT_ERR_GONE && err != VT_ERR_BUSY) {
        vt_worker_stop_for_good(worker, err, reason);
    }
    return err;
}

/* VT_ERR_BUSY: nobody knows yet. */
static vt_err compare(vt_count_worker *worker, int32_t number) {
    vt_count_partition *partition = &worker->partitions[number];
    char reason[VT_COUNT_REASON_MAX];
    vt_id found;
    vt_err err = probe(worker, number, &found);
    if (err == VT_OK) {
        err = vt_count_partition_compare(partition, &found, vt_clock_monotonic_ns(), vt_worker_store(worker), number,
                                         reason);
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
