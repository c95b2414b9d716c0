/* A bounded pool of threads for work that blocks: reads of a store, files.
 *
 * Life: vt_pool_open, vt_pool_submit from any thread, vt_pool_stop, vt_pool_close. A job is embedded in the submitter's
 * object; the pool borrows it from a successful vt_pool_submit until it calls `run`, which it does exactly once.
 */
#ifndef VT_BASE_POOL_H
#define VT_BASE_POOL_H

#include "base/err.h"

#include <stdint.h>

enum { VT_POOL_THREADS_MAX = 64 };

typedef struct vt_pool vt_pool;

typedef struct vt_job {
    struct vt_job *next; /* the pool's */
    int64_t deadline_ns; /* the pool's: vt_clock_monotonic_ns when the job expires */
    /* On a thread of the pool. `err` is VT_OK, or VT_ERR_DEADLINE when the job waited too long: it must then only say
     * so. May free the object that holds the job, may submit again. */
    void (*run)(struct vt_job *job, vt_err err);
} vt_job;

typedef struct vt_pool_options {
    uint32_t threads;     /* 1..VT_POOL_THREADS_MAX */
    uint32_t queue_max;   /* jobs that wait, at least 1 */
    uint32_t deadline_ms; /* counted from submission; at least 1 */
} vt_pool_options;

/* Starts the threads. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_pool_open(const vt_pool_options *options, vt_pool **out);

/* Hands a job over; jobs start in the order of submission. `job->run` is set by the caller. Any thread; allocates
 * nothing and waits for no job. VT_ERR_BUSY when the queue is full or the pool was stopped: the job is the caller's
 * again. */
VT_MUST_CHECK vt_err vt_pool_submit(vt_pool *pool, vt_job *job);

/* Refuses further jobs, runs out what was taken, joins the threads. Not from a job. May be called again. Accepts NULL.
 */
void vt_pool_stop(vt_pool *pool);

/* Stops the pool and frees it. Nobody may be inside vt_pool_submit. Accepts NULL. */
void vt_pool_close(vt_pool *pool);

#endif
