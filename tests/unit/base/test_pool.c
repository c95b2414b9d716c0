#include "base/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { JOBS_MAX = 8, PATIENCE_S = 20 };

/* Jobs that wait at a gate, so that a test decides when a thread goes on. */
typedef struct fixture {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_open;
    int started;
    int finished;
    int order[JOBS_MAX];
    vt_err errs[JOBS_MAX];
    vt_pool *pool;
} fixture;

typedef struct gated_job {
    vt_job job;
    fixture *fixture;
    int number;
} gated_job;

static struct timespec patience_end(void) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    return end;
}

static void gated_run(vt_job *job, vt_err err) {
    gated_job *mine = (gated_job *) job;
    fixture *fix = mine->fixture;
    struct timespec end = patience_end();
    pthread_mutex_lock(&fix->mutex);
    fix->order[fix->started] = mine->number;
    fix->errs[mine->number] = err;
    fix->started++;
    pthread_cond_broadcast(&fix->changed);
    while (!fix->is_open && pthread_cond_timedwait(&fix->changed, &fix->mutex, &end) == 0) {
    }
    fix->finished++;
    pthread_cond_broadcast(&fix->changed);
    pthread_mutex_unlock(&fix->mutex);
}

static void wait_for(fixture *fix, const int *counter, int wanted) {
    struct timespec end = patience_end();
    pthread_mutex_lock(&fix->mutex);
    while (*counter < wanted && pthread_cond_timedwait(&fix->changed, &fix->mutex, &end) == 0) {
    }
    assert_int_equal(*counter, wanted);
    pthread_mutex_unlock(&fix->mutex);
}

static void open_gate(fixture *fix) {
    pthread_mutex_lock(&fix->mutex);
    fix->is_open = true;
    pthread_cond_broadcast(&fix->changed);
    pthread_mutex_unlock(&fix->mutex);
}

static void start(fixture *fix, uint32_t threads, uint32_t queue_max, uint32_t deadline_ms) {
    *fix = (fixture){.is_open = false};
    pthread_mutex_init(&fix->mutex, NULL);
    pthread_cond_init(&fix->changed, NULL);
    vt_pool_options options = {threads, queue_max, deadline_ms};
    assert_int_equal(vt_pool_open(&options, &fix->pool), VT_OK);
}

static void finish(fixture *fix) {
    vt_pool_close(fix->pool);
    pthread_cond_destroy(&fix->changed);
    pthread_mutex_destroy(&fix->mutex);
}

static void jobs_init(fixture *fix, gated_job jobs[JOBS_MAX]) {
    for (int i = 0; i < JOBS_MAX; i++) {
        jobs[i] = (gated_job){.job = {.run = gated_run}, .fixture = fix, .number = i};
    }
}

static void test_refuses_when_the_queue_is_full(void **state) {
    (void) state;
    fixture fix;
    gated_job jobs[JOBS_MAX];
    start(&fix, 1, 2, 60000);
    jobs_init(&fix, jobs);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[0].job), VT_OK);
    wait_for(&fix, &fix.started, 1);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[1].job), VT_OK);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[2].job), VT_OK);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[3].job), VT_ERR_BUSY);
    open_gate(&fix);
    wait_for(&fix, &fix.finished, 3);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[3].job), VT_OK);
    finish(&fix);
    assert_int_equal(fix.finished, 4);
}

static void test_one_thread_runs_in_order(void **state) {
    (void) state;
    fixture fix;
    gated_job jobs[JOBS_MAX];
    start(&fix, 1, JOBS_MAX, 60000);
    jobs_init(&fix, jobs);
    for (int i = 0; i < JOBS_MAX; i++) {
        assert_int_equal(vt_pool_submit(fix.pool, &jobs[i].job), VT_OK);
    }
    open_gate(&fix);
    finish(&fix);
    for (int i = 0; i < JOBS_MAX; i++) {
        assert_int_equal(fix.order[i], i);
        assert_int_equal(fix.errs[i], VT_OK);
    }
}

static void test_threads_run_at_once(void **state) {
    (void) state;
    fixture fix;
    gated_job jobs[JOBS_MAX];
    start(&fix, 2, JOBS_MAX, 60000);
    jobs_init(&fix, jobs);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[0].job), VT_OK);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[1].job), VT_OK);
    wait_for(&fix, &fix.started, 2);
    open_gate(&fix);
    finish(&fix);
}

static void test_tells_an_expired_job(void **state) {
    (void) state;
    fixture fix;
    gated_job jobs[JOBS_MAX];
    start(&fix, 1, JOBS_MAX, 1);
    jobs_init(&fix, jobs);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[0].job), VT_OK);
    wait_for(&fix, &fix.started, 1);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[1].job), VT_OK);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* the deadline itself */
    open_gate(&fix);
    finish(&fix);
    assert_int_equal(fix.errs[1], VT_ERR_DEADLINE);
}

static void *stop_pool(void *pool) {
    vt_pool_stop(pool);
    return NULL;
}

static void test_stop_runs_out_what_was_taken(void **state) {
    (void) state;
    fixture fix;
    gated_job jobs[JOBS_MAX];
    start(&fix, 1, JOBS_MAX, 60000);
    jobs_init(&fix, jobs);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vt_pool_submit(fix.pool, &jobs[i].job), VT_OK);
    }
    wait_for(&fix, &fix.started, 1);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_pool, fix.pool), 0);
    open_gate(&fix);
    pthread_join(stopper, NULL);
    assert_int_equal(fix.finished, 3);
    assert_int_equal(vt_pool_submit(fix.pool, &jobs[3].job), VT_ERR_BUSY);
    vt_pool_stop(fix.pool);
    finish(&fix);
}

static void test_close_accepts_null(void **state) {
    (void) state;
    vt_pool_stop(NULL);
    vt_pool_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_when_the_queue_is_full),
        cmocka_unit_test(test_one_thread_runs_in_order),
        cmocka_unit_test(test_threads_run_at_once),
        cmocka_unit_test(test_tells_an_expired_job),
        cmocka_unit_test(test_stop_runs_out_what_was_taken),
        cmocka_unit_test(test_close_accepts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
