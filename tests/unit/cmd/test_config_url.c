#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cmd/config_url.h"

static void assert_shown(const char *url, const char *expected) {
    char shown[256];
    vt_config_url_redact(url, shown, sizeof shown);
    assert_string_equal(shown, expected);
}

static void test_urls_without_secrets_stay(void **state) {
    (void) state;
    const char *const plain[] = {"",    "redis://h", "redis://h:6379/1?key=a:b", "mongodb://me@h/db.c?w=1&a",
                                 "://", "a?b"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        assert_shown(plain[i], plain[i]);
    }
}

static void test_passwords(void **state) {
    (void) state;
    assert_shown("redis://:p@h/1", "redis://:***@h/1");
    assert_shown("mongodb://u:p@h:1,h:2/d", "mongodb://u:***@h:1,h:2/d");
    assert_shown("mongodb://u:@h", "mongodb://u:***@h");
    /* Such a password should have been encoded, and yet is one. */
    assert_shown("mongodb://u:a/b?c@d:e@h/db", "mongodb://u:***@h/db");
    assert_shown("u:p@h", "u:***@h");
}

static void test_options(void **state) {
    (void) state;
    assert_shown("mongodb://h/?tlsCertificateKeyFilePassword=p&w=1",
                 "mongodb://h/?tlsCertificateKeyFilePassword=***&w=1");
    assert_shown("mongodb://h/?w=1;authMechanismProperties=AWS_SESSION_TOKEN:t",
                 "mongodb://h/?w=1;authMechanismProperties=***");
    assert_shown("redis://h?PASSWORD", "redis://h?PASSWORD");
    assert_shown("redis://h?x=1&password=p=q", "redis://h?x=1&password=***");
}

static void test_what_does_not_fit_is_cut(void **state) {
    (void) state;
    char shown[12];
    vt_config_url_redact("redis://:secret@host", shown, sizeof shown);
    assert_string_equal(shown, "redis://:**");
    char one[1] = {'x'};
    vt_config_url_redact("redis://h", one, sizeof one);
    assert_string_equal(one, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_without_secrets_stay),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests_name("cmd/config_url", tests, NULL, NULL);
}
