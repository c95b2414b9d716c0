#include "client/band_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static void test_many(void **state) {
    (void) state;
    vt_band_names *names = NULL;
    assert_int_equal(vt_band_names_new(&names), VT_OK);
    char name[16];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            uint32_t number = UINT32_MAX;
            snprintf(name, sizeof name, "band %u", i);
            assert_int_equal(vt_band_names_add(names, vt_slice_str(name), &number), VT_OK);
            assert_int_equal(number, i);
        }
    }
    assert_int_equal(vt_band_names_count(names), 1000);
    assert_true(vt_slice_eq(vt_band_names_at(names, 0), VT_SLICE("band 0")));
    assert_true(vt_slice_eq(vt_band_names_at(names, 999), VT_SLICE("band 999")));
    uint32_t found = 0;
    assert_true(vt_band_names_find(names, VT_SLICE("band 500"), &found));
    assert_int_equal(found, 500);
    assert_false(vt_band_names_find(names, VT_SLICE("band 1000"), &found));
    assert_int_equal(found, 500);
    vt_band_names_free(names);
    vt_band_names_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
