#include "contest/code.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_secret secret;
static const vt_id ledger = {{1, 2, 3}};
static const uint8_t serial[VT_CODE_SERIAL_LEN] = {0x00, 0x44, 0x32, 0x14, 0xFF};

static int setup(void **state) {
    (void) state;
    char reason[VT_REASON_MAX];
    return vt_secret_load("a secret of the tests", "/nonexistent", &secret, reason) == VT_OK ? 0 : -1;
}

static vt_err check(const char *text, vt_id *voter) {
    return vt_code_check(&secret, &ledger, vt_slice_str(text), voter);
}

static void test_form(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    assert_int_equal(strlen(code), VT_CODE_TEXT_LEN);
    assert_memory_equal(code, "01234-57Z", 9); /* 0x00443214FF in groups of five bits */
    assert_int_equal(code[11], '-');
    assert_int_equal(code[17], '-');
}

/* Known by HMAC-SHA-256 computed elsewhere, so that codes that were printed stay valid. */
static void test_known_code(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    assert_string_equal(code, "01234-57ZH6-8W4HZ-FTRQQ");
}

static void test_spellings(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    vt_id voter;
    assert_int_equal(check(code, &voter), VT_OK);
    vt_id expected =
        vt_secret_voter(&secret, &ledger, VT_LIMIT_CODE, vt_slice_of((const char *) serial, sizeof serial));
    assert_true(vt_id_eq(&voter, &expected));

    char spelled[4 * VT_CODE_TEXT_LEN];
    size_t len = 0;
    for (size_t i = 0; code[i] != '\0'; i++) {
        char c = code[i] == '0' ? 'o' : code[i] == '1' ? (i % 2 == 0 ? 'l' : 'I') : (char) tolower(code[i]);
        if (c != '-') {
            spelled[len++] = c;
            spelled[len++] = i % 3 == 0 ? ' ' : '-';
        }
    }
    vt_id other = {{0}};
    assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(spelled, len), &other), VT_OK);
    assert_true(vt_id_eq(&other, &expected));
}

/* The value that a character stands for, so that only real changes are tried. */
static char canonical(char c) {
    c = (char) toupper((unsigned char) c);
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

static void test_every_wrong_character_is_refused(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    vt_id voter = {{7}};
    int tried = 0;
    for (size_t i = 0; i < VT_CODE_TEXT_LEN; i++) {
        char right = code[i];
        for (int c = 0; c < 256 && right != '-'; c++) {
            code[i] = (char) c;
            if (canonical((char) c) != right) {
                assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(code, VT_CODE_TEXT_LEN), &voter),
                                 VT_ERR_BAD_VOTER_CODE);
                tried++;
            }
        }
        code[i] = right;
    }
    assert_true(tried > 5000);
    assert_int_equal(voter.bytes[0], 7);
}

static void test_wrong_forms(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    vt_id voter;
    assert_int_equal(check("", &voter), VT_ERR_BAD_VOTER_CODE);
    assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(NULL, 0), &voter), VT_ERR_BAD_VOTER_CODE);
    assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(code, VT_CODE_TEXT_LEN - 1), &voter),
                     VT_ERR_BAD_VOTER_CODE);
    char longer[VT_CODE_TEXT_LEN + 2];
    memcpy(longer, code, VT_CODE_TEXT_LEN);
    memcpy(longer + VT_CODE_TEXT_LEN, "0", 2);
    assert_int_equal(check(longer, &voter), VT_ERR_BAD_VOTER_CODE);
    char padded[VT_VOTER_CODE_BYTES_MAX + 1];
    memset(padded, ' ', sizeof padded);
    memcpy(padded, code, VT_CODE_TEXT_LEN);
    assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(padded, sizeof padded - 1), &voter), VT_OK);
    assert_int_equal(vt_code_check(&secret, &ledger, vt_slice_of(padded, sizeof padded), &voter),
                     VT_ERR_BAD_VOTER_CODE);
}

static void test_other_ledgers_and_secrets(void **state) {
    (void) state;
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &ledger, serial, code);
    vt_id voter;
    vt_id other_ledger = {{1, 2, 4}};
    assert_int_equal(vt_code_check(&secret, &other_ledger, vt_slice_str(code), &voter), VT_ERR_BAD_VOTER_CODE);
    vt_secret other;
    char reason[VT_REASON_MAX];
    assert_int_equal(vt_secret_load("a secret of the tests!", NULL, &other, reason), VT_OK);
    assert_int_equal(vt_code_check(&other, &ledger, vt_slice_str(code), &voter), VT_ERR_BAD_VOTER_CODE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),        cmocka_unit_test(test_known_code),
        cmocka_unit_test(test_spellings),   cmocka_unit_test(test_every_wrong_character_is_refused),
        cmocka_unit_test(test_wrong_forms), cmocka_unit_test(test_other_ledgers_and_secrets),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
