#include "base/pool.h"

#include "base/assert.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct vt_pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    vt_job *first;
    vt_job *last;
    uint32_t depth;
    uint32_t queue_max;
    int64_t deadline_ns;
    bool stopped;
    uint32_t threads_count; /* threads not joined yet */
    pthread_t threads[VT_POOL_THREADS_MAX];
};

/* Waits for a job; NULL when the pool was stopped and nothing is left. */
static vt_job *pool_take(vt_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    while (pool->first == NULL && !pool->stopped) {
        pthread_cond_wait(&pool->wake, &pool->mutex);
    }
    vt_job *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        pool->depth--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return job;
}

static void *pool_thread(void *context) {
    vt_pool *pool = context;
    for (vt_job *job = pool_take(pool); job != NULL; job = pool_take(pool)) {
        bool is_late = vt_clock_monotonic_ns() >= job->deadline_ns;
        job->run(job, is_late ? VT_ERR_DEADLINE : VT_OK);
    }
    return NULL;
}

static vt_err pool_start(vt_pool *pool, uint32_t threads) {
    while (pool->threads_count < threads) {
        if (pthread_create(&pool->threads[pool->threads_count], NULL, pool_thread, pool) != 0) {
            return VT_ERR_SYSTEM;
        }
        pool->threads_count++;
    }
    return VT_OK;
}

vt_err vt_pool_open(const vt_pool_options *options, vt_pool **out) {
    VT_ASSERT(options->threads >= 1 && options->threads <= VT_POOL_THREADS_MAX);
    VT_ASSERT(options->queue_max >= 1 && options->deadline_ms >= 1);
    vt_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->queue_max = options->queue_max;
    pool->deadline_ns = (int64_t) options->deadline_ms * 1000000;
    vt_err err = pool_start(pool, options->threads);
    if (err != VT_OK) {
        vt_pool_close(pool);
        return err;
    }
    *out = pool;
    return VT_OK;
}

vt_err vt_pool_submit(vt_pool *pool, vt_job *job) {
    int64_t deadline_ns = vt_clock_monotonic_ns() + pool->deadline_ns;
    pthread_mutex_lock(&pool->mutex);
    if (pool->stopped || pool->depth >= pool->queue_max) {
        pthread_mutex_unlock(&pool->mutex);
        return VT_ERR_BUSY;
    }
    job->next = NULL;
    job->deadline_ns = deadline_ns;
    if (pool->first == NULL) {
        pool->first = job;
    } else {
        pool->last->next = job;
    }
    pool->last = job;
    pool->depth++;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    return VT_OK;
}

void vt_pool_stop(vt_pool *pool) {
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->stopped = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    while (pool->threads_count > 0) {
        pthread_join(pool->threads[--pool->threads_count], NULL);
    }
}

void vt_pool_close(vt_pool *pool) {
    if (pool == NULL) {
        return;
    }
    vt_pool_stop(pool);
    VT_ASSERT(pool->first == NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
