/* What ThreadSanitizer needs to watch a program that uses librdkafka; linked into builds with it only.
 *
 * librdkafka uses <threads.h>, of which ThreadSanitizer knows nothing: it crashes in a thread that it has not seen
 * start. These definitions stand before those of libc, and lead to functions that it does see. mtx_t and cnd_t have
 * room for their POSIX counterparts in glibc, which makes them of the same.
 *
 * Nor does it see the atomics of librdkafka, which is not compiled with it: a buffer whose last reference was dropped
 * by one thread and that another one frees looks like a race. So reports with a frame inside of librdkafka are left
 * out; those between our own functions are not.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a mutex fits");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a condition variable fits");

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void) {
    return "race:librdkafka.so\n";
}

typedef struct thread_start {
    thrd_start_t function;
    void *argument;
} thread_start;

static void *run(void *context) {
    thread_start start = *(thread_start *) context;
    free(context);
    return (void *) (intptr_t) start.function(start.argument);
}

static int code_of(int error) {
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : error == EBUSY ? thrd_busy : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    thread_start *start = malloc(sizeof *start);
    if (start == NULL) {
        return thrd_nomem;
    }
    *start = (thread_start){function, argument};
    int error = pthread_create(thread, NULL, run, start);
    if (error != 0) {
        free(start);
    }
    return code_of(error);
}

int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    int error = pthread_join(thread, &value);
    if (result != NULL) {
        *result = (int) (intptr_t) value;
    }
    return code_of(error);
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes,
                              (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    int error = pthread_mutex_init((pthread_mutex_t *) mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return code_of(error);
}

void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *) mutex);
}

int mtx_lock(mtx_t *mutex) {
    return code_of(pthread_mutex_lock((pthread_mutex_t *) mutex));
}

int mtx_unlock(mtx_t *mutex) {
    return code_of(pthread_mutex_unlock((pthread_mutex_t *) mutex));
}

int cnd_init(cnd_t *condition) {
    return code_of(pthread_cond_init((pthread_cond_t *) condition, NULL));
}

void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy((pthread_cond_t *) condition);
}

int cnd_signal(cnd_t *condition) {
    return code_of(pthread_cond_signal((pthread_cond_t *) condition));
}

int cnd_broadcast(cnd_t *condition) {
    return code_of(pthread_cond_broadcast((pthread_cond_t *) condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return code_of(pthread_cond_wait((pthread_cond_t *) condition, (pthread_mutex_t *) mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    return code_of(pthread_cond_timedwait((pthread_cond_t *) condition, (pthread_mutex_t *) mutex, until));
}
