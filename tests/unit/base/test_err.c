#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    int number;
    const char *code;
    int http;
    int grpc;
    const char *text;
} row;

static const row rows[] = {
#define ROW(name, number, code, http, grpc, text) {number, code, http, grpc, text},
    VT_ERR_MAP(ROW)
#undef ROW
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void test_numbers_and_codes_are_unique(void **state) {
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = i + 1; j < ROWS; j++) {
            assert_int_not_equal(rows[i].number, rows[j].number);
            assert_string_not_equal(rows[i].code, rows[j].code);
        }
    }
}

/* A client may retry exactly what may succeed later; nothing that is the server's fault is blamed on the client. */
static void test_ranges_agree_with_statuses(void **state) {
    (void) state;
    for (size_t i = 1; i < ROWS; i++) {
        vt_err err = (vt_err) rows[i].number;
        assert_in_range(rows[i].grpc, 1, 16);
        if (vt_err_is_retryable(err)) {
            assert_int_equal(rows[i].http, 503);
        } else if (vt_err_is_fatal(err)) {
            assert_in_range(rows[i].http, 500, 503);
        } else {
            assert_in_range(rows[i].number, 200, 399);
            assert_true((rows[i].http >= 400 && rows[i].http < 500) || rows[i].http == 501);
        }
    }
    assert_false(vt_err_is_retryable(VT_OK));
    assert_false(vt_err_is_fatal(VT_OK));
}

static void test_lookups(void **state) {
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        vt_err err = (vt_err) rows[i].number;
        assert_string_equal(vt_err_code(err), rows[i].code);
        assert_string_equal(vt_err_text(err), rows[i].text);
        assert_int_equal(vt_err_http_status(err), rows[i].http);
        assert_int_equal(vt_err_grpc_status(err), rows[i].grpc);
    }
    assert_string_equal(vt_err_code((vt_err) 12345), "internal");
    assert_int_equal(vt_err_http_status((vt_err) -1), 500);
}

/* Numbers and codes are published: these stand for all, so that a renumbering is seen. */
static void test_published_numbers(void **state) {
    (void) state;
    assert_int_equal(VT_OK, 0);
    assert_int_equal(VT_ERR_MALFORMED_JSON, 200);
    assert_int_equal(VT_ERR_EMPTY_NAME, 207);
    assert_int_equal(VT_ERR_QUOTA, 221);
    assert_string_equal(vt_err_code(VT_ERR_QUOTA), "quota");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_codes_are_unique),
        cmocka_unit_test(test_ranges_agree_with_statuses),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_published_numbers),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
