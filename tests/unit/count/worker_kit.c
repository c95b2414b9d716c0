#include "worker_kit.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WAIT_MS = 40000, LOOK_AGAIN_MS = 10 };

topic_kit kit;
fake_store store;
vt_metrics *metrics;
vt_health *health;
vt_count_status *status;
runner runners[WORKERS_MAX];

void on_fatal(void *context, vt_err err, const char *reason) {
    runner *self = context;
    self->fatal = err;
    snprintf(self->reason, sizeof self->reason, "%s", reason);
    atomic_fetch_add(&self->fatal_calls, 1);
}

int set_up(void **state) {
    (void) state;
    memset(&kit, 0, sizeof kit);
    memset(runners, 0, sizeof runners);
    fake_store_init(&store);
    assert_int_equal(vt_metrics_open(&metrics), VT_OK);
    assert_int_equal(vt_health_open(&health), VT_OK);
    assert_int_equal(vt_count_status_open("tally", metrics, health, &status), VT_OK);
    return 0;
}

void stop(runner *self) {
    vt_count_worker_close(self->worker);
    self->worker = NULL;
}

int tear_down(void **state) {
    (void) state;
    for (int i = 0; i < WORKERS_MAX; i++) {
        stop(&runners[i]);
    }
    vt_metrics_close(metrics);
    vt_count_status_close(status);
    vt_health_close(health);
    if (kit.handle != NULL) {
        topic_kit_close(&kit);
    }
    fake_store_release(&store);
    assert_string_equal(store.complaint, "");
    return 0;
}

void run_in(runner *self, const char *group, const char *instance, bool sends_dead_letters) {
    char reason[VT_COUNT_REASON_MAX] = "";
    memset(self, 0, sizeof *self);
    vt_count_worker_options options = {
        .target = &kit.target,
        .group = group,
        .instance = instance,
        .ledger_id = kit.ledger_id,
        .partitions = kit.partitions,
        .batch_records_max = 100,
        .derived = fake_store_derived(&store),
        .sends_dead_letters = sends_dead_letters,
        .status = status,
        .on_fatal = on_fatal,
        .context = self,
    };
    if (vt_count_worker_open(&options, &self->worker, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

void run(runner *self) {
    run_in(self, kit.group, NULL, false);
}

/* ---- waiting for conditions ---- */

int64_t deadline(void) {
    return vt_clock_monotonic_ns() + (int64_t) WAIT_MS * 1000000;
}

void look_again(int64_t deadline_ns, const char *what) {
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000};
    if (vt_clock_monotonic_ns() >= deadline_ns) {
        fail_msg("waited in vain: %s (%s)", what, store.complaint);
    }
    nanosleep(&pause, NULL);
}

void await_at(int32_t partition, int64_t next) {
    int64_t deadline_ns = deadline();
    while (!fake_store_is_at(&store, partition, next)) {
        look_again(deadline_ns, "a partition to be applied");
    }
}

void await_fatal(runner *self) {
    int64_t deadline_ns = deadline();
    while (atomic_load(&self->fatal_calls) == 0) {
        look_again(deadline_ns, "a worker to stop");
    }
}

void await_more(const int *counter, int than) {
    int64_t deadline_ns = deadline();
    while (fake_store_read(&store, counter) <= than) {
        look_again(deadline_ns, "a counter of the store");
    }
}

void health_text(char out[1024]) {
    vt_buf buf;
    const char *text = NULL;
    vt_buf_init(&buf, 1023);
    assert_int_equal(vt_health_render(health, &buf), VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &text), VT_OK);
    snprintf(out, 1024, "%s", text);
    vt_buf_release(&buf);
}

void await_health(const char *part) {
    char text[1024];
    int64_t deadline_ns = deadline();
    for (health_text(text); strstr(text, part) == NULL; health_text(text)) {
        look_again(deadline_ns, part);
    }
}

/* The value of a series; -1 when it is not there. */
long long metric(const char *series) {
    vt_buf buf;
    const char *text = NULL;
    vt_buf_init(&buf, 1 << 20);
    assert_int_equal(vt_metrics_render(metrics, &buf), VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &text), VT_OK);
    long long value = -1;
    size_t len = strlen(series);
    for (const char *line = text; line != NULL && value < 0; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, series, len) == 0 && line[len] == ' ') {
            value = strtoll(line + len, NULL, 10);
        }
    }
    vt_buf_release(&buf);
    return value;
}

void await_metric(const char *series, long long value) {
    int64_t deadline_ns = deadline();
    while (metric(series) != value) {
        look_again(deadline_ns, series);
    }
}
