#include "base/clock.h"
#include "base/queue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void *item(uintptr_t number) {
    return (void *) number; /* NOLINT: the queue never follows the pointer */
}

static vt_queue *open_queue(size_t items_max) {
    vt_queue *queue = NULL;
    assert_int_equal(vt_queue_open(items_max, &queue), VT_OK);
    return queue;
}

static void test_order_and_limits(void **state) {
    (void) state;
    vt_queue *queue = open_queue(4);
    void *in[5] = {item(1), item(2), item(3), item(4), item(5)};
    void *out[5] = {0};
    assert_int_equal(vt_queue_push(queue, in, 0), VT_OK);
    assert_int_equal(vt_queue_push(queue, in, 5), VT_ERR_OVERLOADED);
    assert_int_equal(vt_queue_depth(queue), 0);
    assert_int_equal(vt_queue_push(queue, in, 3), VT_OK);
    assert_int_equal(vt_queue_push(queue, in + 3, 2), VT_ERR_OVERLOADED);
    assert_int_equal(vt_queue_depth(queue), 3);
    assert_int_equal(vt_queue_push(queue, in + 3, 1), VT_OK);
    assert_int_equal(vt_queue_take(queue, out, 2, 0), 2);
    assert_ptr_equal(out[0], item(1));
    assert_ptr_equal(out[1], item(2));
    assert_int_equal(vt_queue_take(queue, out, 5, 0), 2);
    assert_ptr_equal(out[0], item(3));
    assert_ptr_equal(out[1], item(4));
    vt_queue_close(queue);
}

/* Every position of the ring as a start, every number of items: what wraps around comes out in order. */
static void test_ring_wraps(void **state) {
    (void) state;
    enum { ITEMS_MAX = 7 };
    vt_queue *queue = open_queue(ITEMS_MAX);
    uintptr_t pushed = 0;
    uintptr_t taken = 0;
    for (int round = 0; round < 100; round++) {
        size_t count = 1 + (size_t) round % ITEMS_MAX;
        void *items[ITEMS_MAX];
        for (size_t i = 0; i < count; i++) {
            items[i] = item(++pushed);
        }
        assert_int_equal(vt_queue_push(queue, items, count), VT_OK);
        assert_int_equal(vt_queue_take(queue, items, ITEMS_MAX, -1), count);
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(items[i], item(++taken));
        }
    }
    vt_queue_close(queue);
}

static void test_timeout(void **state) {
    (void) state;
    vt_queue *queue = open_queue(1);
    void *out;
    assert_int_equal(vt_queue_take(queue, &out, 1, 0), 0);
    int64_t before_ns = vt_clock_monotonic_ns();
    assert_int_equal(vt_queue_take(queue, &out, 1, 20), 0);
    assert_true(vt_clock_monotonic_ns() - before_ns >= 20 * 1000000);
    vt_queue_close(queue);
}

static void test_stop(void **state) {
    (void) state;
    vt_queue *queue = open_queue(2);
    void *one = item(1);
    void *out = NULL;
    assert_int_equal(vt_queue_push(queue, &one, 1), VT_OK);
    assert_false(vt_queue_is_stopped(queue));
    vt_queue_stop(queue);
    vt_queue_stop(queue);
    assert_true(vt_queue_is_stopped(queue));
    assert_int_equal(vt_queue_push(queue, &one, 1), VT_ERR_GONE);
    assert_int_equal(vt_queue_take(queue, &out, 1, -1), 1);
    assert_ptr_equal(out, one);
    assert_int_equal(vt_queue_take(queue, &out, 1, -1), 0);
    vt_queue_close(queue);
    vt_queue_close(NULL);
}

static void test_too_large(void **state) {
    (void) state;
    vt_queue *queue = NULL;
    assert_int_equal(vt_queue_open(SIZE_MAX, &queue), VT_ERR_NO_MEMORY);
    assert_null(queue);
}

/* Many producers, one consumer. Each item holds its producer and its place in that producer's order. */
enum { PRODUCERS = 4, ITEMS_EACH = 30000, PUSH_MAX = 7, TAKE_MAX = 5, QUEUE_MAX = 64 };

typedef struct producer {
    vt_queue *queue;
    uintptr_t number;
    uint64_t refused;
    pthread_t thread;
} producer;

static void *produce(void *argument) {
    producer *self = argument;
    uintptr_t next = 0;
    while (next < ITEMS_EACH) {
        void *items[PUSH_MAX];
        size_t count = 1 + next % PUSH_MAX;
        count = count < ITEMS_EACH - next ? count : ITEMS_EACH - next;
        for (size_t i = 0; i < count; i++) {
            items[i] = item((next + i) * PRODUCERS + self->number + 1);
        }
        if (vt_queue_push(self->queue, items, count) == VT_OK) {
            next += count;
        } else {
            self->refused++;
            sched_yield();
        }
    }
    return NULL;
}

static void test_producers(void **state) {
    (void) state;
    vt_queue *queue = open_queue(QUEUE_MAX);
    producer producers[PRODUCERS];
    for (uintptr_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (producer){.queue = queue, .number = i};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    uintptr_t next[PRODUCERS] = {0};
    size_t total = 0;
    while (total < (size_t) PRODUCERS * ITEMS_EACH) {
        void *items[TAKE_MAX];
        size_t count = vt_queue_take(queue, items, TAKE_MAX, 10000);
        assert_in_range(count, 1, TAKE_MAX);
        for (size_t i = 0; i < count; i++) {
            uintptr_t value = (uintptr_t) items[i] - 1;
            assert_int_equal(value / PRODUCERS, next[value % PRODUCERS]++);
        }
        total += count;
    }
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
        assert_int_equal(next[i], ITEMS_EACH);
    }
    assert_int_equal(vt_queue_depth(queue), 0);
    vt_queue_close(queue);
}

/* A consumer that sleeps is woken by each kind of event. */
static void *push_one(void *argument) {
    void *one = item(1);
    return vt_queue_push(argument, &one, 1) == VT_OK ? item(1) : NULL;
}

static void *stop(void *argument) {
    vt_queue_stop(argument);
    return item(1);
}

static void test_wake_ups(void **state) {
    (void) state;
    for (int round = 0; round < 200; round++) {
        vt_queue *queue = open_queue(1);
        pthread_t thread;
        void *result = NULL;
        void *out;
        assert_int_equal(pthread_create(&thread, NULL, push_one, queue), 0);
        assert_int_equal(vt_queue_take(queue, &out, 1, -1), 1);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_non_null(result);
        assert_int_equal(pthread_create(&thread, NULL, stop, queue), 0);
        assert_int_equal(vt_queue_take(queue, &out, 1, -1), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        vt_queue_close(queue);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_limits), cmocka_unit_test(test_ring_wraps),
        cmocka_unit_test(test_timeout),          cmocka_unit_test(test_stop),
        cmocka_unit_test(test_too_large),        cmocka_unit_test(test_producers),
        cmocka_unit_test(test_wake_ups),
    };
    return cmocka_run_group_tests_name("base/queue", tests, NULL, NULL);
}
