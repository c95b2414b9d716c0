#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "votelog/log_key.h"

static const vt_id ledger = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

/* Documents carry these bytes for ever. */
static void has_fixed_bytes(void **state) {
    (void) state;
    static const uint8_t expected[] = {1,  2,  3,    4,    5, 6, 7,    8,    9,    10,   11,   12,   13,   14,
                                       15, 16, 0x00, 0x01, 2, 3, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    vt_log_key key = vt_log_key_of(&ledger, (vt_position){0x00010203, 0x0102030405060708});
    assert_int_equal(sizeof key, sizeof expected);
    assert_memory_equal(key.bytes, expected, sizeof expected);
}

static void is_ordered_as_the_log(void **state) {
    (void) state;
    static const vt_position ascending[] = {{0, 0}, {0, 1},     {0, 255},          {0, 256}, {0, INT64_MAX},
                                            {1, 0}, {1, 70000}, {255, 5000000000}, {256, 0}, {INT32_MAX, INT64_MAX}};
    for (size_t i = 1; i < sizeof ascending / sizeof ascending[0]; i++) {
        vt_log_key low = vt_log_key_of(&ledger, ascending[i - 1]);
        vt_log_key high = vt_log_key_of(&ledger, ascending[i]);
        assert_true(memcmp(low.bytes, high.bytes, sizeof low.bytes) < 0);
    }
}

static void reads_what_it_wrote(void **state) {
    (void) state;
    static const vt_position positions[] = {{0, 0}, {3, 1234}, {INT32_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        vt_position found = {-1, -1};
        bson_t document = BSON_INITIALIZER;
        vt_log_key_append(&document, "_id", &ledger, positions[i]);
        assert_true(vt_log_key_read(&document, &ledger, &found));
        assert_int_equal(found.partition, positions[i].partition);
        assert_int_equal(found.offset, positions[i].offset);
        bson_destroy(&document);
    }
}

static void assert_no_key(const uint8_t *bytes, uint32_t len) {
    vt_position found = {7, 8};
    bson_t document = BSON_INITIALIZER;
    BSON_APPEND_BINARY(&document, "_id", BSON_SUBTYPE_BINARY, bytes, len);
    assert_false(vt_log_key_read(&document, &ledger, &found));
    assert_int_equal(found.offset, 8);
    bson_destroy(&document);
}

static void takes_no_other_ids(void **state) {
    (void) state;
    vt_position found;
    vt_log_key key = vt_log_key_of(&ledger, (vt_position){1, 1});
    assert_no_key(key.bytes, sizeof key.bytes - 1);
    key.bytes[VT_ID_LEN] = 0x80;
    assert_no_key(key.bytes, sizeof key.bytes);
    key.bytes[VT_ID_LEN] = 0;
    key.bytes[VT_ID_LEN + 4] = 0x80;
    assert_no_key(key.bytes, sizeof key.bytes);
    key.bytes[VT_ID_LEN + 4] = 0;
    key.bytes[0]++;
    assert_no_key(key.bytes, sizeof key.bytes);
    bson_t *document = BCON_NEW("_id", BCON_INT32(1));
    assert_false(vt_log_key_read(document, &ledger, &found));
    bson_destroy(document);
    document = bson_new();
    assert_false(vt_log_key_read(document, &ledger, &found));
    bson_destroy(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_fixed_bytes),
        cmocka_unit_test(is_ordered_as_the_log),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(takes_no_other_ids),
    };
    return cmocka_run_group_tests_name("log key", tests, NULL, NULL);
}
