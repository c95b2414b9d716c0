#include "count/worker_parts.h"

#include "base/clock.h"
#include "obs/log.h"

#include <stdio.h>

enum {
    START_MS = 500, /* for starting several partitions between two polls */
    WAIT_MS = 500,  /* for a rebuild, or for brokers */
    NS_PER_MS = 1000000,
};

static vt_err open_letters(vt_count_worker *worker) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    const vt_count_worker_options *options = &worker->options;
    vt_err err =
        vt_dead_letters_open(options->target, &options->ledger_id, options->partitions, &worker->letters, reason);
    if (err == VT_ERR_BUSY) {
        vt_worker_hold(worker, VT_COUNT_NEEDS_LETTERS, reason);
    } else if (err != VT_OK) {
        vt_worker_stop_for_good(worker, err, reason);
    }
    return err;
}

static vt_err resume_letters(vt_count_worker *worker, int32_t number) {
    if (!worker->options.sends_dead_letters) {
        return VT_OK;
    }
    vt_err err = worker->letters == NULL ? open_letters(worker) : VT_OK;
    if (err != VT_OK) {
        return err;
    }
    err = vt_dead_letters_resume(worker->letters, number);
    if (err != VT_OK) {
        vt_worker_hold(worker, VT_COUNT_NEEDS_LETTERS, vt_dead_letters_reason(worker->letters));
    }
    return err;
}

static vt_err ask_bounds(vt_count_worker *worker, int32_t number, int64_t *first, int64_t *end) {
    vt_count_partition *partition = &worker->partitions[number];
    vt_err err = vt_ledger_group_bounds(worker->group, number, first, end);
    if (err == VT_OK) {
        partition->end = *end;
    } else if (err == VT_ERR_BUSY) {
        vt_count_partition_start_in(partition, vt_clock_monotonic_ns(), WAIT_MS);
    } else {
        vt_worker_stop_for_good(worker, err, vt_ledger_group_reason(worker->group));
    }
    return err;
}

/* What the store says of the partition, which it is told of when it has nothing. */
static vt_err load(vt_count_worker *worker, int32_t number, int64_t first, int64_t end, vt_store_state *state) {
    vt_derived *derived = worker->options.derived;
    *state = (vt_store_state){0};
    vt_err err = derived->kind->load(derived, number, state);
    if (err == VT_OK && !state->exists && !state->is_blocked) {
        err = derived->kind->begin(derived, number, first, end);
        if (err == VT_OK) {
            err = derived->kind->load(derived, number, state);
        }
    }
    if (err != VT_OK) {
        vt_worker_learn_store_error(worker, number, err);
    }
    return err;
}

/* Somebody rebuilds the partition, or began to and died: operators have to know. */
static void tell_blocked(vt_count_worker *worker, int32_t number, const vt_store_state *state, int64_t end) {
    vt_count_partition *partition = &worker->partitions[number];
    vt_count_status_lag(worker->options.status, number, end > state->next ? end - state->next : 0);
    if (partition->is_blocked) {
        return;
    }
    partition->is_blocked = true;
    char reason[VT_HEALTH_REASON_MAX];
    snprintf(reason, sizeof reason, "partition %d is being rebuilt, or a rebuild of it did not end", (int) number);
    vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_STORE, reason);
    vt_log(VT_LOG_WARN, "partition_blocked", VT_LOG_STR("store", vt_worker_store(worker)),
           VT_LOG_STR("reason", reason));
}

void vt_worker_tell_unblocked(vt_count_worker *worker, int32_t number) {
    bool was_blocked = worker->partitions[number].is_blocked;
    bool is_blocked = worker->hold.is_on;
    worker->partitions[number].is_blocked = false;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && !is_blocked; i++) {
        is_blocked = worker->partitions[i].is_blocked;
    }
    if (was_blocked && !is_blocked) {
        vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_STORE, NULL);
    }
}

static void read_on(vt_count_worker *worker, int32_t number, const vt_store_state *state, int64_t first, int64_t end) {
    vt_count_partition *partition = &worker->partitions[number];
    char reason[VT_COUNT_REASON_MAX];
    int64_t seek;
    vt_err err = vt_count_partition_place(partition, state, first, end, vt_worker_store(worker), number, &seek, reason);
    if (err != VT_OK) {
        vt_worker_stop_for_good(worker, err, reason);
    } else if (vt_ledger_group_seek(worker->group, number, seek) == VT_OK) {
        partition->stage = VT_COUNT_READING;
    } else {
        /* It was taken away, which the next poll will say. */
        vt_count_partition_start_in(partition, vt_clock_monotonic_ns(), WAIT_MS);
    }
}

static void start(vt_count_worker *worker, int32_t number) {
    vt_store_state state;
    int64_t first;
    int64_t end;
    if (ask_bounds(worker, number, &first, &end) != VT_OK || load(worker, number, first, end, &state) != VT_OK ||
        resume_letters(worker, number) != VT_OK) {
        return;
    }
    /* Another owner may have folded what came since the end was asked for. */
    if (state.next > end && ask_bounds(worker, number, &first, &end) != VT_OK) {
        return;
    }
    if (state.is_blocked) {
        tell_blocked(worker, number, &state, end);
    } else {
        vt_worker_tell_unblocked(worker, number);
    }
    if (state.is_blocked || !state.exists) {
        vt_count_partition_start_in(&worker->partitions[number], vt_clock_monotonic_ns(), WAIT_MS);
        return;
    }
    read_on(worker, number, &state, first, end);
}

static bool is_due(const vt_count_worker *worker, int32_t number, int64_t now_ns) {
    const vt_count_partition *partition = &worker->partitions[number];
    return partition->stage == VT_COUNT_STARTING && partition->due_ns <= now_ns && worker->hold.until_ns <= now_ns &&
           worker->fatal == VT_OK;
}

void vt_worker_start_due(vt_count_worker *worker) {
    int64_t began_ns = vt_clock_monotonic_ns();
    int64_t now_ns = began_ns;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && now_ns - began_ns < (int64_t) START_MS * NS_PER_MS; i++) {
        int32_t number = (worker->turn + i) % VT_PARTITIONS_MAX;
        if (is_due(worker, number, now_ns)) {
            start(worker, number);
            now_ns = vt_clock_monotonic_ns();
            if (worker->hold.until_ns > now_ns) {
                worker->turn = number + 1;
            }
        }
    }
}
