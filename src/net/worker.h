/* One thread with its uv loop, its listening socket and its connections. */
#ifndef VT_NET_WORKER_H
#define VT_NET_WORKER_H

#include "net/acceptor.h"
#include "net/loop_state.h"

#include <pthread.h>
#include <uv.h>

typedef struct vt_tcp vt_tcp; /* net/tcp.h */

enum {
    VT_WORKER_READ_BYTES = 64 * 1024,
    VT_WORKER_BACKLOG = 4096,
    VT_WORKER_TURNED_AWAY_MAX = 256, /* connections beyond the limit that are told so; further ones are just closed */
    VT_WORKER_SPARE_MAX = 1024,
};

/* What the threads of a server share. */
typedef struct vt_worker_shared {
    _Atomic uint32_t connections; /* all but those turned away */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a worker's is_drained, unserved or is_sealed has changed */
} vt_worker_shared;

struct vt_worker {
    vt_loop loop;
    vt_worker_shared *shared;
    uv_loop_t uv;
    uv_async_t wake;
    uv_check_t check;
    uv_timer_t timer;
    uint64_t timer_ms; /* 0: stopped */
    vt_acceptor acceptor;
    bool is_running; /* the thread was started */
    pthread_t thread;
    vt_tcp *first;
    vt_tcp *spare;
    uint32_t spare_count;
    uint32_t turned_away;
    uint32_t drain_turns;   /* turns of the loop since the drain began; 0 before */
    int64_t drain_final_ms; /* when those that did not react are told without further ado */
    vt_task drain_task;
    vt_task close_task;
    uint32_t drain_timeout_ms;
    vt_task seal_task;
    bool is_drained;   /* under shared->mutex */
    bool is_sealed;    /* under shared->mutex */
    uint32_t unserved; /* under shared->mutex */
    char read_buffer[VT_WORKER_READ_BYTES];
};

/* Makes the loop and listens on `fd`, which it owns from then on, also on an error. Starts no thread. VT_ERR_SYSTEM;
 * *out_errno then says why. */
VT_MUST_CHECK vt_err vt_worker_open(vt_worker *worker, vt_loop_options options, vt_worker_shared *shared, int fd,
                                    int *out_errno);

/* Starts the thread. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_worker_start(vt_worker *worker);

/* Begins to drain; any thread. is_drained and shared->changed tell when it is done. */
void vt_worker_drain(vt_worker *worker, uint32_t timeout_ms);

/* Calls no handler any more, from when is_sealed says so; any thread, once, after vt_worker_drain. */
void vt_worker_seal(vt_worker *worker);

/* Closes all connections, joins the thread if it runs, frees. */
void vt_worker_close(vt_worker *worker);

/* Reads the clocks once in a turn. */
void vt_worker_touch(vt_worker *worker);

/* Sends what connections have to say. At the end of every callback that may have given them something. */
void vt_worker_flush(vt_worker *worker);

#endif
