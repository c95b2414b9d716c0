#include "web/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_slice header_of(const vt_http_answer *http, const char *name) {
    for (uint32_t i = 0; i < http->headers_count; i++) {
        if (vt_slice_eq(http->headers[i].name, vt_slice_str(name))) {
            return http->headers[i].value;
        }
    }
    return (vt_slice){NULL, 0};
}

static void expect_header(const vt_answer *answer, const char *name, const char *wanted) {
    vt_header room[VT_REPLY_HEADERS_MAX];
    vt_http_answer http;
    vt_answer_lay_out(answer, room, &http);
    vt_slice value = header_of(&http, name);
    if (wanted == NULL) {
        assert_null(value.ptr);
    } else {
        assert_true(vt_slice_eq(value, vt_slice_str(wanted)));
    }
}

static void test_headers_of_json(void **state) {
    (void) state;
    vt_answer answer = {.kind = VT_ANSWER_JSON, .status = 200, .body = VT_SLICE("{}")};
    expect_header(&answer, "access-control-allow-origin", "*");
    expect_header(&answer, "x-content-type-options", "nosniff");
    expect_header(&answer, "cache-control", "no-store");
    expect_header(&answer, "content-security-policy", NULL);
    answer.etag = VT_SLICE("\"x\"");
    expect_header(&answer, "cache-control", "no-cache");
    expect_header(&answer, "etag", "\"x\"");
    expect_header(&answer, "retry-after", NULL);
    answer.status = 503;
    expect_header(&answer, "retry-after", "1");
}

static void test_headers_of_a_page(void **state) {
    (void) state;
    vt_answer answer = {.kind = VT_ANSWER_PAGE, .status = 200, .etag = VT_SLICE("\"x\""), .body = VT_SLICE("<p>")};
    expect_header(&answer, "content-security-policy",
                  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
                  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    expect_header(&answer, "referrer-policy", "no-referrer");
    expect_header(&answer, "x-content-type-options", "nosniff");
    expect_header(&answer, "vary", "accept-language");
    expect_header(&answer, "access-control-allow-origin", NULL);
}

static void test_headers_of_the_stream(void **state) {
    (void) state;
    vt_answer answer = {.kind = VT_ANSWER_EVENTS, .status = 200};
    expect_header(&answer, "cache-control", "no-store");
    expect_header(&answer, "x-accel-buffering", "no");
    expect_header(&answer, "access-control-allow-origin", "*");
}

static void test_not_modified_has_no_body(void **state) {
    (void) state;
    vt_answer answer = {.status = 304, .etag = VT_SLICE("\"x\""), .body = VT_SLICE("{}")};
    vt_header room[VT_REPLY_HEADERS_MAX];
    vt_http_answer http;
    vt_answer_lay_out(&answer, room, &http);
    assert_int_equal(http.body.len, 0);
    assert_int_equal(http.content_type.len, 0);
}

static void test_matches(void **state) {
    (void) state;
    const vt_slice tag = VT_SLICE("\"a1\"");
    assert_true(vt_answer_matches(VT_SLICE("\"a1\""), tag));
    assert_true(vt_answer_matches(VT_SLICE("W/\"a1\""), tag));
    assert_true(vt_answer_matches(VT_SLICE("\"b\", \"a1\" ,\"c\""), tag));
    assert_true(vt_answer_matches(VT_SLICE("*"), tag));
    assert_false(vt_answer_matches(VT_SLICE("a1"), tag));
    assert_false(vt_answer_matches(VT_SLICE("\"a\""), tag));
    assert_false(vt_answer_matches(VT_SLICE(", ,"), tag));
    assert_false(vt_answer_matches((vt_slice){NULL, 0}, tag));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_of_json),
        cmocka_unit_test(test_headers_of_a_page),
        cmocka_unit_test(test_headers_of_the_stream),
        cmocka_unit_test(test_not_modified_has_no_body),
        cmocka_unit_test(test_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
