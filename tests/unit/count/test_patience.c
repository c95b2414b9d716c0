#include "count/patience.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool goes_on(void *context) {
    int *left = context;
    return (*left)-- > 0;
}

static void test_only_busy_is_worth_it(void **state) {
    (void) state;
    vt_patience patience = {0};
    assert_false(vt_patience_tries_again(&patience, VT_OK));
    assert_false(vt_patience_tries_again(&patience, VT_ERR_MOVED));
    assert_false(vt_patience_tries_again(&patience, VT_ERR_CORRUPT));
    assert_true(vt_patience_tries_again(&patience, VT_ERR_BUSY));
}

static void test_it_has_an_end(void **state) {
    (void) state;
    int64_t long_ago_ns = vt_clock_monotonic_ns() - (int64_t) VT_PATIENCE_MS * 1000000;
    vt_patience patience = {.since_ns = long_ago_ns};
    assert_false(vt_patience_tries_again(&patience, VT_ERR_BUSY));
    assert_false(vt_patience_tries_again(&patience, VT_OK)); /* it begins anew with the next failure */
    assert_true(vt_patience_tries_again(&patience, VT_ERR_BUSY));
}

static void test_nobody_waits(void **state) {
    (void) state;
    int left = 1;
    vt_patience patience = {.goes_on = goes_on, .context = &left};
    assert_true(vt_patience_tries_again(&patience, VT_ERR_BUSY));
    assert_false(vt_patience_tries_again(&patience, VT_ERR_BUSY));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_busy_is_worth_it),
        cmocka_unit_test(test_it_has_an_end),
        cmocka_unit_test(test_nobody_waits),
    };
    return cmocka_run_group_tests_name("count/patience", tests, NULL, NULL);
}
