#include "net/worker.h"

#include "base/assert.h"
#include "base/clock.h"
#include "net/tcp.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { DRAIN_FINAL_MS_MAX = 1000, DRAIN_TURNS_BEFORE_CLOSE = 3 };

void vt_worker_touch(vt_worker *worker) {
    int64_t now_ms = (int64_t) uv_now(&worker->uv);
    if (now_ms != worker->loop.now_ms) {
        vt_loop_set_time(&worker->loop, now_ms, vt_clock_wall_ms());
    }
}

void vt_worker_flush(vt_worker *worker) {
    vt_conn *conn;
    while ((conn = vt_loop_next_dirty(&worker->loop)) != NULL) {
        vt_tcp_flush(vt_tcp_of(conn));
    }
}

static void on_wake(uv_async_t *wake) {
    vt_worker *worker = wake->data;
    vt_worker_touch(worker);
    vt_loop_run_inbox(&worker->loop);
    vt_worker_flush(worker);
}

static void on_timer(uv_timer_t *timer) {
    vt_worker *worker = timer->data;
    vt_worker_touch(worker);
    vt_tcp_note_progress(worker);
    vt_loop_run_deadlines(&worker->loop);
    vt_worker_flush(worker);
}

/* Ticks only while there is something to wait for, and no finer than it needs. */
static void adjust_timer(vt_worker *worker) {
    uint64_t wanted_ms = worker->loop.calls.armed > 0   ? VT_CALL_TICK_MS
                         : worker->loop.conns.armed > 0 ? VT_CONN_TICK_MS
                                                        : 0;
    if (wanted_ms == worker->timer_ms) {
        return;
    }
    worker->timer_ms = wanted_ms;
    if (wanted_ms == 0) {
        uv_timer_stop(&worker->timer);
    } else {
        int failed = uv_timer_start(&worker->timer, on_timer, wanted_ms, wanted_ms);
        VT_ASSERT(failed == 0);
    }
}

static void tell_drained(vt_worker *worker) {
    uint32_t open_count = 0;
    uint32_t unserved = 0;
    for (const vt_tcp *tcp = worker->first; tcp != NULL; tcp = tcp->next) {
        open_count++;
        bool is_busy = !tcp->is_shut && vt_conn_is_busy(&tcp->conn);
        uint32_t requests = tcp->conn.answering.count;
        unserved += !is_busy ? 0 : requests > 0 ? requests : 1;
    }
    pthread_mutex_lock(&worker->shared->mutex);
    worker->is_drained = open_count == 0;
    worker->unserved = unserved;
    pthread_cond_signal(&worker->shared->changed);
    pthread_mutex_unlock(&worker->shared->mutex);
}

static void drain_connections(vt_worker *worker, bool is_final) {
    vt_tcp *next;
    for (vt_tcp *tcp = worker->first; tcp != NULL; tcp = next) {
        next = tcp->next;
        if (tcp->is_shut) {
            vt_conn_hurry(&tcp->conn);
        } else if (is_final || !tcp->conn.is_draining) {
            vt_conn_drain(&tcp->conn, is_final);
        }
    }
    vt_worker_flush(worker);
}

/* Requests that had reached the socket when the drain began are still served: idle connections and the listener are
 * only closed after the loop has looked at its sockets once more. */
static void continue_drain(vt_worker *worker) {
    if (worker->drain_turns < DRAIN_TURNS_BEFORE_CLOSE) {
        worker->drain_turns++;
        uv_async_send(&worker->wake);
    } else if (worker->drain_turns == DRAIN_TURNS_BEFORE_CLOSE) {
        worker->drain_turns++;
        vt_acceptor_close(&worker->acceptor);
        drain_connections(worker, false);
    }
    if (worker->drain_final_ms != 0 && worker->loop.now_ms >= worker->drain_final_ms) {
        worker->drain_final_ms = 0;
        drain_connections(worker, true);
    }
    if (worker->drain_turns > DRAIN_TURNS_BEFORE_CLOSE) {
        tell_drained(worker);
    }
}

static void on_check(uv_check_t *check) {
    vt_worker *worker = check->data;
    if (worker->drain_turns > 0) {
        vt_worker_touch(worker);
        continue_drain(worker);
    }
    vt_meter_flush(&worker->loop.meter);
    adjust_timer(worker);
}

static vt_worker *worker_of_task(vt_task *task, size_t offset) {
    return (vt_worker *) (void *) ((char *) task - offset);
}

