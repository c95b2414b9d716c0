#include "client/votes_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_items(const char *text, const char *const *items, size_t count) {
    vt_votes_text walk;
    vt_slice item;
    vt_votes_text_init(&walk, vt_slice_str(text));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(vt_votes_text_next(&walk, &item), VT_OK);
        assert_true(vt_slice_eq(item, vt_slice_str(items[i])));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vt_votes_text_next(&walk, &item), VT_OK);
        assert_int_equal(item.len, 0);
    }
    assert_int_equal(walk.items, count);
}

static void assert_malformed(const char *text, uint64_t items, uint64_t line) {
    vt_votes_text walk;
    vt_slice item = VT_SLICE("x");
    vt_err err = VT_OK;
    vt_votes_text_init(&walk, vt_slice_str(text));
    while (err == VT_OK && item.len > 0) {
        err = vt_votes_text_next(&walk, &item);
    }
    assert_int_equal(err, VT_ERR_MALFORMED_JSON);
    assert_int_equal(walk.items, items);
    assert_int_equal(vt_votes_text_line(&walk), line);
}

static void test_array(void **state) {
    (void) state;
    const char *const items[] = {"{\"a\":\"]}\\\"\"}", "{\"b\":[{},{}]}"};
    assert_items(" [ {\"a\":\"]}\\\"\"} ,\n{\"b\":[{},{}]}]\r\n", items, 2);
    assert_items("[]", NULL, 0);
    assert_items("[{}]", (const char *const[]){"{}"}, 1);
}

static void test_lines(void **state) {
    (void) state;
    const char *const items[] = {"{\"a\":1}", "{}", "{\n}"};
    assert_items("{\"a\":1}\n\n{}\r\n{\n}", items, 3);
    assert_items("", NULL, 0);
    assert_items(" \n", NULL, 0);
}

static void test_malformed(void **state) {
    (void) state;
    assert_malformed("[", 0, 1);
    assert_malformed("[{}", 1, 1);
    assert_malformed("[{},\n]", 1, 2);
    assert_malformed("[{}\n{}]", 1, 2);
    assert_malformed("[,{}]", 0, 1);
    assert_malformed("[{}]\n\nx", 1, 1);
    assert_malformed("{}\n{\"a\":\"", 1, 2);
    assert_malformed("{}\n\n[", 1, 3);
    assert_malformed("\"x\"", 0, 1);
    assert_malformed("[[{}]]", 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
