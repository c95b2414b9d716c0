#include "kafka/kafka_handle.h"

#include "base/clock.h"
#include "obs/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { NS_PER_S = 1000000000 };

/* Freed by whichever of the two threads is done last. */
typedef struct closing {
    rd_kafka_t *handle;
    pthread_mutex_t lock;
    pthread_cond_t is_over;
    bool is_gone;
    bool is_given_up;
} closing;

static closing *closing_new(rd_kafka_t *handle) {
    closing *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    pthread_condattr_t attributes;
    self->handle = handle;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->is_over, &attributes);
    pthread_condattr_destroy(&attributes);
    return self;
}

static void closing_free(closing *self) {
    pthread_cond_destroy(&self->is_over);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* Without the flag a group that nobody answers would be waited for. */
static void destroy(rd_kafka_t *handle) {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void *run(void *context) {
    closing *self = context;
    destroy(self->handle);
    pthread_mutex_lock(&self->lock);
    bool is_last = self->is_given_up;
    self->is_gone = true;
    pthread_cond_signal(&self->is_over);
    pthread_mutex_unlock(&self->lock);
    if (is_last) {
        closing_free(self);
    }
    return NULL;
}

static bool await(closing *self) {
    int64_t deadline_ns = vt_clock_deadline_ns(VT_KAFKA_HANDLE_CLOSE_MS);
    const struct timespec until = {.tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S};
    pthread_mutex_lock(&self->lock);
    int failed = 0;
    while (!self->is_gone && failed == 0) {
        failed = pthread_cond_timedwait(&self->is_over, &self->lock, &until);
    }
    bool is_gone = self->is_gone;
    self->is_given_up = !is_gone;
    pthread_mutex_unlock(&self->lock);
    return is_gone;
}

bool vt_kafka_handle_close(rd_kafka_t *handle) {
    if (handle == NULL) {
        return true;
    }
    pthread_t thread;
    closing *self = closing_new(handle);
    if (self == NULL || pthread_create(&thread, NULL, run, self) != 0) {
        if (self != NULL) {
            closing_free(self);
        }
        destroy(handle);
        return true;
    }
    pthread_detach(thread);
    bool is_gone = await(self);
    if (is_gone) {
        closing_free(self);
    } else {
        vt_log(VT_LOG_WARN, "kafka_client_left", VT_LOG_INT("waited_ms", VT_KAFKA_HANDLE_CLOSE_MS));
    }
    return is_gone;
}
