#include "net/weighted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_members_and_weights(void **state) {
    (void) state;
    static const struct {
        vt_slice value;
        int weight;
    } expected[] = {{VT_SLICE("a"), 1000}, {VT_SLICE("b"), 500},  {VT_SLICE("c"), 999},
                    {VT_SLICE(""), 1000},  {VT_SLICE("d"), 0},    {VT_SLICE("e"), 0},
                    {VT_SLICE("f"), 0},    {VT_SLICE("g"), 1000}, {VT_SLICE("h h"), 1000}};
    vt_slice list = VT_SLICE("a, b;q=0.5 ,\tc ; Q=0.999,,d;q=,e;x=1,f;q=2,g;q=1.0,h h");
    vt_weighted found;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(vt_weighted_next(&list, &found));
        assert_true(vt_slice_eq(found.value, expected[i].value));
        assert_int_equal(found.weight, expected[i].weight);
    }
    assert_false(vt_weighted_next(&list, &found));
}

static void test_browsers_want_pages(void **state) {
    (void) state;
    static const char *const browsers[] = {
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
        "application/signed-exchange;v=b3;q=0.7",
        "Text/HTML",
        "application/json;q=0.5, text/html;q=0.6",
    };
    static const char *const others[] = {
        "", "*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0", "text/*", "text/html2",
    };
    for (size_t i = 0; i < sizeof browsers / sizeof browsers[0]; i++) {
        assert_true(vt_weighted_wants_page(vt_slice_str(browsers[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(vt_weighted_wants_page(vt_slice_str(others[i])));
    }
    assert_false(vt_weighted_wants_page((vt_slice){NULL, 0}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_and_weights),
        cmocka_unit_test(test_browsers_want_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
