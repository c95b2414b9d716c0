#include "web/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char room[VT_QUERY_VALUE_BYTES_MAX];

static vt_slice found(const char *query, const char *name) {
    vt_slice value = VT_SLICE("unset");
    assert_int_equal(vt_query_find(vt_slice_str(query), vt_slice_str(name), room, &value), VT_OK);
    return value;
}

static void expect(const char *query, const char *name, const char *wanted) {
    vt_slice value = found(query, name);
    assert_non_null(value.ptr);
    assert_int_equal(value.len, strlen(wanted));
    assert_memory_equal(value.ptr, wanted, value.len);
}

static void test_finds_among_others(void **state) {
    (void) state;
    expect("limit=5&band=abc&x", "band", "abc");
    expect("limit=5&band=abc&x", "limit", "5");
    expect("a=1&a=2", "a", "2");
    expect("a=", "a", "");
    expect("a=b=c", "a", "b=c");
    expect("&&a=1&&", "a", "1");
}

static void test_absent(void **state) {
    (void) state;
    assert_null(found("", "a").ptr);
    assert_null(found("ab=1", "a").ptr);
    assert_null(found("a", "a").ptr);
    assert_null(found("A=1", "a").ptr);
}

static void test_decodes(void **state) {
    (void) state;
    expect("b=%C3%91and%c3%ba+y%20m%C3%A1s%26%3D%2B", "b", "Ñandú y más&=+");
}

static void test_refuses_a_bad_percent(void **state) {
    (void) state;
    const char *const queries[] = {"b=%", "b=%4", "b=%zz", "b=a%2", "b=%%41", "b=%4&x=1"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        vt_slice value;
        assert_int_equal(vt_query_find(vt_slice_str(queries[i]), VT_SLICE("b"), room, &value),
                         VT_ERR_MALFORMED_REQUEST);
    }
}

/* The byte behind the query would make it whole. */
static void test_does_not_read_beyond_the_end(void **state) {
    (void) state;
    vt_slice value;
    assert_int_equal(vt_query_find(vt_slice_of("b=%41", 4), VT_SLICE("b"), room, &value), VT_ERR_MALFORMED_REQUEST);
    assert_int_equal(vt_query_find(vt_slice_of("b=%41", 3), VT_SLICE("b"), room, &value), VT_ERR_MALFORMED_REQUEST);
}

static void test_ignores_a_bad_percent_elsewhere(void **state) {
    (void) state;
    expect("x=%zz&b=1", "b", "1");
}

static void test_limits_the_length(void **state) {
    (void) state;
    char query[2 + VT_QUERY_VALUE_BYTES_MAX + 1] = "b=";
    memset(query + 2, 'a', VT_QUERY_VALUE_BYTES_MAX + 1);
    vt_slice value;
    vt_slice fits = vt_slice_of(query, 2 + VT_QUERY_VALUE_BYTES_MAX);
    assert_int_equal(vt_query_find(fits, VT_SLICE("b"), room, &value), VT_OK);
    assert_int_equal(value.len, VT_QUERY_VALUE_BYTES_MAX);
    vt_slice longer = vt_slice_of(query, sizeof query);
    assert_int_equal(vt_query_find(longer, VT_SLICE("b"), room, &value), VT_ERR_TOO_LONG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_among_others),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_decodes),
        cmocka_unit_test(test_refuses_a_bad_percent),
        cmocka_unit_test(test_ignores_a_bad_percent_elsewhere),
        cmocka_unit_test(test_limits_the_length),
        cmocka_unit_test(test_does_not_read_beyond_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
