#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "obs/metrics.h"

static vt_metrics *metrics;

static int open_metrics(void **state) {
    (void) state;
    return vt_metrics_open(&metrics) != VT_OK;
}

static int close_metrics(void **state) {
    (void) state;
    vt_metrics_close(metrics);
    return 0;
}

/* The rendered text; the caller frees it with vt_buf_release. */
static const char *render(vt_buf *out) {
    const char *text = NULL;
    vt_buf_init(out, 65536);
    assert_int_equal(vt_metrics_render(metrics, out), VT_OK);
    assert_int_equal(vt_buf_cstr(out, &text), VT_OK);
    return text;
}

static void assert_renders(const char *expected) {
    vt_buf out;
    assert_string_equal(render(&out), expected);
    vt_buf_release(&out);
}

static void test_empty(void **state) {
    (void) state;
    assert_renders("");
}

static void test_counters_and_gauges(void **state) {
    (void) state;
    vt_counter *ok = vt_metrics_counter(metrics, "votes_total", "status=\"ok\"", "Votes.");
    vt_gauge *depth = vt_metrics_gauge(metrics, "queue_depth", "", "Waiting.");
    vt_counter *bad = vt_metrics_counter(metrics, "votes_total", "status=\"bad\"", "Votes.");
    vt_counter_add(ok, 3);
    vt_gauge_set(depth, 5);
    vt_gauge_add(depth, -7);
    assert_renders("# HELP votes_total Votes.\n# TYPE votes_total counter\nvotes_total{status=\"ok\"} 3\n"
                   "votes_total{status=\"bad\"} 0\n# HELP queue_depth Waiting.\n# TYPE queue_depth gauge\n"
                   "queue_depth -2\n");
    assert_ptr_not_equal(ok, bad);
    assert_ptr_equal(bad, vt_metrics_counter(metrics, "votes_total", "status=\"bad\"", "Votes."));
}

static void test_histogram(void **state) {
    (void) state;
    const double bounds[] = {0.005, 0.1, 2.5};
    vt_histogram *took = vt_metrics_histogram(metrics, "took_seconds", "at=\"fsync\"", "Time.", bounds, 3);
    vt_histogram_observe(took, 0.005); /* a bound belongs to its bucket */
    vt_histogram_observe(took, 0.25);
    vt_histogram_observe_many(took, 4, 2);
    vt_histogram_observe(took, NAN);
    assert_renders("# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
                   "took_seconds_bucket{at=\"fsync\",le=\"0.005\"} 1\n"
                   "took_seconds_bucket{at=\"fsync\",le=\"0.1\"} 1\n"
                   "took_seconds_bucket{at=\"fsync\",le=\"2.5\"} 2\n"
                   "took_seconds_bucket{at=\"fsync\",le=\"+Inf\"} 4\n"
                   "took_seconds_sum{at=\"fsync\"} 8.255\n"
                   "took_seconds_count{at=\"fsync\"} 4\n");
}

static void test_histogram_without_labels(void **state) {
    (void) state;
    const double bounds[] = {1};
    vt_metrics_histogram(metrics, "group_records", "", "Votes.", bounds, 1);
    assert_renders("# HELP group_records Votes.\n# TYPE group_records histogram\ngroup_records_bucket{le=\"1\"} 0\n"
                   "group_records_bucket{le=\"+Inf\"} 0\ngroup_records_sum 0\ngroup_records_count 0\n");
}

static void test_escaping(void **state) {
    (void) state;
    vt_buf labels;
    vt_buf_init(&labels, 256);
    const char *text = NULL;
    assert_int_equal(vt_buf_append_slice(&labels, VT_SLICE("band=\"")), VT_OK);
    assert_int_equal(vt_metrics_escape_label(&labels, VT_SLICE("a\"b\\c\nd")), VT_OK);
    assert_int_equal(vt_buf_append_slice(&labels, VT_SLICE("\"")), VT_OK);
    assert_int_equal(vt_buf_cstr(&labels, &text), VT_OK);
    vt_metrics_gauge(metrics, "votes", text, "Of \"a\"\nand \\.");
    vt_buf_release(&labels);
    assert_renders("# HELP votes Of \"a\"\\nand \\\\.\n# TYPE votes gauge\nvotes{band=\"a\\\"b\\\\c\\nd\"} 0\n");
}

