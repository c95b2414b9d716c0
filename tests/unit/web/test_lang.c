#include "web/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_lang chosen(const char *query, const char *accepted) {
    vt_header header = {VT_SLICE("accept-language"), vt_slice_str(accepted)};
    vt_request request = {.query = vt_slice_str(query), .headers = &header, .headers_count = accepted[0] != '\0'};
    return vt_lang_choose(&request);
}

static void test_the_query_decides(void **state) {
    (void) state;
    assert_int_equal(chosen("lang=en", "es"), VT_LANG_EN);
    assert_int_equal(chosen("lang=es", "en"), VT_LANG_ES);
    assert_int_equal(chosen("lang=fr", "en"), VT_LANG_EN);
    assert_int_equal(chosen("lang=%", "en"), VT_LANG_EN);
}

static void test_accept_language_decides_else(void **state) {
    (void) state;
    assert_int_equal(chosen("", "en-US,en;q=0.9,es;q=0.8"), VT_LANG_EN);
    assert_int_equal(chosen("", "es-GT,es;q=0.9,en;q=0.8"), VT_LANG_ES);
    assert_int_equal(chosen("", "fr, en;q=0.5"), VT_LANG_EN);
    assert_int_equal(chosen("", "en;q=0.5, es;q=0.75"), VT_LANG_ES);
    assert_int_equal(chosen("", "EN ; q=1.0 , ES;q=0.999"), VT_LANG_EN);
    assert_int_equal(chosen("", "en;q=0"), VT_LANG_ES);
}

static void test_spanish_is_the_default(void **state) {
    (void) state;
    const char *const others[] = {"", "fr", "*", "e", "eng", "esp;q", ",,;;q=", "en;x=1"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(chosen("", others[i]), VT_LANG_ES);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_query_decides),
        cmocka_unit_test(test_accept_language_decides_else),
        cmocka_unit_test(test_spanish_is_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
