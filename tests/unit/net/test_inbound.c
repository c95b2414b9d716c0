#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/inbound.h"

static vt_account account = {.bytes_max = 1 << 20};
static vt_inbound_pool pool = {.account = &account};

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
    vt_inbound_give(&pool, inbound);
    assert_int_equal(account.kept_bytes, 0);
}

static void what_is_held_is_accounted_for(void **state) {
    (void) state;
    static char bytes[8192];
    size_t before = account.bytes_max;
    vt_inbound *inbound = vt_inbound_take(&pool, sizeof bytes);
    size_t at_first = account.kept_bytes;
    assert_true(at_first >= sizeof *inbound);
    assert_int_equal(vt_inbound_append(inbound, &inbound->target, vt_slice_of(bytes, 4000), false), VT_OK);
    assert_int_equal(vt_inbound_append_body(inbound, vt_slice_of(bytes, 4000), sizeof bytes), VT_OK);
    assert_true(account.kept_bytes >= sizeof *inbound + 8000);
    account.bytes_max = account.kept_bytes;
    vt_slice more = vt_slice_of(bytes, 4000);
    assert_int_equal(vt_inbound_append(inbound, &inbound->target, more, false), VT_ERR_OVERLOADED);
    assert_int_equal(vt_inbound_append_body(inbound, more, sizeof bytes), VT_ERR_OVERLOADED);
    vt_err err = VT_OK;
    vt_buf_clear(&inbound->body);
    vt_slice message = vt_slice_of("\0\0\0\x1f\0", 5);
    assert_int_equal(vt_inbound_read_message(inbound, sizeof bytes, &message, &err), VT_GRPC_MORE);
    message = vt_slice_of(bytes, 7936);
    assert_int_equal(vt_inbound_read_message(inbound, sizeof bytes, &message, &err), VT_GRPC_FAILED);
    assert_int_equal(err, VT_ERR_OVERLOADED);
    assert_null(vt_inbound_take(&pool, 10));
    vt_inbound_give(&pool, inbound);
    assert_int_equal(account.kept_bytes, 0);
    account.bytes_max = before;
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
        cmocka_unit_test(what_is_held_is_accounted_for),
    };
    return cmocka_run_group_tests(tests, NULL, release_pool);
}