static void run_drain(vt_task *task) {
    vt_worker *worker = worker_of_task(task, offsetof(vt_worker, drain_task));
    if (worker->drain_turns > 0) {
        return;
    }
    int64_t half_ms = worker->drain_timeout_ms / 2;
    worker->loop.is_draining = true;
    worker->drain_turns = 1;
    worker->drain_final_ms = worker->loop.now_ms + (half_ms < DRAIN_FINAL_MS_MAX ? half_ms : DRAIN_FINAL_MS_MAX);
    uv_async_send(&worker->wake);
}

void vt_worker_drain(vt_worker *worker, uint32_t timeout_ms) {
    worker->drain_timeout_ms = timeout_ms;
    worker->drain_task.run = run_drain;
    vt_loop_post(&worker->loop, &worker->drain_task);
}

static void run_seal(vt_task *task) {
    vt_worker *worker = worker_of_task(task, offsetof(vt_worker, seal_task));
    vt_worker_touch(worker);
    vt_acceptor_close(&worker->acceptor);
    worker->loop.is_sealed = true;
    for (vt_tcp *tcp = worker->first; tcp != NULL; tcp = tcp->next) {
        if (!tcp->is_shut) {
            vt_conn_seal(&tcp->conn);
        }
    }
    vt_worker_flush(worker);
    pthread_mutex_lock(&worker->shared->mutex);
    worker->is_sealed = true;
    pthread_cond_signal(&worker->shared->changed);
    pthread_mutex_unlock(&worker->shared->mutex);
}

void vt_worker_seal(vt_worker *worker) {
    worker->seal_task.run = run_seal;
    vt_loop_post(&worker->loop, &worker->seal_task);
}

static void run_close(vt_task *task) {
    vt_worker *worker = worker_of_task(task, offsetof(vt_worker, close_task));
    vt_worker_flush(worker); /* answers that were posted just before this task, of votes that are taken */
    vt_acceptor_close(&worker->acceptor);
    while (worker->first != NULL) {
        vt_tcp_close(worker->first);
    }
    uv_close((uv_handle_t *) &worker->wake, NULL);
    uv_close((uv_handle_t *) &worker->check, NULL);
    uv_close((uv_handle_t *) &worker->timer, NULL);
}

static void wake_worker(void *context) {
    vt_worker *worker = context;
    int failed = uv_async_send(&worker->wake);
    VT_ASSERT(failed == 0);
}

static void init_handles(vt_worker *worker) {
    worker->wake.data = worker->check.data = worker->timer.data = worker;
    int failed = uv_check_init(&worker->uv, &worker->check);
    failed = failed != 0 ? failed : uv_check_start(&worker->check, on_check);
    failed = failed != 0 ? failed : uv_timer_init(&worker->uv, &worker->timer);
    VT_ASSERT(failed == 0); /* none of these can fail in libuv; they only link handles */
}

vt_err vt_worker_open(vt_worker *worker, vt_loop_options options, vt_worker_shared *shared, int fd, int *out_errno) {
    int failed = uv_loop_init(&worker->uv);
    if (failed != 0) {
        close(fd);
        *out_errno = -failed;
        return VT_ERR_SYSTEM;
    }
    failed = uv_async_init(&worker->uv, &worker->wake, on_wake);
    if (failed != 0) {
        close(fd);
        uv_loop_close(&worker->uv);
        *out_errno = -failed;
        return VT_ERR_SYSTEM;
    }
    worker->shared = shared;
    options.wake = wake_worker;
    options.wake_context = worker;
    options.now_ms = (int64_t) uv_now(&worker->uv);
    options.wall_ms = vt_clock_wall_ms();
    vt_loop_init(&worker->loop, &options);
    init_handles(worker);
    int error = vt_acceptor_open(&worker->acceptor, worker, fd);
    if (error != 0) {
        vt_worker_close(worker);
        *out_errno = error;
        return VT_ERR_SYSTEM;
    }
    return VT_OK;
}

static void *run(void *context) {
    vt_worker *worker = context;
    while (uv_run(&worker->uv, UV_RUN_DEFAULT) != 0) {
    }
    return NULL;
}

vt_err vt_worker_start(vt_worker *worker) {
    /* Signals belong to the program's own thread; a blocked SIGPIPE turns into EPIPE. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return VT_ERR_SYSTEM;
    }
    worker->is_running = true;
    return VT_OK;
}

void vt_worker_close(vt_worker *worker) {
    if (worker->is_running) {
        worker->close_task.run = run_close;
        vt_loop_post(&worker->loop, &worker->close_task);
        pthread_join(worker->thread, NULL);
        worker->is_running = false;
    } else {
        run_close(&worker->close_task);
        run(worker);
    }
    int failed = uv_loop_close(&worker->uv);
    VT_ASSERT(failed == 0);
    vt_tcp_free_spare(worker);
    vt_loop_release(&worker->loop);
}
