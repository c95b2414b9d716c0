#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/wheel.h"

static void nodes_come_out_when_they_are_due(void **state) {
    (void) state;
    enum { NODES = 2000, STEP = 37 };
    static vt_wheel wheel;
    static vt_wheel_node nodes[NODES];
    vt_wheel_init(&wheel, 10, 1000);
    for (int i = 0; i < NODES; i++) {
        vt_wheel_set(&wheel, &nodes[i], 1000 + (i * 7919) % 20000);
    }
    int seen = 0;
    for (int64_t now = 1000; now <= 21000 + STEP; now += STEP) {
        vt_wheel_turn(&wheel, now);
        vt_wheel_node *node;
        while ((node = vt_wheel_pop(&wheel)) != NULL) {
            assert_true(node->at_ms <= now && node->at_ms > now - STEP);
            assert_false(vt_wheel_is_armed(node));
            seen++;
        }
    }
    assert_int_equal(seen, NODES);
    assert_int_equal(wheel.armed, 0);
}

static void a_jump_over_many_rounds_misses_nothing(void **state) {
    (void) state;
    static vt_wheel wheel;
    vt_wheel_node nodes[3] = {0};
    vt_wheel_init(&wheel, 10, 0);
    vt_wheel_set(&wheel, &nodes[0], 5);
    vt_wheel_set(&wheel, &nodes[1], 5120 + 5);
    vt_wheel_set(&wheel, &nodes[2], 10000000);
    vt_wheel_turn(&wheel, 9999999);
    assert_non_null(vt_wheel_pop(&wheel));
    assert_non_null(vt_wheel_pop(&wheel));
    assert_null(vt_wheel_pop(&wheel));
    vt_wheel_turn(&wheel, 10000000);
    assert_ptr_equal(vt_wheel_pop(&wheel), &nodes[2]);
}

static void cleared_and_moved_nodes_stay_silent(void **state) {
    (void) state;
    static vt_wheel wheel;
    vt_wheel_node nodes[3] = {0};
    vt_wheel_init(&wheel, 10, 0);
    for (int i = 0; i < 3; i++) {
        vt_wheel_set(&wheel, &nodes[i], 50);
    }
    vt_wheel_set(&wheel, &nodes[1], 500);
    vt_wheel_turn(&wheel, 60);
    vt_wheel_clear(&wheel, &nodes[2]); /* due already, but not out yet */
    assert_ptr_equal(vt_wheel_pop(&wheel), &nodes[0]);
    assert_null(vt_wheel_pop(&wheel));
    vt_wheel_set(&wheel, &nodes[0], 1); /* in the past */
    vt_wheel_turn(&wheel, 60);
    assert_ptr_equal(vt_wheel_pop(&wheel), &nodes[0]);
    assert_int_equal(wheel.armed, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_come_out_when_they_are_due),
        cmocka_unit_test(a_jump_over_many_rounds_misses_nothing),
        cmocka_unit_test(cleared_and_moved_nodes_stay_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
