#include "count/worker.h"

#include "base/assert.h"
#include "base/clock.h"
#include "count/worker_parts.h"
#include "obs/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SESSION_MS = 6000,         /* how long nobody misses a worker that died … */
    STATIC_SESSION_MS = 10000, /* … or one that will come back under its own name */
    TICK_MS = 100,
    COMMIT_MS = 1000,
    REJOIN_MS = 1000,
    FENCED_AGAIN_MS = 60000, /* two of one name take each other's place within seconds */
    REJOINS_MAX = 2,         /* so soon after each other */
    NS_PER_MS = 1000000,
};

const char *vt_worker_store(const vt_count_worker *worker) {
    return worker->options.derived->kind->name;
}

void vt_worker_stop_for_good(vt_count_worker *worker, vt_err err, const char *reason) {
    if (worker->fatal == VT_OK) {
        worker->fatal = err;
        if (reason != worker->reason) {
            snprintf(worker->reason, sizeof worker->reason, "%s", reason);
        }
    }
}

/* ---- holding back ---- */

void vt_worker_hold(vt_count_worker *worker, vt_count_need need, const char *reason) {
    vt_count_hold_begin(&worker->hold, need, reason);
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        if (worker->partitions[i].stage == VT_COUNT_READING) {
            vt_ledger_group_pause(worker->group, i);
            vt_count_partition_start_in(&worker->partitions[i], vt_clock_monotonic_ns(), 0);
        }
    }
}

/* Every record before it was applied. */
static int64_t applied_until(const vt_count_worker *worker, int32_t number) {
    const vt_count_partition *partition = &worker->partitions[number];
    int64_t until = vt_ledger_group_read_until(worker->group, number);
    return until > partition->next && !partition->checks_mark ? until : partition->next;
}

/* What was away is back when a batch was applied, or when there is none to apply. */
static void release_if_done(vt_count_worker *worker) {
    bool is_done = worker->hold.is_on;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && is_done; i++) {
        const vt_count_partition *partition = &worker->partitions[i];
        is_done = partition->stage == VT_COUNT_NOT_OURS ||
                  (partition->stage == VT_COUNT_READING && applied_until(worker, i) >= partition->end);
    }
    if (is_done) {
        vt_count_hold_end(&worker->hold);
    }
}

void vt_worker_learn_store_error(vt_count_worker *worker, int32_t number, vt_err err) {
    vt_derived *derived = worker->options.derived;
    vt_count_status_failed(worker->options.status, err);
    if (err == VT_ERR_MOVED) {
        vt_ledger_group_pause(worker->group, number);
        vt_count_partition_restart(&worker->partitions[number], vt_clock_monotonic_ns());
    } else if (err == VT_ERR_BUSY || err == VT_ERR_FULL) {
        worker->batch_max = worker->batch_max > 1 ? worker->batch_max / 2 : 1;
        vt_worker_hold(worker, VT_COUNT_NEEDS_STORE, derived->kind->reason(derived));
    } else {
        char reason[VT_COUNT_REASON_MAX];
        snprintf(reason, sizeof reason, "partition %d: the %s: %s", (int) number, vt_worker_store(worker),
                 derived->kind->reason(derived));
        vt_worker_stop_for_good(worker, err, reason);
    }
}

/* ---- batches ---- */

static vt_err send_letters(vt_count_worker *worker, const vt_ledger_row *rows, size_t count) {
    size_t faults = 0;
    for (size_t i = 0; i < count && worker->options.sends_dead_letters; i++) {
        faults += rows[i].fault != VT_OK;
    }
    if (faults == 0) {
        return VT_OK;
    }
    vt_err err = vt_dead_letters_send(worker->letters, rows, count);
    uint64_t sent = vt_dead_letters_count(worker->letters);
    vt_count_status_letters(worker->options.status, sent - worker->letters_told);
    worker->letters_told = sent;
    if (err != VT_OK) {
        vt_worker_hold(worker, VT_COUNT_NEEDS_LETTERS, vt_dead_letters_reason(worker->letters));
    }
    return err;
}

/* Slowly: a batch that is too large costs the store's whole time-out. */
static void allow_larger_batches(vt_count_worker *worker) {
    size_t larger = worker->batch_max + worker->batch_max / 8 + 1;
    worker->batch_max = larger < worker->options.batch_records_max ? larger : worker->options.batch_records_max;
}

