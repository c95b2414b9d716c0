#include "vote/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define UUID "0190a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071"
#define UUID_UPPER "0190A5B2-7C3D-7E4F-8A1B-2C3D4E5F6071"

static const vt_id ledger_id = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static const vt_id voter = {
    {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f}};

static void assert_id(vt_id id, const char *expected) {
    char hex[2 * VT_ID_LEN + 1];
    for (size_t i = 0; i < VT_ID_LEN; i++) {
        snprintf(hex + 2 * i, 3, "%02x", id.bytes[i]);
    }
    assert_string_equal(hex, expected);
}

static void test_uuid_round_trip(void **state) {
    (void) state;
    vt_id id;
    char text[VT_UUID_TEXT_LEN];
    assert_true(vt_uuid_parse(VT_SLICE(UUID), &id));
    assert_id(id, "0190a5b27c3d7e4f8a1b2c3d4e5f6071");
    vt_uuid_format(&id, text);
    assert_memory_equal(text, UUID, VT_UUID_TEXT_LEN);
    vt_id upper;
    assert_true(vt_uuid_parse(VT_SLICE(UUID_UPPER), &upper));
    assert_true(vt_id_eq(&id, &upper));
}

/* No other byte at any place: every place of a UUID takes digits or a hyphen, never both. */
static void test_uuid_refusals(void **state) {
    (void) state;
    vt_id id;
    memset(&id, 0xa5, sizeof id);
    vt_id before = id;
    for (size_t at = 0; at < VT_UUID_TEXT_LEN; at++) {
        bool is_hyphen = UUID[at] == '-';
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[] = UUID;
            text[at] = (char) byte;
            bool is_digit = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
            bool expected = is_hyphen ? byte == '-' : is_digit;
            assert_int_equal(vt_uuid_parse(vt_slice_of(text, VT_UUID_TEXT_LEN), &id), expected);
            if (!expected) {
                assert_true(vt_id_eq(&id, &before));
            }
            id = before;
        }
    }
    assert_false(vt_uuid_parse(vt_slice_of(UUID, VT_UUID_TEXT_LEN - 1), &id));
    assert_false(vt_uuid_parse(VT_SLICE(UUID "0"), &id));
    assert_false(vt_uuid_parse(VT_SLICE("{" UUID "}"), &id));
    assert_false(vt_uuid_parse(VT_SLICE("0190a5b27c3d7e4f8a1b2c3d4e5f6071"), &id));
    assert_false(vt_uuid_parse((vt_slice){0}, &id));
}

/* RFC 9562, appendix A.6. */
static void test_uuid_v7(void **state) {
    (void) state;
    static const uint8_t random[VT_UUID_RANDOM_LEN] = {0xfc, 0xc3, 0xd8, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    assert_id(vt_uuid_v7(1645557742000, random), "017f22e279b07cc398c4dc0c0c07398f");
    static const uint8_t ones[VT_UUID_RANDOM_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    assert_id(vt_uuid_v7(0x0000123456789abc, ones), "123456789abc7fffbfffffffffffffff");
    static const uint8_t zeros[VT_UUID_RANDOM_LEN] = {0};
    assert_id(vt_uuid_v7(0, zeros), "00000000000070008000000000000000");
}

typedef struct derivation {
    vt_slice key;
    const vt_id *voter;
    int32_t item;
    const char *id;
} derivation;

static char letters[VT_VOTE_KEY_BYTES_MAX];

/* Computed by Python: hashlib.sha256(ledger + b"\0" + …).hexdigest()[:32]. */
static void test_derive(void **state) {
    (void) state;
    memset(letters, 'x', sizeof letters);
    static const derivation derivations[] = {
        {{"k", 1}, NULL, -1, "4f9eee1b9a74d3ad5f8f98d1a73dc01f"},
        {{"k", 1}, &voter, -1, "2991837a91bbdee896ec9eafe816d21c"},
        {{"k", 1}, NULL, 0, "802fbc1c5ab9d5c775f60d7acf997fb0"},
        {{"k", 1}, NULL, 999, "2f322a7620d847b4205a826ed78b2831"},
        {{"k", 1}, &voter, 258, "918343d8002425eb8b9b83f067f9eb19"},
        {{letters, sizeof letters}, NULL, -1, "e46a04d126f8efd4c6a2881a6453d3ee"},
        {{"a\0b", 3}, NULL, -1, "cc1ec4566cad21649ba5dfb15f454fa4"},
        {{UUID, 36}, NULL, -1, "0190a5b27c3d7e4f8a1b2c3d4e5f6071"},
        {{UUID_UPPER, 36}, NULL, -1, "0190a5b27c3d7e4f8a1b2c3d4e5f6071"},
        {{UUID, 36}, &voter, -1, "5b7e8cfea4e596c840e3ff2fcd6ad77f"},
        {{UUID_UPPER, 36}, &voter, -1, "5b7e8cfea4e596c840e3ff2fcd6ad77f"},
        {{UUID, 36}, NULL, 1, "34b668c5283d16e2850a39a11accc494"},
        {{UUID_UPPER, 36}, NULL, 1, "34b668c5283d16e2850a39a11accc494"},
    };
    for (size_t i = 0; i < sizeof derivations / sizeof derivations[0]; i++) {
        const vt_identity_input input = {&ledger_id, derivations[i].voter, derivations[i].key, derivations[i].item};
        assert_id(vt_identity_derive(&input), derivations[i].id);
    }
}

static vt_id fingerprint_of(const char *name, const char *album, const char *year, const char *rank) {
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name),
                             [VT_FIELD_ALBUM] = vt_slice_str(album),
                             [VT_FIELD_YEAR] = vt_slice_str(year),
                             [VT_FIELD_RANK] = vt_slice_str(rank),
                             [VT_FIELD_VOTE_ID] = VT_SLICE("of no"),
                             [VT_FIELD_VOTER_CODE] = VT_SLICE("influence")}};
    return vt_fingerprint(&vote);
}

/* Computed by Python: sha256 over struct.pack("<I", len(text)) + text of the four. */
static void test_fingerprint(void **state) {
    (void) state;
    char name[VT_FIELD_BYTES_MAX + 1] = {0};
    char album[VT_FIELD_BYTES_MAX + 1] = {0};
    memset(name, 'x', VT_FIELD_BYTES_MAX);
    for (size_t i = 0; i < VT_FIELD_BYTES_MAX; i += 2) {
        memcpy(album + i, "\xc3\xb7", 2);
    }
    assert_id(fingerprint_of("Viernes Verde", "Remedios", "2001", "1"), "1a962ef798b3d2fa2fb3cdf6b061049a");
    assert_id(fingerprint_of("a", "", "", ""), "73da540836d403947578e5b56ed4b9eb");
    assert_id(fingerprint_of("a", "b", "", ""), "d72c34f4e603f7245c0e08684e6831d1");
    assert_id(fingerprint_of("ab", "", "", ""), "33dc46722e3d06c6d284311db504673c");
    assert_id(fingerprint_of(name, album, "", "\xf0\x9f\x8e\xb8"), "8e2d055a917fada0c0dc0436f5304637");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_round_trip), cmocka_unit_test(test_uuid_refusals), cmocka_unit_test(test_uuid_v7),
        cmocka_unit_test(test_derive),          cmocka_unit_test(test_fingerprint),
    };
    return cmocka_run_group_tests_name("vote/identity", tests, NULL, NULL);
}
