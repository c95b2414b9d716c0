#include "net/wheel.h"

#include "base/assert.h"

static void ring_init(vt_wheel_node *head) {
    head->prev = head;
    head->next = head;
}

static void ring_append(vt_wheel_node *head, vt_wheel_node *node) {
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static void ring_remove(vt_wheel_node *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->prev = NULL;
    node->next = NULL;
}

void vt_wheel_init(vt_wheel *wheel, int64_t tick_ms, int64_t now_ms) {
    VT_ASSERT(tick_ms >= 1);
    for (size_t i = 0; i < VT_WHEEL_SLOTS; i++) {
        ring_init(&wheel->slots[i]);
    }
    ring_init(&wheel->due);
    wheel->tick_ms = tick_ms;
    wheel->turned_tick = now_ms / tick_ms;
    wheel->armed = 0;
}

void vt_wheel_set(vt_wheel *wheel, vt_wheel_node *node, int64_t at_ms) {
    vt_wheel_clear(wheel, node);
    int64_t tick = at_ms / wheel->tick_ms;
    if (tick < wheel->turned_tick) {
        tick = wheel->turned_tick;
    }
    node->at_ms = at_ms;
    ring_append(&wheel->slots[(uint64_t) tick % VT_WHEEL_SLOTS], node);
    wheel->armed++;
}

void vt_wheel_clear(vt_wheel *wheel, vt_wheel_node *node) {
    if (vt_wheel_is_armed(node)) {
        ring_remove(node);
        wheel->armed--;
    }
}

static void turn_slot(vt_wheel *wheel, vt_wheel_node *head, int64_t now_ms) {
    vt_wheel_node *node = head->next;
    while (node != head) {
        vt_wheel_node *next = node->next;
        if (node->at_ms <= now_ms) {
            ring_remove(node);
            ring_append(&wheel->due, node);
        }
        node = next;
    }
}

void vt_wheel_turn(vt_wheel *wheel, int64_t now_ms) {
    int64_t tick = now_ms / wheel->tick_ms;
    int64_t from = wheel->turned_tick;
    if (tick - from >= VT_WHEEL_SLOTS) {
        from = tick - VT_WHEEL_SLOTS + 1; /* one round sees every slot */
    }
    for (int64_t at = from; at <= tick; at++) {
        turn_slot(wheel, &wheel->slots[(uint64_t) at % VT_WHEEL_SLOTS], now_ms);
    }
    /* The slot of this very tick may still hold nodes of its later milliseconds. */
    wheel->turned_tick = tick;
}

vt_wheel_node *vt_wheel_pop(vt_wheel *wheel) {
    vt_wheel_node *node = wheel->due.next;
    if (node == &wheel->due) {
        return NULL;
    }
    vt_wheel_clear(wheel, node);
    return node;
}