/* `taken_ns`: a process that is stopped from then on may miss that the topic is made anew. */
static void apply(vt_count_worker *worker, int32_t number, const vt_ledger_row *rows, size_t count, int64_t taken_ns) {
    vt_count_partition *partition = &worker->partitions[number];
    vt_derived *derived = worker->options.derived;
    uint64_t verdicts[VT_VERDICT_COUNT] = {0};
    int64_t began_ns = vt_clock_monotonic_ns();
    vt_err err = derived->kind->apply(derived, number, partition->next, rows, count, verdicts);
    if (err != VT_OK) {
        vt_worker_learn_store_error(worker, number, err);
        return;
    }
    double seconds = (double) (vt_clock_monotonic_ns() - began_ns) / 1e9;
    vt_count_status_applied(worker->options.status, verdicts, count, seconds);
    vt_count_partition_advance(partition, &rows[count - 1], taken_ns);
    allow_larger_batches(worker);
    vt_count_hold_end(&worker->hold);
}

static void take_batch(vt_count_worker *worker, int32_t number, const vt_ledger_row *rows, size_t count) {
    vt_count_partition *partition = &worker->partitions[number];
    char reason[VT_COUNT_REASON_MAX];
    size_t skip;
    int64_t taken_ns = vt_clock_monotonic_ns();
    VT_ASSERT(partition->stage == VT_COUNT_READING);
    if (!vt_worker_knows_log(worker, number)) {
        return;
    }
    vt_err err = vt_count_partition_check(partition, rows, count, taken_ns, vt_worker_store(worker), &skip, reason);
    if (err != VT_OK) {
        vt_worker_stop_for_good(worker, err, reason);
    } else if (skip < count && send_letters(worker, rows + skip, count - skip) == VT_OK) {
        apply(worker, number, rows + skip, count - skip, taken_ns);
    }
}

/* ---- the group ---- */

static void on_assigned(void *context, int32_t number) {
    vt_count_worker *worker = context;
    vt_count_partition_assign(&worker->partitions[number]);
}

static void on_revoked(void *context, int32_t number) {
    vt_count_worker *worker = context;
    vt_derived *derived = worker->options.derived;
    vt_worker_tell_unblocked(worker, number);
    worker->partitions[number] = (vt_count_partition){.stage = VT_COUNT_NOT_OURS};
    derived->kind->forget(derived, number);
    vt_count_status_lag(worker->options.status, number, -1);
}

/* Brokers that die may take our own return for another member's, and once more what was on its way to them from us: the
 * second return waits until they have forgotten it. Who is fenced again after that has a namesake. */
static void leave_fenced(vt_count_worker *worker, const char *reason) {
    int64_t now_ns = vt_clock_monotonic_ns();
    bool was_fenced = worker->fenced_ns > 0 && now_ns - worker->fenced_ns < (int64_t) FENCED_AGAIN_MS * NS_PER_MS;
    worker->fenced_ns = now_ns;
    worker->rejoins = was_fenced ? worker->rejoins + 1 : 1;
    if (worker->rejoins > REJOINS_MAX) {
        char text[VT_COUNT_REASON_MAX];
        snprintf(text, sizeof text, "%.300s, again: does another process have the same --instance?", reason);
        vt_worker_stop_for_good(worker, VT_ERR_IN_USE, text);
        return;
    }
    vt_log(VT_LOG_WARN, "worker_rejoins", VT_LOG_STR("store", vt_worker_store(worker)), VT_LOG_STR("reason", reason));
    vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_GROUP, reason);
    worker->has_group = false;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        if (worker->partitions[i].stage != VT_COUNT_NOT_OURS) {
            on_revoked(worker, i);
        }
    }
    vt_ledger_group_close(worker->group);
    worker->group = NULL;
    worker->rebalances_told = 0;
    worker->rejoin_at_ns = now_ns + (int64_t) (REJOIN_MS + (was_fenced ? STATIC_SESSION_MS : 0)) * NS_PER_MS;
}

static void learn_group_error(vt_count_worker *worker, int32_t number, vt_err err) {
    const char *reason = vt_ledger_group_reason(worker->group);
    if (err == VT_ERR_BUSY) {
        worker->has_group = false;
        vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_GROUP, reason);
    } else if (err == VT_ERR_GONE) {
        /* Whether that is a reason to stop shows when it starts again. */
        vt_log(VT_LOG_WARN, "partition_lost", VT_LOG_STR("store", vt_worker_store(worker)),
               VT_LOG_STR("reason", reason));
        vt_count_partition_restart(&worker->partitions[number], vt_clock_monotonic_ns());
    } else if (err == VT_ERR_IN_USE) {
        leave_fenced(worker, reason);
    } else {
        vt_worker_stop_for_good(worker, err, reason);
    }
}

