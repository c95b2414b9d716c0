#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mongo/mongo_bson.h"

static bson_t *document_new(void) {
    return BCON_NEW("text", BCON_UTF8("abc"), "data", "{", "name", BCON_UTF8("x"), "}", "bytes",
                    BCON_BIN(BSON_SUBTYPE_UUID, (const uint8_t *) "1234", 4), "int", BCON_INT32(-7), "long",
                    BCON_INT64(INT64_MIN), "double", BCON_DOUBLE(7), "date", BCON_DATE_TIME(-5), "bool",
                    BCON_BOOL(true), "array", "[", BCON_INT32(1), BCON_INT32(2), "]");
}

static void reads_each_type(void **state) {
    (void) state;
    bson_t *document = document_new();
    vt_slice text;
    uint8_t bytes[4];
    int64_t number;
    bool is_true = false;
    bson_iter_t iter;
    assert_true(vt_bson_text(document, "text", &text));
    assert_true(vt_slice_eq(text, VT_SLICE("abc")));
    assert_true(vt_bson_text(document, "data.name", &text));
    assert_true(vt_slice_eq(text, VT_SLICE("x")));
    assert_true(vt_bson_bytes(document, "bytes", bytes, sizeof bytes));
    assert_memory_equal(bytes, "1234", 4);
    assert_true(vt_bson_number(document, "int", &number));
    assert_int_equal(number, -7);
    assert_true(vt_bson_number(document, "long", &number));
    assert_true(number == INT64_MIN);
    assert_true(vt_bson_date(document, "date", &number));
    assert_int_equal(number, -5);
    assert_true(vt_bson_bool(document, "bool", &is_true));
    assert_true(is_true);
    assert_true(vt_bson_array(document, "array", &iter));
    assert_true(bson_iter_next(&iter) && bson_iter_next(&iter) && !bson_iter_next(&iter));
    bson_destroy(document);
}

static void takes_no_other_type(void **state) {
    (void) state;
    static const char *const names[] = {"text", "data",  "bytes", "int",     "long",      "double",
                                        "date", "array", "bool",  "missing", "data.none", "text.name"};
    bson_t *document = document_new();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vt_slice text;
        uint8_t bytes[4];
        int64_t number = 3;
        bool is_true;
        bson_iter_t iter;
        const char *name = names[i];
        assert_int_equal(vt_bson_text(document, name, &text), strcmp(name, "text") == 0);
        assert_int_equal(vt_bson_bytes(document, name, bytes, 4), strcmp(name, "bytes") == 0);
        assert_false(vt_bson_bytes(document, name, bytes, 3));
        bool is_number = strcmp(name, "int") == 0 || strcmp(name, "long") == 0;
        assert_int_equal(vt_bson_number(document, name, &number), is_number);
        assert_true(is_number || number == 3);
        assert_int_equal(vt_bson_date(document, name, &number), strcmp(name, "date") == 0);
        assert_int_equal(vt_bson_bool(document, name, &is_true), strcmp(name, "bool") == 0);
        assert_int_equal(vt_bson_array(document, name, &iter), strcmp(name, "array") == 0);
    }
    bson_destroy(document);
}

/* Every prefix and every changed byte of a document: nothing is read outside of it. */
static void survives_damage(void **state) {
    (void) state;
    bson_t *document = document_new();
    uint8_t bytes[512];
    uint32_t len = document->len;
    assert_true(len < sizeof bytes);
    for (uint32_t at = 4; at < len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bson_t damaged;
            vt_slice text;
            int64_t number;
            uint8_t four[4];
            memcpy(bytes, bson_get_data(document), len);
            bytes[at] = (uint8_t) (bytes[at] ^ (1 << bit));
            if (bson_init_static(&damaged, bytes, len)) {
                (void) vt_bson_text(&damaged, "data.name", &text);
                (void) vt_bson_bytes(&damaged, "bytes", four, 4);
                (void) vt_bson_number(&damaged, "long", &number);
                (void) vt_bson_date(&damaged, "date", &number);
            }
        }
    }
    bson_destroy(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_type),
        cmocka_unit_test(takes_no_other_type),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests_name("mongo bson", tests, NULL, NULL);
}
