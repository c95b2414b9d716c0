#include "client/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void assert_refused(const char *url, const char *says) {
    vt_target target = {.port = 7};
    vt_reason reason = {0};
    assert_int_equal(vt_target_parse("--to", url, &target, &reason), VT_ERR_BAD_CONFIG);
    assert_int_equal(target.port, 7);
    assert_non_null(strstr(reason.text, says));
}

static vt_target parse(const char *url) {
    vt_target target;
    vt_reason reason;
    assert_int_equal(vt_target_parse("--to", url, &target, &reason), VT_OK);
    return target;
}

static void test_http(void **state) {
    (void) state;
    vt_target target = parse("http://vote.example:8080/insert?x=1");
    assert_int_equal(target.scheme, VT_TARGET_HTTP);
    assert_string_equal(target.host, "vote.example");
    assert_int_equal(target.port, 8080);
    assert_string_equal(target.path, "/insert?x=1");
    assert_string_equal(target.authority, "vote.example:8080");
}

static void test_defaults(void **state) {
    (void) state;
    assert_int_equal(parse("http://h").port, 80);
    assert_string_equal(parse("http://h").path, "/v1/votes");
    assert_string_equal(parse("http://h:1/").path, "/");
}

static void test_grpc_and_ipv6(void **state) {
    (void) state;
    vt_target target = parse("grpc://[::1]:3001");
    assert_int_equal(target.scheme, VT_TARGET_GRPC);
    assert_string_equal(target.host, "::1");
    assert_string_equal(target.authority, "[::1]:3001");
    assert_int_equal(parse("grpc://h:65535/").port, 65535);
}

static void test_refused(void **state) {
    (void) state;
    assert_refused("https://h:1", "TLS");
    assert_refused("h:1", "http://");
    assert_refused("http://", "host");
    assert_refused("http://user@h:1", "path");
    assert_refused("http://[::1:80", "host");
    assert_refused("http://h:0", "port");
    assert_refused("http://h:65536", "port");
    assert_refused("http://h:123456", "port");
    assert_refused("http://h:", "port");
    assert_refused("grpc://h", "port");
    assert_refused("grpc://h:1/votes", "no path");
    assert_refused("http://h:1?x", "path");
    assert_refused("http://h:1/a b", "path");
    assert_refused("http://h:1/a\r\nX: y", "path");
    assert_refused("http://h:1/#f", "path");
}

static void test_resolve(void **state) {
    (void) state;
    vt_target target = parse("http://127.0.0.1:81");
    vt_reason reason;
    assert_int_equal(vt_target_resolve(&target, &reason), VT_OK);
    assert_int_equal(target.addresses_count, 1);
    assert_int_equal(target.addresses[0].ss_family, AF_INET);
    target = parse("http://no-such-host.invalid:81");
    assert_int_equal(vt_target_resolve(&target, &reason), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(reason.text, "no-such-host.invalid"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http),    cmocka_unit_test(test_defaults), cmocka_unit_test(test_grpc_and_ipv6),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_resolve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
