#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/fields.h"

static void unsafe_fields_are_recognised(void **state) {
    (void) state;
    static const struct {
        vt_header field;
        bool is_safe;
    } cases[] = {
        {{{"x-a", 3}, {"b c\t\xc3\xa9", 6}}, true},
        {{{"x-a", 3}, {"", 0}}, true},
        {{{"", 0}, {"b", 1}}, false},
        {{{"X", 1}, {"b", 1}}, false},
        {{{"x y", 3}, {"b", 1}}, false},
        {{{"x:", 2}, {"b", 1}}, false},
        {{{"x", 1}, {"a\r\nb", 4}}, false},
        {{{"x", 1}, {"a\0b", 3}}, false},
        {{{"x", 1}, {"\x7f", 1}}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(vt_field_is_safe(&cases[i].field), cases[i].is_safe);
    }
}

static void kept_fields_come_back_in_order(void **state) {
    (void) state;
    static const vt_header fields[] = {{{"a", 1}, {"1", 1}}, {{"bad name", 8}, {"x", 1}}, {{"b", 1}, {"", 0}}};
    vt_buf kept;
    vt_buf_init(&kept, 1024);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_int_equal(vt_fields_append(&kept, &fields[i]), VT_OK);
    }
    size_t at = 0;
    vt_header field;
    assert_true(vt_fields_next(&kept, &at, &field));
    assert_true(vt_slice_eq(field.name, VT_SLICE("a")) && vt_slice_eq(field.value, VT_SLICE("1")));
    assert_true(vt_fields_next(&kept, &at, &field));
    assert_true(vt_slice_eq(field.name, VT_SLICE("b")) && field.value.len == 0);
    assert_false(vt_fields_next(&kept, &at, &field));
    vt_buf_release(&kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsafe_fields_are_recognised),
        cmocka_unit_test(kept_fields_come_back_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
