/* A bounded queue from many producer threads to one consumer thread: the way of votes to the ledger.
 *
 * It holds pointers and does not own what they point to. Nothing is allocated after vt_queue_open.
 */
#ifndef VT_BASE_QUEUE_H
#define VT_BASE_QUEUE_H

#include "base/err.h"

#include <stddef.h>

typedef struct vt_queue vt_queue;

/* A queue of at most `items_max` (>= 1) pointers. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_queue_open(size_t items_max, vt_queue **out);

/* Frees the queue; no thread may be inside it. Accepts NULL. */
void vt_queue_close(vt_queue *queue);

/* Adds all `count` items or none, in order. Any thread. VT_ERR_OVERLOADED when they do not fit, VT_ERR_GONE after stop.
 */
VT_MUST_CHECK vt_err vt_queue_push(vt_queue *queue, void *const *items, size_t count);

/* Takes up to `max` items, oldest first; waits until there is one, the queue is stopped or `timeout_ms` has passed
 * (< 0: for ever). Returns how many; 0 on a timeout or when the queue is stopped and empty. Consumer thread only. */
size_t vt_queue_take(vt_queue *queue, void **items, size_t max, int timeout_ms);

/* Refuses further pushes and wakes the consumer, which may still take what is there. Any thread. */
void vt_queue_stop(vt_queue *queue);

bool vt_queue_is_stopped(vt_queue *queue);

/* How many items wait now; for metrics. Any thread. */
size_t vt_queue_depth(vt_queue *queue);

#endif
