#include "count/verdict_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_it_keeps_verdicts(void **state) {
    (void) state;
    enum { FIRST = 1000, END = 21000 };
    vt_verdict_map map;
    assert_int_equal(vt_verdict_map_init(&map, FIRST, END), VT_OK);
    for (int64_t i = FIRST; i < END; i++) {
        assert_int_equal(vt_verdict_map_get(&map, i), VT_VERDICT_NONE);
        vt_verdict_map_set(&map, i, (vt_verdict) (i % VT_VERDICT_COUNT));
    }
    for (int64_t i = FIRST; i < END; i++) {
        assert_int_equal(vt_verdict_map_get(&map, i), i % VT_VERDICT_COUNT);
    }
    vt_verdict_map_release(&map);
    vt_verdict_map_release(&map);
}

static void test_it_may_be_empty(void **state) {
    (void) state;
    vt_verdict_map map;
    assert_int_equal(vt_verdict_map_init(&map, 5, 5), VT_OK);
    assert_null(map.verdicts);
    vt_verdict_map_release(&map);
}

/* No file can be so large: the disk is full before it is written to. */
static void test_there_is_no_room(void **state) {
    (void) state;
    vt_verdict_map map;
    assert_int_not_equal(vt_verdict_map_init(&map, 0, INT64_C(1) << 62), VT_OK);
    assert_null(map.verdicts);
    vt_verdict_map_release(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_keeps_verdicts),
        cmocka_unit_test(test_it_may_be_empty),
        cmocka_unit_test(test_there_is_no_room),
    };
    return cmocka_run_group_tests_name("count/verdict_map", tests, NULL, NULL);
}
