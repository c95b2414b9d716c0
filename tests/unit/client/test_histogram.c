#include "client/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static vt_histogram histogram;

static void assert_near(uint64_t got, uint64_t wanted) {
    double error = ((double) got - (double) wanted) / (double) wanted;
    assert_true(error < 1.0 / 128 && error > -1.0 / 128);
}

static void test_empty(void **state) {
    (void) state;
    vt_histogram_init(&histogram);
    assert_int_equal(vt_histogram_quantile(&histogram, 0.5), 0);
}

static void test_small_values_are_exact(void **state) {
    (void) state;
    vt_histogram_init(&histogram);
    for (uint64_t i = 1; i <= 100; i++) {
        vt_histogram_record(&histogram, i, 1);
    }
    assert_int_equal(vt_histogram_quantile(&histogram, 0.5), 50);
    assert_int_equal(vt_histogram_quantile(&histogram, 0.99), 99);
    assert_int_equal(vt_histogram_quantile(&histogram, 1), 100);
}

/* One value alone must come back nearly itself, whatever its size. */
static void test_every_size(void **state) {
    (void) state;
    for (uint64_t value = 1; value < UINT64_MAX / 5; value = value * 5 / 3 + 1) {
        vt_histogram_init(&histogram);
        vt_histogram_record(&histogram, value, 1);
        vt_histogram_record(&histogram, UINT64_MAX, 1);
        assert_near(vt_histogram_quantile(&histogram, 0.5), value);
        assert_true(histogram.max == UINT64_MAX);
    }
}

static void test_spread(void **state) {
    (void) state;
    vt_histogram_init(&histogram);
    for (uint64_t i = 1; i <= 100000; i++) {
        vt_histogram_record(&histogram, i * 1000, 1);
    }
    assert_near(vt_histogram_quantile(&histogram, 0.5), 50000000);
    assert_near(vt_histogram_quantile(&histogram, 0.99), 99000000);
    assert_near(vt_histogram_quantile(&histogram, 0.999), 99900000);
    assert_true(vt_histogram_quantile(&histogram, 1) <= 100000000);
}

static void test_times(void **state) {
    (void) state;
    vt_histogram_init(&histogram);
    vt_histogram_record(&histogram, 5, 98);
    vt_histogram_record(&histogram, 1000, 2);
    vt_histogram_record(&histogram, 9999, 0);
    assert_int_equal(histogram.count, 100);
    assert_int_equal(histogram.max, 1000);
    assert_int_equal(vt_histogram_quantile(&histogram, 0.98), 5);
    assert_near(vt_histogram_quantile(&histogram, 0.99), 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),      cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_every_size), cmocka_unit_test(test_spread),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
