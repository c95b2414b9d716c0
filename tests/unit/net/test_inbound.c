#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/inbound.h"

static vt_inbound_pool pool;

static void targets_are_split_or_refused(void **state) {
    (void) state;
    static const struct {
        const char *method;
        const char *target;
        const char *path; /* NULL: refused */
        const char *query;
    } cases[] = {
        {"GET", "/", "/", ""},
        {"GET", "/a?b?c", "/a", "b?c"},
        {"GET", "/a?", "/a", ""},
        {"GET", "http://h", "/", ""},
        {"GET", "HTTPS://h:1/a?b", "/a", "b"},
        {"GET", "http://h?b", "/", "b"},
        {"OPTIONS", "*", "*", ""},
        {"GET", "*", NULL, ""},
        {"GET", "", NULL, ""},
        {"GET", "a", NULL, ""},
        {"GET", "ftp://h/a", NULL, ""},
        {"GET", "http://", NULL, ""},
        {"GET", "/a#b", NULL, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vt_inbound *inbound = vt_inbound_take(&pool, 1000);
        assert_non_null(inbound);
        inbound->method = vt_slice_str(cases[i].method);
        assert_int_equal(vt_inbound_append(inbound, &inbound->target, vt_slice_str(cases[i].target), false), VT_OK);
        vt_slice path = {NULL, 0};
        vt_slice query = {NULL, 0};
        vt_err err = vt_inbound_split_target(inbound, &path, &query);
        assert_int_equal(err, cases[i].path == NULL ? VT_ERR_MALFORMED_REQUEST : VT_OK);
        if (err == VT_OK) {
            assert_true(vt_slice_eq(path, vt_slice_str(cases[i].path)));
            assert_true(vt_slice_eq(query, vt_slice_str(cases[i].query)));
        }
        vt_inbound_give(&pool, inbound);
    }
}

static void add(vt_inbound *inbound, const char *name, const char *value) {
    vt_inbound_field *field;
    assert_int_equal(vt_inbound_header_now(inbound, &field), VT_OK);
    *field = (vt_inbound_field){0};
    assert_int_equal(vt_inbound_append(inbound, &field->name, vt_slice_str(name), true), VT_OK);
    assert_int_equal(vt_inbound_append(inbound, &field->value, vt_slice_str(value), false), VT_OK);
    inbound->headers_count++;
}

static void headers_are_found_by_their_lower_case_name(void **state) {
    (void) state;
    vt_inbound *inbound = vt_inbound_take(&pool, 1000);
    uint32_t count;
    assert_int_equal(vt_inbound_append(inbound, &inbound->authority, VT_SLICE("a.example"), false), VT_OK);
    add(inbound, "X-One", "Aa");
    add(inbound, "x-empty", "");
    add(inbound, "X-ONE", "b");
    assert_true(vt_slice_eq(vt_inbound_header(inbound, VT_SLICE("x-one"), &count), VT_SLICE("Aa")));
    assert_int_equal(count, 2);
    assert_non_null(vt_inbound_header(inbound, VT_SLICE("x-empty"), NULL).ptr);
    assert_null(vt_inbound_header(inbound, VT_SLICE("x-none"), &count).ptr);
    assert_int_equal(count, 0);
    vt_header headers[VT_INBOUND_HEADERS_MAX + 1];
    assert_int_equal(vt_inbound_headers(inbound, headers), 4);
    assert_true(vt_slice_eq(headers[3].name, VT_SLICE("host")));
    assert_true(vt_slice_eq(headers[3].value, VT_SLICE("a.example")));
    vt_inbound_give(&pool, inbound);
}

static void limits_hold(void **state) {
    (void) state;
    vt_inbound *inbound = vt_inbound_take(&pool, 10);
    assert_int_equal(vt_inbound_append(inbound, &inbound->target, VT_SLICE("0123456789"), false), VT_OK);
    assert_int_equal(vt_inbound_append(inbound, &inbound->target, VT_SLICE("x"), false), VT_ERR_HEADERS_TOO_LARGE);
    assert_int_equal(vt_inbound_count(inbound, 1), VT_ERR_HEADERS_TOO_LARGE);
    assert_int_equal(inbound->target.len, 10);
    assert_int_equal(vt_inbound_append_body(inbound, VT_SLICE("abc"), 4), VT_OK);
    assert_int_equal(vt_inbound_append_body(inbound, VT_SLICE("de"), 4), VT_ERR_BODY_TOO_LARGE);
    assert_int_equal(inbound->body.len, 3);
    assert_int_equal(pool.kept_bytes, 3);
    pool.kept_bytes += VT_INBOUND_KEPT_BYTES_MAX - 3;
    assert_int_equal(vt_inbound_append_body(inbound, VT_SLICE("d"), 4), VT_ERR_OVERLOADED);
    pool.kept_bytes -= VT_INBOUND_KEPT_BYTES_MAX - 3;
    vt_inbound_give(&pool, inbound);
    assert_int_equal(pool.kept_bytes, 0);
}

static int release_pool(void **state) {
    (void) state;
    vt_inbound_pool_release(&pool);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_split_or_refused),
        cmocka_unit_test(headers_are_found_by_their_lower_case_name),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, release_pool);
}
