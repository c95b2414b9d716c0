#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redis/redis_url.h"

#include <stdio.h>

static vt_redis_url parse(const char *text) {
    vt_redis_url url;
    char reason[VT_REDIS_REASON_MAX] = "";
    if (vt_redis_url_parse(vt_slice_str(text), &url, reason) != VT_OK) {
        fail_msg("%s: %s", text, reason);
    }
    return url;
}

static void assert_refused(const char *text, const char *why) {
    vt_redis_url url = {.port = 1};
    char reason[VT_REDIS_REASON_MAX] = "";
    assert_int_equal(vt_redis_url_parse(vt_slice_str(text), &url, reason), VT_ERR_BAD_CONFIG);
    if (strstr(reason, why) == NULL) {
        fail_msg("%s: %s", text, reason);
    }
    assert_null(strstr(reason, "secret"));
    assert_int_equal(url.port, 1);
}

static void reads_a_host_alone(void **state) {
    (void) state;
    vt_redis_url url = parse("redis://localhost");
    assert_string_equal(url.host, "localhost");
    assert_int_equal(url.port, 6379);
    assert_int_equal(url.database, 0);
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "");
    assert_string_equal(url.key, "votaton");
}

static void reads_every_part(void **state) {
    (void) state;
    vt_redis_url url = parse("redis://anna:p%40ss:w/o?rd@redis-svc:7000/12?key=fest.2026:a-b_c");
    assert_string_equal(url.user, "anna");
    assert_string_equal(url.password, "p@ss:w/o?rd");
    assert_string_equal(url.host, "redis-svc");
    assert_int_equal(url.port, 7000);
    assert_int_equal(url.database, 12);
    assert_string_equal(url.key, "fest.2026:a-b_c");
}

static void reads_a_password_without_a_user(void **state) {
    (void) state;
    vt_redis_url url = parse("redis://:a@b@host");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "a@b");
    assert_string_equal(url.host, "host");
}

static void reads_addresses_in_brackets(void **state) {
    (void) state;
    vt_redis_url url = parse("redis://[::1]:7001/3");
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 7001);
    assert_int_equal(url.database, 3);
    assert_string_equal(parse("redis://[::1]").host, "::1");
    assert_int_equal(parse("redis://h/").database, 0);
}

static void refuses_what_it_does_not_know(void **state) {
    (void) state;
    assert_refused("rediss://:secret@host", "TLS");
    assert_refused("http://host", "redis://");
    assert_refused("", "redis://");
    assert_refused("redis://", "host");
    assert_refused("redis://:secret@", "host");
    assert_refused("redis://secret@host", "colon");
    assert_refused("redis://user:@host", "empty");
    assert_refused("redis://:secret%4@host", "%25");
    assert_refused("redis://:secret%zz@host", "%25");
    assert_refused("redis://:secret%00@host", "%25");
    assert_refused("redis://host:0", "port");
    assert_refused("redis://host:65536", "port");
    assert_refused("redis://host:", "port");
    assert_refused("redis://host:+1", "port");
    assert_refused("redis://[::1", "brackets");
    assert_refused("redis://[::1]7", "brackets");
    assert_refused("redis://host/x", "database");
    assert_refused("redis://host/99999999999999999999", "database");
    assert_refused("redis://host?db=1", "key");
    assert_refused("redis://host?key=", "64");
    assert_refused("redis://host?key={a}", "64");
    assert_refused("redis://host?key=a&key=b", "64");
}

static void refuses_what_is_too_long(void **state) {
    (void) state;
    char text[1024];
    char longest[VT_REDIS_TEXT_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    (void) snprintf(text, sizeof text, "redis://%s", longest);
    assert_refused(text, "host");
    (void) snprintf(text, sizeof text, "redis://:%s@h", longest);
    assert_refused(text, "too long");
    longest[VT_REDIS_TEXT_MAX] = '\0';
    (void) snprintf(text, sizeof text, "redis://:%s@%s", longest, longest);
    assert_string_equal(parse(text).host, longest);
    longest[65] = '\0';
    (void) snprintf(text, sizeof text, "redis://h?key=%s", longest);
    assert_refused(text, "64");
    longest[64] = '\0';
    (void) snprintf(text, sizeof text, "redis://h?key=%s", longest);
    assert_string_equal(parse(text).key, longest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_host_alone),
        cmocka_unit_test(reads_every_part),
        cmocka_unit_test(reads_a_password_without_a_user),
        cmocka_unit_test(reads_addresses_in_brackets),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(refuses_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
