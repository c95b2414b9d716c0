#include "client/pacer.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_schedule(void **state) {
    (void) state;
    vt_pacer pacer = {.rate = 3};
    vt_pacer_start(&pacer, 1000);
    assert_int_equal(vt_pacer_due_ns(&pacer, 0), 1000);
    assert_int_equal(vt_pacer_due_ns(&pacer, 1), 1000 + 333333333);
    assert_int_equal(vt_pacer_due_ns(&pacer, 3), 1000 + 1000000000);
    assert_int_equal(vt_pacer_due_ns(&pacer, 3000000001), 1000 + 1000000000000000000 + 333333333);
    pacer.rate = 0;
    assert_int_equal(vt_pacer_due_ns(&pacer, 77), 1000);
}

static void on_due(void *owner) {
    int64_t *at_ns = owner;
    *at_ns = vt_clock_monotonic_ns();
}

static void test_alarm(void **state) {
    (void) state;
    uv_loop_t loop;
    vt_pacer pacer;
    int64_t at_ns = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vt_pacer_open(&pacer, &loop, 1, on_due, &at_ns), VT_OK);
    int64_t wanted_ns = vt_clock_monotonic_ns() + 3500000;
    vt_pacer_alarm(&pacer, wanted_ns + 60000000000);
    vt_pacer_alarm(&pacer, wanted_ns);
    uv_run(&loop, UV_RUN_ONCE);
    assert_true(at_ns >= wanted_ns);
    vt_pacer_close(&pacer);
    vt_pacer_close(&pacer);
    uv_run(&loop, UV_RUN_DEFAULT);
    vt_pacer_close(&pacer);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schedule), cmocka_unit_test(test_alarm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