static vt_err collect(void *context, vt_buf *out) {
    return vt_buf_appendf(out, "# TYPE %s gauge\n%s 1\n", (const char *) context, (const char *) context);
}

static vt_err collect_nothing(void *context, vt_buf *out) {
    (void) context;
    (void) out;
    return VT_ERR_BUSY;
}

static void test_collectors(void **state) {
    (void) state;
    char name[] = "late";
    vt_metrics_collect(metrics, collect, name);
    assert_renders("# TYPE late gauge\nlate 1\n");
    vt_metrics_collect(metrics, collect_nothing, NULL);
    vt_buf out;
    vt_buf_init(&out, 1024);
    assert_int_equal(vt_metrics_render(metrics, &out), VT_ERR_BUSY);
    vt_buf_release(&out);
}

static void test_full_buffer(void **state) {
    (void) state;
    vt_metrics_gauge(metrics, "votes", "", "Votes.");
    for (size_t max = 0; max < 40; max++) {
        vt_buf out;
        vt_buf_init(&out, max);
        assert_int_equal(vt_metrics_render(metrics, &out), VT_ERR_FULL);
        vt_buf_release(&out);
    }
}

enum { THREADS = 4, OBSERVATIONS = 20000 };

typedef struct busy {
    vt_counter *counter;
    vt_histogram *histogram;
} busy;

static void *count_and_observe(void *context) {
    busy *self = context;
    for (int i = 0; i < OBSERVATIONS; i++) {
        vt_counter_add(self->counter, 1);
        vt_histogram_observe(self->histogram, 1);
    }
    return NULL;
}

static void test_threads_lose_nothing(void **state) {
    (void) state;
    const double bounds[] = {0.5};
    busy shared = {vt_metrics_counter(metrics, "n_total", "", "N."),
                   vt_metrics_histogram(metrics, "h", "", "H.", bounds, 1)};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_and_observe, &shared), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    vt_buf out;
    const char *text = render(&out);
    assert_non_null(strstr(text, "\nn_total 80000\n"));
    assert_non_null(
        strstr(text, "\nh_bucket{le=\"0.5\"} 0\nh_bucket{le=\"+Inf\"} 80000\nh_sum 80000\nh_count 80000\n"));
    vt_buf_release(&out);
}

static atomic_bool all_registered;

static void *register_many(void *context) {
    const double bounds[] = {0.5};
    for (int i = 0; i < 200; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "i=\"%d\"", i);
        vt_counter_add(vt_metrics_counter(context, "late_total", labels, "L."), 1);
        vt_histogram_observe(vt_metrics_histogram(context, "late_seconds", labels, "L.", bounds, 1), 1);
    }
    atomic_store(&all_registered, true);
    return NULL;
}

static void test_series_come_while_others_render(void **state) {
    (void) state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, register_many, metrics), 0);
    bool is_last = false;
    bool is_complete = false;
    while (!is_last) {
        vt_buf out;
        is_last = atomic_load(&all_registered);
        is_complete = strstr(render(&out), "late_seconds_count{i=\"199\"} 1\n") != NULL;
        vt_buf_release(&out);
    }
    pthread_join(thread, NULL);
    assert_true(is_complete);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_metrics, close_metrics)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_counters_and_gauges),
        TEST(test_histogram),
        TEST(test_histogram_without_labels),
        TEST(test_escaping),
        TEST(test_collectors),
        TEST(test_full_buffer),
        TEST(test_threads_lose_nothing),
        TEST(test_series_come_while_others_render),
    };
    return cmocka_run_group_tests_name("obs/metrics", tests, NULL, NULL);
}