static int poll_ms(const vt_count_worker *worker) {
    int64_t now_ns = vt_clock_monotonic_ns();
    int64_t until_ns = worker->tick_at_ns;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        const vt_count_partition *partition = &worker->partitions[i];
        if (partition->stage == VT_COUNT_STARTING) {
            int64_t due_ns = partition->due_ns > worker->hold.until_ns ? partition->due_ns : worker->hold.until_ns;
            until_ns = due_ns < until_ns ? due_ns : until_ns;
        }
    }
    return until_ns <= now_ns ? 0 : (int) ((until_ns - now_ns) / NS_PER_MS) + 1;
}

static void poll_group(vt_count_worker *worker) {
    size_t count;
    int32_t number;
    vt_err err = vt_ledger_group_poll(worker->group, poll_ms(worker), worker->rows, worker->batch_max, &count, &number);
    uint64_t rebalances = vt_ledger_group_rebalances(worker->group);
    vt_count_status_rebalanced(worker->options.status, rebalances - worker->rebalances_told);
    worker->rebalances_told = rebalances;
    if (err != VT_OK) {
        learn_group_error(worker, number, err);
        return;
    }
    if (!worker->has_group && rebalances > 0) {
        worker->has_group = true;
        vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_GROUP, NULL);
    }
    if (count > 0) {
        take_batch(worker, number, worker->rows, count);
    }
}

/* ---- now and then ---- */

static void commit(vt_count_worker *worker) {
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        vt_count_partition *partition = &worker->partitions[i];
        if (partition->stage != VT_COUNT_NOT_OURS && partition->is_placed && partition->next != partition->committed) {
            vt_ledger_group_commit(worker->group, i, partition->next);
            partition->committed = partition->next;
        }
    }
}

static void tell_lags(vt_count_worker *worker) {
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        const vt_count_partition *partition = &worker->partitions[i];
        if (partition->stage == VT_COUNT_NOT_OURS || !partition->is_placed) {
            continue;
        }
        int64_t lag = vt_ledger_group_lag(worker->group, i);
        lag -= lag > 0 && partition->checks_mark;
        if (lag < 0) {
            lag = partition->end - partition->next;
        }
        vt_count_status_lag(worker->options.status, i, lag > 0 ? lag : 0);
    }
}

static void tell_reached(vt_count_worker *worker) {
    vt_derived *derived = worker->options.derived;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && derived->kind->reached != NULL; i++) {
        if (worker->partitions[i].stage == VT_COUNT_READING) {
            derived->kind->reached(derived, i, worker->partitions[i].next, applied_until(worker, i));
        }
    }
}

/* A store that is emptied, rolled back or away shows at the next batch. Where none comes it is asked now and then. */
static void look_at_idle(vt_count_worker *worker) {
    vt_derived *derived = worker->options.derived;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && worker->fatal == VT_OK && !worker->hold.is_on; i++) {
        vt_count_partition *partition = &worker->partitions[i];
        bool is_idle = partition->stage == VT_COUNT_READING && partition->next == partition->seen;
        partition->seen = partition->next;
        if (!is_idle) {
            continue;
        }
        vt_store_state state = {0};
        vt_err err = derived->kind->load(derived, i, &state);
        if (err == VT_OK && (!state.exists || state.is_blocked || state.next != partition->next)) {
            err = VT_ERR_MOVED;
        }
        if (err != VT_OK) {
            vt_worker_learn_store_error(worker, i, err);
        }
    }
}

static void tick(vt_count_worker *worker) {
    int64_t now_ns = vt_clock_monotonic_ns();
    vt_derived *derived = worker->options.derived;
    if (now_ns < worker->tick_at_ns) {
        return;
    }
    worker->tick_at_ns = now_ns + (int64_t) TICK_MS * NS_PER_MS;
    release_if_done(worker);
    tell_lags(worker);
    vt_worker_look_at_logs(worker);
    tell_reached(worker);
    if (derived->kind->tick != NULL) {
        derived->kind->tick(derived);
    }
    if (now_ns >= worker->commit_at_ns) {
        worker->commit_at_ns = now_ns + (int64_t) COMMIT_MS * NS_PER_MS;
        commit(worker);
        look_at_idle(worker);
    }
}

/* ---- life ---- */

