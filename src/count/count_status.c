#include "count/count_status.h"

#include "base/assert.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { LABEL_MAX = 32, LABELS_MAX = 96 };

typedef char reason_text[VT_HEALTH_REASON_MAX];

/* "" : it has what it needs. */
typedef struct place {
    bool is_taken;
    reason_text reasons[VT_COUNT_NEEDS];
} place;

struct vt_count_status {
    const char *name;
    vt_health *health;
    vt_counter *records[VT_VERDICT_COUNT];
    vt_counter *refusals;
    vt_counter *failures_busy;
    vt_counter *failures_full;
    vt_counter *failures_fatal;
    vt_counter *letters;
    vt_counter *rebalances;
    vt_histogram *batch_records;
    vt_histogram *store_seconds;
    _Atomic int64_t lags[VT_PARTITIONS_MAX];

    pthread_mutex_t lock;
    place places[VT_COUNT_WORKERS_MAX];
};

/* ---- metrics ---- */

static vt_counter *add_counter(const vt_count_status *status, vt_metrics *metrics, const char *name,
                               const char *more_labels, const char *help) {
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "store=\"%.16s\"%.32s", status->name, more_labels);
    return vt_metrics_counter(metrics, name, labels, help);
}

static void add_records(vt_count_status *status, vt_metrics *metrics) {
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        /* A vote log keeps records and judges none. */
        vt_slice name = i == VT_VERDICT_NONE ? VT_SLICE("recorded") : vt_verdict_name((vt_verdict) i);
        char label[LABEL_MAX];
        snprintf(label, sizeof label, ",verdict=\"%.*s\"", (int) name.len, name.ptr);
        status->records[i] =
            add_counter(status, metrics, "votaton_records_total", label,
                        "Records that were applied to the store, those again after a restart included.");
    }
}

static void add_failures(vt_count_status *status, vt_metrics *metrics) {
    static const char name[] = "votaton_store_failures_total";
    static const char help[] = "Calls of the store that failed: it was away, full, or for good.";
    status->failures_busy = add_counter(status, metrics, name, ",error=\"busy\"", help);
    status->failures_full = add_counter(status, metrics, name, ",error=\"full\"", help);
    status->failures_fatal = add_counter(status, metrics, name, ",error=\"fatal\"", help);
}

static void add_histograms(vt_count_status *status, vt_metrics *metrics) {
    static const double records[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    static const double seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "store=\"%s\"", status->name);
    status->batch_records = vt_metrics_histogram(metrics, "votaton_batch_records", labels,
                                                 "Records in a batch that was applied.", records, COUNT_OF(records));
    status->store_seconds = vt_metrics_histogram(metrics, "votaton_store_seconds", labels,
                                                 "Time that applying a batch took.", seconds, COUNT_OF(seconds));
}

static vt_err render_lags(void *context, vt_buf *out) {
    vt_count_status *status = context;
    vt_err err =
        vt_buf_appendf(out, "# HELP votaton_consumer_lag_records How far a partition that is read here is behind "
                            "the end of the ledger.\n# TYPE votaton_consumer_lag_records gauge\n");
    for (int i = 0; i < VT_PARTITIONS_MAX && err == VT_OK; i++) {
        int64_t lag = atomic_load_explicit(&status->lags[i], memory_order_relaxed);
        if (lag >= 0) {
            err = vt_buf_appendf(out, "votaton_consumer_lag_records{store=\"%s\",partition=\"%d\"} %lld\n",
                                 status->name, i, (long long) lag);
        }
    }
    return err;
}

