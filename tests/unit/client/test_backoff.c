#include "client/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_doubles_up_to_the_limit(void **state) {
    (void) state;
    int64_t whole = VT_BACKOFF_FIRST_MS;
    for (uint32_t attempt = 1; attempt < 40; attempt++) {
        assert_int_equal(vt_backoff_ms(attempt, -1, 0), whole / 2);
        assert_in_range(vt_backoff_ms(attempt, -1, UINT32_MAX), whole - 1, whole);
        whole = whole * 2 > VT_BACKOFF_MAX_MS ? VT_BACKOFF_MAX_MS : whole * 2;
    }
}

static void test_retry_after_is_a_floor(void **state) {
    (void) state;
    assert_int_equal(vt_backoff_ms(1, 2000, 0), 2000);
    assert_in_range(vt_backoff_ms(1, 2000, UINT32_MAX), 2400, 2500);
    assert_in_range(vt_backoff_ms(20, 1000, UINT32_MAX), VT_BACKOFF_MAX_MS - 1, VT_BACKOFF_MAX_MS);
    assert_int_equal(vt_backoff_ms(1, 86400000, 0), VT_RETRY_AFTER_MAX_MS);
    assert_int_equal(vt_backoff_ms(1, 0, 0), VT_BACKOFF_FIRST_MS / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_up_to_the_limit),
        cmocka_unit_test(test_retry_after_is_a_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
