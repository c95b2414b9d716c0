#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/inbound.h"

static vt_account account = {.bytes_max = 1 << 20};
static vt_inbound_pool pool = {.account = &account};
static size_t input_bytes; /* of the connection */

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
        vt_inbound *inbound = vt_inbound_take(&pool, &input_bytes, 1000);
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
    vt_inbound *inbound = vt_inbound_take(&pool, &input_bytes, 1000);
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
    vt_inbound *inbound = vt_inbound_take(&pool, &input_bytes, 10);
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
    vt_inbound *inbound = vt_inbound_take(&pool, &input_bytes, sizeof bytes);
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
    assert_null(vt_inbound_take(&pool, &input_bytes, 10));
    vt_inbound_give(&pool, inbound);
    assert_int_equal(account.kept_bytes, 0);
    account.bytes_max = before;
}

static void a_connection_has_its_share(void **state) {
    (void) state;
    enum { WHOLE = 1 << 20 };
    static char bytes[WHOLE];
    size_t before = account.bytes_max;
    account.bytes_max = VT_LOOP_KEPT_BYTES_MAX;
    vt_inbound *first = vt_inbound_take(&pool, &input_bytes, 60000);
    assert_int_equal(vt_inbound_append(first, &first->target, vt_slice_of(bytes, 60000), false), VT_OK);
    assert_int_equal(vt_inbound_append_body(first, vt_slice_of(bytes, WHOLE), WHOLE), VT_OK);
    vt_inbound *second = vt_inbound_take(&pool, &input_bytes, 60000);
    assert_non_null(second);
    assert_int_equal(vt_inbound_append_body(second, vt_slice_of(bytes, WHOLE), WHOLE), VT_ERR_OVERLOADED);
    size_t was = input_bytes;
    input_bytes = VT_CONN_INPUT_BYTES_MAX;
    assert_null(vt_inbound_take(&pool, &input_bytes, 10));
    input_bytes = was;
    size_t other_bytes = 0;
    vt_inbound *other = vt_inbound_take(&pool, &other_bytes, 60000);
    assert_int_equal(vt_inbound_append_body(other, vt_slice_of(bytes, WHOLE), WHOLE), VT_OK);
    vt_inbound_give(&pool, first);
    vt_inbound_give(&pool, second);
    vt_inbound_give(&pool, other);
    assert_int_equal(input_bytes, 0);
    assert_int_equal(other_bytes, 0);
    assert_int_equal(account.kept_bytes, 0);
    account.bytes_max = before;
}

static void the_reserve_is_for_small_requests(void **state) {
    (void) state;
    static char bytes[VT_ACCOUNT_SMALL_INPUT_BYTES];
    vt_inbound *large = vt_inbound_take(&pool, &input_bytes, sizeof bytes);
    vt_inbound *small = vt_inbound_take(&pool, &input_bytes, sizeof bytes);
    size_t held = account.kept_bytes;
    account.kept_bytes = account.bytes_max / 4 * 3;
    assert_int_equal(vt_inbound_append(small, &small->target, vt_slice_of(bytes, sizeof bytes / 2), false), VT_OK);
    assert_int_equal(vt_inbound_append_body(small, vt_slice_of(bytes, sizeof bytes / 2), sizeof bytes), VT_OK);
    assert_int_equal(vt_inbound_append_body(small, VT_SLICE("x"), sizeof bytes), VT_ERR_OVERLOADED);
    assert_int_equal(vt_inbound_append(large, &large->target, vt_slice_of(bytes, 10), false), VT_OK);
    assert_int_equal(vt_inbound_append_body(large, vt_slice_of(bytes, sizeof bytes), sizeof bytes), VT_ERR_OVERLOADED);
    account.kept_bytes -= account.bytes_max / 4 * 3 - held;
    vt_inbound_give(&pool, large);
    vt_inbound_give(&pool, small);
    assert_int_equal(account.kept_bytes, 0);
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
        cmocka_unit_test(a_connection_has_its_share),
        cmocka_unit_test(the_reserve_is_for_small_requests),
    };
    return cmocka_run_group_tests(tests, NULL, release_pool);
}