vt_err vt_count_status_open(const char *name, vt_metrics *metrics, vt_health *health, vt_count_status **out) {
    vt_count_status *status = calloc(1, sizeof *status);
    if (status == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    status->name = name;
    status->health = health;
    pthread_mutex_init(&status->lock, NULL);
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        vt_count_status_lag(status, i, -1);
    }
    add_records(status, metrics);
    add_failures(status, metrics);
    add_histograms(status, metrics);
    status->refusals = add_counter(status, metrics, "votaton_fence_refusals_total", "",
                                   "Batches that the store refused because it stood elsewhere.");
    status->rebalances = add_counter(status, metrics, "votaton_rebalances_total", "",
                                     "How often the consumer group gave its partitions out anew.");
    status->letters = vt_metrics_counter(metrics, "votaton_dead_letters_total", "",
                                         "Unreadable records that were written to the dead-letter topic.");
    vt_metrics_collect(metrics, render_lags, status);
    *out = status;
    return VT_OK;
}

void vt_count_status_close(vt_count_status *status) {
    if (status != NULL) {
        pthread_mutex_destroy(&status->lock);
        free(status);
    }
}

void vt_count_status_lag(vt_count_status *status, int32_t partition, int64_t lag) {
    atomic_store_explicit(&status->lags[partition], lag, memory_order_relaxed);
}

void vt_count_status_applied(vt_count_status *status, const uint64_t verdicts[VT_VERDICT_COUNT], size_t records,
                             double seconds) {
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        vt_counter_add(status->records[i], verdicts[i]);
    }
    vt_histogram_observe(status->batch_records, (double) records);
    vt_histogram_observe(status->store_seconds, seconds);
}

void vt_count_status_failed(vt_count_status *status, vt_err err) {
    vt_counter *counter = err == VT_ERR_MOVED  ? status->refusals
                          : err == VT_ERR_BUSY ? status->failures_busy
                          : err == VT_ERR_FULL ? status->failures_full
                                               : status->failures_fatal;
    vt_counter_add(counter, 1);
}

void vt_count_status_letters(vt_count_status *status, uint64_t count) {
    vt_counter_add(status->letters, count);
}

void vt_count_status_rebalanced(vt_count_status *status, uint64_t count) {
    vt_counter_add(status->rebalances, count);
}

/* ---- health ---- */

static const char *condition_of(const vt_count_status *status, vt_count_need need) {
    return need == VT_COUNT_NEEDS_GROUP ? "kafka" : need == VT_COUNT_NEEDS_STORE ? status->name : "dead_letters";
}

/* Under the lock, so that the last word on a condition is the newest. */
static void publish(vt_count_status *status, vt_count_need need) {
    const char *reason = NULL;
    for (size_t i = 0; i < VT_COUNT_WORKERS_MAX && reason == NULL; i++) {
        const place *at = &status->places[i];
        reason = at->is_taken && at->reasons[need][0] != '\0' ? at->reasons[need] : NULL;
    }
    vt_health_set(status->health, condition_of(status, need), reason);
}

vt_err vt_count_status_join(vt_count_status *status, size_t *out) {
    vt_err err = VT_ERR_FULL;
    pthread_mutex_lock(&status->lock);
    for (size_t i = 0; i < VT_COUNT_WORKERS_MAX && err != VT_OK; i++) {
        if (!status->places[i].is_taken) {
            status->places[i] = (place){.is_taken = true};
            *out = i;
            err = VT_OK;
        }
    }
    pthread_mutex_unlock(&status->lock);
    return err;
}

void vt_count_status_leave(vt_count_status *status, size_t at) {
    pthread_mutex_lock(&status->lock);
    status->places[at].is_taken = false;
    for (int need = 0; need < VT_COUNT_NEEDS; need++) {
        publish(status, (vt_count_need) need);
    }
    pthread_mutex_unlock(&status->lock);
}

void vt_count_status_set(vt_count_status *status, size_t at, vt_count_need need, const char *reason) {
    pthread_mutex_lock(&status->lock);
    VT_ASSERT(status->places[at].is_taken);
    snprintf(status->places[at].reasons[need], sizeof(reason_text), "%s", reason == NULL ? "" : reason);
    publish(status, need);
    pthread_mutex_unlock(&status->lock);
}
