#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/descriptor_index.h"

/* a.proto: package p; message M { message N { message O {} } enum E }; enum F; service S { rpc Do } */
#define FILE_A                                                                                                         \
    "\x0a\x07"                                                                                                         \
    "a.proto"                                                                                                          \
    "\x12\x01"                                                                                                         \
    "p"                                                                                                                \
    "\x22\x12\x0a\x01"                                                                                                 \
    "M"                                                                                                                \
    "\x1a\x08\x0a\x01"                                                                                                 \
    "N"                                                                                                                \
    "\x1a\x03\x0a\x01"                                                                                                 \
    "O"                                                                                                                \
    "\x22\x03\x0a\x01"                                                                                                 \
    "E"                                                                                                                \
    "\x2a\x03\x0a\x01"                                                                                                 \
    "F"                                                                                                                \
    "\x32\x09\x0a\x01"                                                                                                 \
    "S"                                                                                                                \
    "\x12\x04\x0a\x02"                                                                                                 \
    "Do"
/* b.proto: no package; message M */
#define FILE_B                                                                                                         \
    "\x0a\x07"                                                                                                         \
    "b.proto"                                                                                                          \
    "\x22\x03\x0a\x01"                                                                                                 \
    "M"
#define SET "\x0a\x30" FILE_A "\x0a\x0e" FILE_B

static vt_descriptor_index *descriptors;

static int open_index(void **state) {
    (void) state;
    return vt_descriptor_index_open(VT_SLICE(SET), &descriptors) != VT_OK;
}

static int close_index(void **state) {
    (void) state;
    vt_descriptor_index_close(descriptors);
    return 0;
}

static void test_finds_files(void **state) {
    (void) state;
    assert_true(vt_slice_eq(vt_descriptor_index_file(descriptors, "a.proto"), VT_SLICE(FILE_A)));
    assert_true(vt_slice_eq(vt_descriptor_index_file(descriptors, "b.proto"), VT_SLICE(FILE_B)));
    assert_null(vt_descriptor_index_file(descriptors, "c.proto").ptr);
    assert_null(vt_descriptor_index_file(descriptors, "").ptr);
}

static void test_finds_symbols(void **state) {
    (void) state;
    const char *const in_a[] = {"p.M", "p.M.N", "p.M.N.O", "p.M.E", "p.F", "p.S", "p.S.Do"};
    for (size_t i = 0; i < sizeof in_a / sizeof *in_a; i++) {
        assert_true(vt_slice_eq(vt_descriptor_index_symbol(descriptors, in_a[i]), VT_SLICE(FILE_A)));
    }
    assert_true(vt_slice_eq(vt_descriptor_index_symbol(descriptors, "M"), VT_SLICE(FILE_B)));
    const char *const nowhere[] = {"", "p", "p.O", "p.M.O", "p.Do", "S", ".p.M", "p.M."};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        assert_null(vt_descriptor_index_symbol(descriptors, nowhere[i]).ptr);
    }
}

static void test_damaged_sets_are_refused(void **state) {
    (void) state;
    vt_slice set = VT_SLICE(SET);
    for (size_t len = 1; len < set.len; len++) {
        vt_descriptor_index *made = NULL;
        vt_err err = vt_descriptor_index_open(vt_slice_of(set.ptr, len), &made);
        /* Cut right behind the first file, it is a whole set again. */
        assert_int_equal(err, len == 2 + sizeof FILE_A - 1 ? VT_OK : VT_ERR_MALFORMED_PROTOBUF);
        vt_descriptor_index_close(made);
    }
    vt_descriptor_index *made = NULL;
    assert_int_equal(vt_descriptor_index_open(VT_SLICE("\x0a\x02\xff\xff"), &made), VT_ERR_MALFORMED_PROTOBUF);
    assert_null(made);
    vt_descriptor_index_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_finds_files, open_index, close_index),
        cmocka_unit_test_setup_teardown(test_finds_symbols, open_index, close_index),
        cmocka_unit_test(test_damaged_sets_are_refused),
    };
    return cmocka_run_group_tests_name("net/descriptor_index", tests, NULL, NULL);
}
