#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct moment {
    int64_t at_ms;
    const char *text;
} moment;

static void test_iso8601(void **state) {
    (void) state;
    static const moment moments[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1795435200123, "2026-11-23T12:00:00.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        char text[VT_ISO8601_LEN + 1];
        vt_clock_format_iso8601(moments[i].at_ms, text);
        assert_string_equal(text, moments[i].text);
    }
}

static void test_monotonic(void **state) {
    (void) state;
    int64_t last_ns = vt_clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now_ns = vt_clock_monotonic_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
}

static void test_deadline(void **state) {
    (void) state;
    int64_t now_ns = vt_clock_monotonic_ns();
    int64_t deadline_ns = vt_clock_deadline_ns(3600000);
    assert_in_range(deadline_ns - now_ns, INT64_C(3600000000000), INT64_C(3660000000000));
    assert_in_range(vt_clock_left_ms(deadline_ns), 3540000, 3600000);
    assert_int_equal(vt_clock_left_ms(vt_clock_monotonic_ns()), 0);
    assert_int_equal(vt_clock_left_ms(0), 0);
    assert_int_equal(vt_clock_left_ms(INT64_MAX), INT32_MAX);
    /* A wait of 0 ms before the end would be one that does not wait. */
    for (int64_t end_ns = vt_clock_monotonic_ns() + 2000000; vt_clock_monotonic_ns() < end_ns;) {
        int left_ms = vt_clock_left_ms(end_ns);
        assert_true(left_ms <= 2 && (left_ms > 0 || vt_clock_monotonic_ns() >= end_ns));
    }
}

static void test_wall(void **state) {
    (void) state;
    assert_true(vt_clock_wall_ms() > 1600000000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso8601),
        cmocka_unit_test(test_monotonic),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_wall),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
