#include "base/queue.h"

#include "base/assert.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Invariants, under the mutex: count <= items_max; the waiting items are ring[first], ring[first + 1] …, modulo
 * items_max. `is_waiting` is set only while the consumer is inside of the condition's wait: a push to a consumer at
 * work costs no wake-up. */
struct vt_queue {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool is_waiting;
    bool is_stopped;
    size_t items_max;
    size_t first;
    size_t count;
    void *ring[];
};

static vt_err open_wake(pthread_cond_t *wake) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return VT_ERR_SYSTEM;
    }
    int failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (failed == 0) {
        failed = pthread_cond_init(wake, &attributes);
    }
    pthread_condattr_destroy(&attributes);
    return failed == 0 ? VT_OK : VT_ERR_SYSTEM;
}

vt_err vt_queue_open(size_t items_max, vt_queue **out) {
    VT_ASSERT(items_max >= 1);
    if (items_max > (SIZE_MAX - sizeof(vt_queue)) / sizeof(void *)) {
        return VT_ERR_NO_MEMORY;
    }
    vt_queue *queue = calloc(1, sizeof *queue + items_max * sizeof(void *));
    if (queue == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    queue->items_max = items_max;
    if (pthread_mutex_init(&queue->mutex, NULL) != 0) {
        free(queue);
        return VT_ERR_SYSTEM;
    }
    vt_err err = open_wake(&queue->wake);
    if (err != VT_OK) {
        pthread_mutex_destroy(&queue->mutex);
        free(queue);
        return err;
    }
    *out = queue;
    return VT_OK;
}

void vt_queue_close(vt_queue *queue) {
    if (queue == NULL) {
        return;
    }
    pthread_cond_destroy(&queue->wake);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static void put(vt_queue *queue, void *const *items, size_t count) {
    size_t at = (queue->first + queue->count) % queue->items_max;
    size_t until_end = queue->items_max - at;
    size_t head = count < until_end ? count : until_end;
    memcpy(queue->ring + at, items, head * sizeof *items);
    memcpy(queue->ring, items + head, (count - head) * sizeof *items);
    queue->count += count;
}

static size_t get(vt_queue *queue, void **items, size_t max) {
    size_t count = queue->count < max ? queue->count : max;
    size_t until_end = queue->items_max - queue->first;
    size_t head = count < until_end ? count : until_end;
    memcpy(items, queue->ring + queue->first, head * sizeof *items);
    memcpy(items + head, queue->ring, (count - head) * sizeof *items);
    queue->first = (queue->first + count) % queue->items_max;
    queue->count -= count;
    return count;
}

vt_err vt_queue_push(vt_queue *queue, void *const *items, size_t count) {
    if (count == 0) {
        return VT_OK;
    }
    vt_err err = VT_OK;
    bool must_wake = false;
    pthread_mutex_lock(&queue->mutex);
    if (queue->is_stopped) {
        err = VT_ERR_GONE;
    } else if (count > queue->items_max - queue->count) {
        err = VT_ERR_OVERLOADED;
    } else {
        put(queue, items, count);
        must_wake = queue->is_waiting;
        /* One wake-up is enough, however many push before the consumer has the mutex again. */
        queue->is_waiting = false;
    }
    if (must_wake) {
        pthread_cond_signal(&queue->wake);
    }
    pthread_mutex_unlock(&queue->mutex);
    return err;
}

static struct timespec deadline_after(int timeout_ms) {
    int64_t at_ns = vt_clock_deadline_ns((uint32_t) timeout_ms);
    return (struct timespec){.tv_sec = (time_t) (at_ns / 1000000000), .tv_nsec = (long) (at_ns % 1000000000)};
}

static void wait_for_items(vt_queue *queue, int timeout_ms) {
    struct timespec deadline = timeout_ms > 0 ? deadline_after(timeout_ms) : (struct timespec){0};
    int failed = 0;
    while (queue->count == 0 && !queue->is_stopped && failed == 0 && timeout_ms != 0) {
        queue->is_waiting = true;
        failed = timeout_ms < 0 ? pthread_cond_wait(&queue->wake, &queue->mutex)
                                : pthread_cond_timedwait(&queue->wake, &queue->mutex, &deadline);
    }
    queue->is_waiting = false;
}

size_t vt_queue_take(vt_queue *queue, void **items, size_t max, int timeout_ms) {
    VT_ASSERT(max >= 1);
    pthread_mutex_lock(&queue->mutex);
    wait_for_items(queue, timeout_ms);
    size_t count = get(queue, items, max);
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

void vt_queue_stop(vt_queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    queue->is_stopped = true;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->mutex);
}

bool vt_queue_is_stopped(vt_queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    bool is_stopped = queue->is_stopped;
    pthread_mutex_unlock(&queue->mutex);
    return is_stopped;
}

size_t vt_queue_depth(vt_queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}
