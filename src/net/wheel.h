/* Many deadlines, cheaply: a hashed timer wheel (Varghese and Lauck 1987). Setting and clearing one costs a few
 * writes; nothing is allocated. One thread. */
#ifndef VT_NET_WHEEL_H
#define VT_NET_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VT_WHEEL_SLOTS = 512 };

/* Embedded in its owner; zeroed before the first use. `next` is NULL while it is not armed. */
typedef struct vt_wheel_node {
    struct vt_wheel_node *prev;
    struct vt_wheel_node *next;
    int64_t at_ms;
} vt_wheel_node;

typedef struct vt_wheel {
    vt_wheel_node slots[VT_WHEEL_SLOTS]; /* heads of rings */
    vt_wheel_node due;
    int64_t tick_ms;
    int64_t turned_tick; /* every slot before this tick is without expired nodes */
    size_t armed;
} vt_wheel;

/* `tick_ms` is the resolution, at least 1; `now_ms` any monotonic time. */
void vt_wheel_init(vt_wheel *wheel, int64_t tick_ms, int64_t now_ms);

/* Arms the node for `at_ms`, also when it was armed before. A time that has passed is due at the next turn. */
void vt_wheel_set(vt_wheel *wheel, vt_wheel_node *node, int64_t at_ms);

/* Disarms the node if it is armed. */
void vt_wheel_clear(vt_wheel *wheel, vt_wheel_node *node);

static inline bool vt_wheel_is_armed(const vt_wheel_node *node) {
    return node->next != NULL;
}

/* Collects what has expired by `now_ms`; vt_wheel_pop then hands it out. */
void vt_wheel_turn(vt_wheel *wheel, int64_t now_ms);

/* Disarms and returns one expired node, or NULL. */
vt_wheel_node *vt_wheel_pop(vt_wheel *wheel);

#endif
