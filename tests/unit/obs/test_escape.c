#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "obs/escape.h"

static void assert_escapes(vt_slice text, const char *expected) {
    vt_buf out;
    vt_buf_init(&out, 1024);
    assert_int_equal(vt_escape_json(&out, text), VT_OK);
    assert_int_equal(out.len, strlen(expected));
    if (out.len > 0) {
        assert_memory_equal(out.ptr, expected, out.len);
    }
    vt_buf_release(&out);
}

static void test_keeps_text(void **state) {
    (void) state;
    assert_escapes(VT_SLICE(""), "");
    assert_escapes(VT_SLICE("Viernes Verde /"), "Viernes Verde /");
    assert_escapes(VT_SLICE("Malacates Trébol 漢 😀"), "Malacates Trébol 漢 😀");
}

static void test_escapes_json(void **state) {
    (void) state;
    assert_escapes(VT_SLICE("a\"b\\c"), "a\\\"b\\\\c");
    assert_escapes(VT_SLICE("\n\r\t\x01\x1f\x7f"), "\\n\\r\\t\\u0001\\u001f\\u007f");
    assert_escapes(vt_slice_of("\0", 1), "\\u0000");
    assert_escapes(VT_SLICE("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u0080\\u009f\xc2\xa0");
}

static void test_replaces_each_byte_that_is_not_utf8(void **state) {
    (void) state;
    assert_escapes(VT_SLICE("a\xff"
                            "b"),
                   "a\\ufffdb");
    assert_escapes(VT_SLICE("\x80"), "\\ufffd");
    assert_escapes(VT_SLICE("\xc0\xaf"), "\\ufffd\\ufffd");                       /* overlong */
    assert_escapes(VT_SLICE("\xe0\x80\x80"), "\\ufffd\\ufffd\\ufffd");            /* overlong */
    assert_escapes(VT_SLICE("\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd");            /* surrogate */
    assert_escapes(VT_SLICE("\xf4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd"); /* above U+10FFFF */
    assert_escapes(VT_SLICE("\xf0\x9f\x98"), "\\ufffd\\ufffd\\ufffd");            /* cut short */
    assert_escapes(VT_SLICE("\xc3("), "\\ufffd(");
}

static void test_keeps_whole_characters_when_full(void **state) {
    (void) state;
    vt_buf out;
    vt_buf_init(&out, 3);
    assert_int_equal(vt_escape_json(&out, VT_SLICE("ab\xc3\xa9")), VT_ERR_FULL);
    assert_int_equal(out.len, 2);
    vt_buf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_text),
        cmocka_unit_test(test_escapes_json),
        cmocka_unit_test(test_replaces_each_byte_that_is_not_utf8),
        cmocka_unit_test(test_keeps_whole_characters_when_full),
    };
    return cmocka_run_group_tests_name("obs/escape", tests, NULL, NULL);
}
