#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_holds(const vt_buf *buf, const char *expected) {
    assert_true(vt_slice_eq(vt_buf_slice(buf), vt_slice_str(expected)));
}

static void test_append(void **state) {
    (void) state;
    vt_buf buf;
    vt_buf_init(&buf, 100);
    assert_null(buf.ptr);
    assert_int_equal(vt_buf_append(&buf, NULL, 0), VT_OK);
    assert_int_equal(vt_buf_append(&buf, "ab", 2), VT_OK);
    assert_int_equal(vt_buf_append_slice(&buf, VT_SLICE("cd")), VT_OK);
    assert_int_equal(vt_buf_append_slice(&buf, (vt_slice){0}), VT_OK);
    assert_int_equal(vt_buf_append_char(&buf, 'e'), VT_OK);
    assert_int_equal(vt_buf_appendf(&buf, "%d-%s", 7, "x"), VT_OK);
    assert_holds(&buf, "abcde7-x");
    const char *text = NULL;
    assert_int_equal(vt_buf_cstr(&buf, &text), VT_OK);
    assert_string_equal(text, "abcde7-x");
    assert_int_equal(buf.len, 8);
    vt_buf_clear(&buf);
    assert_holds(&buf, "");
    vt_buf_release(&buf);
    assert_int_equal(buf.max, 100);
}

/* The maximum is reached exactly, and what does not fit changes nothing. */
static void test_maximum(void **state) {
    (void) state;
    for (size_t max = 0; max < 1200; max += 97) {
        vt_buf buf;
        vt_buf_init(&buf, max);
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(vt_buf_append_char(&buf, (char) ('a' + i % 26)), VT_OK);
            assert_true(buf.len <= buf.cap && buf.cap <= buf.max);
        }
        assert_int_equal(vt_buf_append_char(&buf, 'x'), VT_ERR_FULL);
        assert_int_equal(vt_buf_append(&buf, "", SIZE_MAX), VT_ERR_FULL);
        assert_int_equal(buf.len, max);
        const char *text = NULL;
        assert_int_equal(vt_buf_cstr(&buf, &text), VT_ERR_FULL);
        assert_null(text);
        vt_buf_release(&buf);
    }
}

/* vsnprintf needs room for a terminator: a text that fills the buffer to its last byte does not fit. */
static void test_format_at_the_maximum(void **state) {
    (void) state;
    vt_buf buf;
    vt_buf_init(&buf, 4);
    assert_int_equal(vt_buf_appendf(&buf, "%s", "abcd"), VT_ERR_FULL);
    assert_int_equal(buf.len, 0);
    assert_int_equal(vt_buf_appendf(&buf, "%s", "abc"), VT_OK);
    assert_holds(&buf, "abc");
    assert_int_equal(vt_buf_append_char(&buf, 'd'), VT_OK);
    assert_holds(&buf, "abcd");
    vt_buf_release(&buf);
}

static void test_consume(void **state) {
    (void) state;
    vt_buf buf;
    vt_buf_init(&buf, 10);
    vt_buf_consume(&buf, 3);
    assert_int_equal(vt_buf_append(&buf, "abcdef", 6), VT_OK);
    vt_buf_consume(&buf, 0);
    assert_holds(&buf, "abcdef");
    vt_buf_consume(&buf, 2);
    assert_holds(&buf, "cdef");
    vt_buf_consume(&buf, 100);
    assert_holds(&buf, "");
    vt_buf_release(&buf);
}

static void test_zeroed(void **state) {
    (void) state;
    vt_buf buf = {0};
    vt_buf_release(&buf);
    assert_int_equal(vt_buf_append_char(&buf, 'a'), VT_ERR_FULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),  cmocka_unit_test(test_maximum), cmocka_unit_test(test_format_at_the_maximum),
        cmocka_unit_test(test_consume), cmocka_unit_test(test_zeroed),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
