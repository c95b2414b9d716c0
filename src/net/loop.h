/* Handing work to a loop's thread. */
#ifndef VT_NET_LOOP_H
#define VT_NET_LOOP_H

#include "net/http.h"

/* Embedded in the poster's object; in use from vt_loop_post until `run` is called. */
typedef struct vt_task {
    struct vt_task *next;
    void (*run)(struct vt_task *task);
} vt_task;

/* Runs the task on the loop's thread soon, in the order of posting. Any thread; never blocks, never allocates, and
 * wakes the loop at most once for many tasks. The loop must not be closed before `run` was called. */
void vt_loop_post(vt_loop *loop, vt_task *task);

/* 0 … loops − 1, among the loops of one server. */
uint32_t vt_loop_index(const vt_loop *loop);

/* Milliseconds of vt_clock_wall_ms, read once in each turn of the loop. On the loop's thread. */
int64_t vt_loop_wall_ms(const vt_loop *loop);

#endif