static vt_err open_group(vt_count_worker *worker, char *reason) {
    const vt_count_worker_options *options = &worker->options;
    vt_ledger_group_options group = {
        .target = options->target,
        .group = options->group,
        .instance = options->instance,
        .ledger_id = options->ledger_id,
        .partitions = options->partitions,
        .session_timeout_ms = options->instance == NULL ? SESSION_MS : STATIC_SESSION_MS,
        .context = worker,
        .assigned = on_assigned,
        .revoked = on_revoked,
    };
    char why[VT_KAFKA_REASON_MAX] = "";
    vt_err err = vt_ledger_group_open(&group, &worker->group, why);
    snprintf(reason, VT_COUNT_REASON_MAX, "%s", why);
    return err;
}

/* One round without a group. */
static void rejoin(vt_count_worker *worker) {
    const struct timespec pause = {.tv_nsec = TICK_MS * NS_PER_MS};
    char reason[VT_COUNT_REASON_MAX];
    nanosleep(&pause, NULL);
    if (vt_clock_monotonic_ns() >= worker->rejoin_at_ns) {
        vt_err err = open_group(worker, reason);
        if (err != VT_OK) {
            vt_worker_stop_for_good(worker, err, reason);
        }
    }
}

static void *run(void *context) {
    vt_count_worker *worker = context;
    while (worker->fatal == VT_OK && !atomic_load(&worker->stops)) {
        if (worker->group == NULL) {
            rejoin(worker);
        } else {
            vt_worker_start_due(worker);
            poll_group(worker);
        }
        tick(worker);
    }
    commit(worker);
    if (worker->fatal != VT_OK) {
        vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_STORE, worker->reason);
        worker->options.on_fatal(worker->options.context, worker->fatal, worker->reason);
    }
    /* At once, so that others take over what is ours. */
    vt_ledger_group_close(worker->group);
    worker->group = NULL;
    vt_record_probe_close(worker->probe); /* here, for all workers at the same time */
    worker->probe = NULL;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        if (worker->partitions[i].stage != VT_COUNT_NOT_OURS) {
            vt_count_status_lag(worker->options.status, i, -1);
        }
    }
    return NULL;
}

static void free_worker(vt_count_worker *worker) {
    vt_ledger_group_close(worker->group);
    vt_dead_letters_close(worker->letters);
    free(worker->rows);
    free(worker);
}

static vt_err begin_work(vt_count_worker *worker, char *reason) {
    vt_err err = vt_count_status_join(worker->options.status, &worker->place);
    if (err != VT_OK) {
        snprintf(reason, VT_COUNT_REASON_MAX, "there are more than %d workers", VT_COUNT_WORKERS_MAX);
        return err;
    }
    worker->hold =
        (vt_count_hold){.status = worker->options.status, .place = worker->place, .store = vt_worker_store(worker)};
    vt_count_status_set(worker->options.status, worker->place, VT_COUNT_NEEDS_GROUP, "waiting for the consumer group");
    if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
        vt_count_status_leave(worker->options.status, worker->place);
        snprintf(reason, VT_COUNT_REASON_MAX, "no thread can be made");
        return VT_ERR_SYSTEM;
    }
    return VT_OK;
}

vt_err vt_count_worker_open(const vt_count_worker_options *options, vt_count_worker **out,
                            char reason[VT_COUNT_REASON_MAX]) {
    VT_ASSERT(options->batch_records_max >= 1 && options->batch_records_max <= VT_COUNT_BATCH_RECORDS_MAX);
    vt_count_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        snprintf(reason, VT_COUNT_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    worker->options = *options;
    worker->batch_max = options->batch_records_max;
    worker->rows = calloc(options->batch_records_max, sizeof *worker->rows);
    vt_err err = worker->rows == NULL ? VT_ERR_NO_MEMORY : VT_OK;
    snprintf(reason, VT_COUNT_REASON_MAX, "%s", vt_err_text(err));
    if (err == VT_OK) {
        err = open_group(worker, reason);
    }
    if (err == VT_OK) {
        err = begin_work(worker, reason);
    }
    if (err != VT_OK) {
        free_worker(worker);
        return err;
    }
    *out = worker;
    return VT_OK;
}

void vt_count_worker_stop(vt_count_worker *worker) {
    atomic_store(&worker->stops, true);
}

void vt_count_worker_close(vt_count_worker *worker) {
    if (worker == NULL) {
        return;
    }
    vt_derived *derived = worker->options.derived;
    vt_count_worker_stop(worker);
    pthread_join(worker->thread, NULL);
    vt_count_status_leave(worker->options.status, worker->place);
    free_worker(worker);
    derived->kind->close(derived);
}
