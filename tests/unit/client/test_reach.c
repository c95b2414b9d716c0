#include "client/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_the_last_of_each_partition(void **state) {
    (void) state;
    vt_reach wanted;
    vt_reach reach;
    vt_reach_init(&wanted);
    vt_reach_init(&reach);
    assert_false(vt_reach_is_known(&wanted));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 0);
    vt_reach_add(&wanted, VT_SLICE("3:17"));
    vt_reach_add(&wanted, VT_SLICE("3:5"));
    vt_reach_add(&wanted, VT_SLICE("0:0"));
    assert_true(vt_reach_is_known(&wanted));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 19);
    vt_reach_add(&reach, VT_SLICE("0:9,3:16,255:4"));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 1);
    vt_reach_add(&reach, VT_SLICE("3:17"));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 0);
}

static void test_a_ledger_without_partitions(void **state) {
    (void) state;
    vt_reach wanted;
    vt_reach reach;
    vt_reach_init(&wanted);
    vt_reach_init(&reach);
    vt_reach_add(&wanted, VT_SLICE("12"));
    vt_reach_add(&reach, VT_SLICE("0:100"));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 13);
    vt_reach_add(&reach, VT_SLICE("12"));
    assert_int_equal(vt_reach_short_of(&reach, &wanted), 0);
}

static void test_what_is_no_position(void **state) {
    (void) state;
    vt_reach reach;
    vt_reach_init(&reach);
    vt_reach_add(&reach, VT_SLICE(""));
    vt_reach_add(&reach, VT_SLICE(",,-1,x:1,1:,256:0,99999999999999999999"));
    assert_false(vt_reach_is_known(&reach));
    vt_reach_add(&reach, VT_SLICE("x,255:0,"));
    assert_true(vt_reach_is_known(&reach));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_of_each_partition),
        cmocka_unit_test(test_a_ledger_without_partitions),
        cmocka_unit_test(test_what_is_no_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
