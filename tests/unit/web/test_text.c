#include "web/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_buf buf;
static vt_text text;

static int set_up(void **state) {
    (void) state;
    vt_buf_init(&buf, 4096);
    text = (vt_text){.buf = &buf};
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    return 0;
}

static void expect(const char *wanted) {
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    assert_string_equal(got, wanted);
}

static void test_json_escapes(void **state) {
    (void) state;
    vt_text_json(&text, VT_SLICE("a\"b\\c\nd\001é"));
    expect("\"a\\\"b\\\\c\\u000ad\\u0001é\"");
}

static void test_json_of_nothing(void **state) {
    (void) state;
    vt_text_json(&text, (vt_slice){NULL, 0});
    expect("\"\"");
}

static void test_html_escapes_what_ends_text_or_attribute(void **state) {
    (void) state;
    vt_text_html(&text, VT_SLICE("<b a='1' c=\"2\">&amp;</b>"));
    expect("&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;&lt;/b&gt;");
}

static void test_query_encodes_all_but_unreserved(void **state) {
    (void) state;
    vt_text_query(&text, VT_SLICE("Ñ a&b=1%~-._"));
    expect("%C3%91%20a%26b%3D1%25~-._");
}

static void test_groups_of_three(void **state) {
    (void) state;
    const uint64_t numbers[] = {0, 7, 999, 1000, 12345, 1234567, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        vt_text_grouped(&text, numbers[i]);
        vt_text_raw(&text, " ");
    }
    expect("0 7 999 1,000 12,345 1,234,567 18,446,744,073,709,551,615 ");
}

static void test_time_or_null(void **state) {
    (void) state;
    vt_text_json_time(&text, 0);
    vt_text_json_time(&text, 1000);
    expect("null\"1970-01-01T00:00:01.000Z\"");
}

static void test_first_error_sticks(void **state) {
    (void) state;
    vt_buf_release(&buf);
    vt_buf_init(&buf, 8);
    vt_text_raw(&text, "123456");
    vt_text_raw(&text, "789");
    assert_int_equal(text.err, VT_ERR_FULL);
    vt_text_raw(&text, "7");
    vt_text_number(&text, 1);
    assert_int_equal(buf.len, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_escapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_of_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_html_escapes_what_ends_text_or_attribute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_query_encodes_all_but_unreserved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups_of_three, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_or_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_error_sticks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
