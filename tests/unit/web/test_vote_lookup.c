#include "web/vote_lookup.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(bool is_hidden, bool has_record, const char *wanted) {
    fake_stores stores;
    fake_stores_init(&stores);
    vt_id id = fake_stores_add(&stores, "a\"b", "<c>");
    vt_votelog_row row;
    assert_int_equal(vt_votelog_find(&stores.votelog, &id, &row), VT_OK);
    vt_buf buf;
    vt_buf_init(&buf, 4096);
    vt_text text = {.buf = &buf};
    vt_found_vote found = {row.record.id, row.position, row.verdict, is_hidden, &row.record};
    if (!has_record) {
        found.record = NULL;
        found.verdict = VT_VERDICT_NONE;
    }
    vt_vote_lookup_json(&found, &text);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    assert_string_equal(got, wanted);
    vt_buf_release(&buf);
    fake_stores_release(&stores);
}

static void test_shape(void **state) {
    (void) state;
    expect(false, true,
           "{\"id\":\"01010101-0101-0101-0101-010101010101\",\"position\":\"1\",\"status\":\"counted\",\"vote\":{"
           "\"name\":\"a\\\"b\",\"album\":\"<c>\",\"year\":\"2001\",\"rank\":\"5.2\"},\"points\":1,\"at\":"
           "\"2026-11-18T00:00:01.000Z\"}");
}

static void test_hidden_is_a_receipt_only(void **state) {
    (void) state;
    expect(
        true, true,
        "{\"id\":\"01010101-0101-0101-0101-010101010101\",\"position\":\"1\",\"status\":\"counted\",\"hidden\":true}");
}

static void test_without_the_record(void **state) {
    (void) state;
    expect(false, false, "{\"id\":\"01010101-0101-0101-0101-010101010101\",\"position\":\"1\",\"status\":\"pending\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_hidden_is_a_receipt_only),
        cmocka_unit_test(test_without_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
