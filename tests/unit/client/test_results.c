#include "client/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_band_names *names;
static vt_results results;

static bool read_body(const char *body) {
    return vt_results_read(&results, names, vt_slice_str(body));
}

static void test_read(void **state) {
    (void) state;
    assert_true(read_body("{\"total\":9,\"verdicts\":{\"counted\":9,\"conflict\":2,\"quota\":3,\"bad\":0},\"bands\":["
                          "{\"name\":\"B\",\"votes\":5},{\"name\":\"other\",\"votes\":4},{\"votes\":1}]}"));
    assert_int_equal(results.total, 9);
    assert_int_equal(results.conflict, 2);
    assert_int_equal(results.quota, 3);
    assert_int_equal(results.bands[0], 0);
    assert_int_equal(results.bands[1], 5);
    assert_true(read_body("{\"total\":1,\"bands\":[{\"name\":\"A\",\"votes\":1}]}"));
    assert_int_equal(results.bands[0], 1);
    assert_int_equal(results.bands[1], 0);
}

static void test_not_shown(void **state) {
    (void) state;
    assert_false(read_body("{\"total\":0,\"bands\":[],\"hidden\":true}"));
    assert_false(read_body("{\"total\":0}"));
    assert_false(read_body("{\"bands\":[]}"));
    assert_false(read_body("[]"));
    assert_false(read_body("<html>"));
    assert_false(read_body(""));
}

static int set_up(void **state) {
    (void) state;
    uint32_t number = 0;
    bool good = vt_band_names_new(&names) == VT_OK && vt_band_names_add(names, VT_SLICE("A"), &number) == VT_OK &&
                vt_band_names_add(names, VT_SLICE("B"), &number) == VT_OK && vt_results_init(&results, names) == VT_OK;
    return good ? 0 : -1;
}

static int tear_down(void **state) {
    (void) state;
    vt_results_release(&results);
    vt_results_release(&results);
    vt_band_names_free(names);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_not_shown)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
