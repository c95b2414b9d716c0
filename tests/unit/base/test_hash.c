#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct text_vector {
    const char *text;
    const char *digest;
} text_vector;

static void to_hex(const uint8_t digest[VT_SHA256_LEN], char out[2 * VT_SHA256_LEN + 1]) {
    for (int i = 0; i < VT_SHA256_LEN; i++) {
        snprintf(out + 2 * (size_t) i, 3, "%02x", digest[i]);
    }
}

static void assert_digest(const uint8_t digest[VT_SHA256_LEN], const char *expected) {
    char hex[2 * VT_SHA256_LEN + 1];
    to_hex(digest, hex);
    assert_string_equal(hex, expected);
}

/* https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values, and the empty message. */
static void test_nist_vectors(void **state) {
    (void) state;
    static const text_vector vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqr"
         "stu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        vt_sha256 hash;
        uint8_t digest[VT_SHA256_LEN];
        vt_sha256_init(&hash);
        vt_sha256_update(&hash, vectors[i].text, strlen(vectors[i].text));
        vt_sha256_final(&hash, digest);
        assert_digest(digest, vectors[i].digest);
    }
}

static void test_a_million_letters(void **state) {
    (void) state;
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    vt_sha256 hash;
    uint8_t digest[VT_SHA256_LEN];
    vt_sha256_init(&hash);
    for (int i = 0; i < 1000; i++) {
        vt_sha256_update(&hash, letters, sizeof letters);
    }
    vt_sha256_final(&hash, digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However a message is cut, its digest is the same: every length around the block's, every cut. */
static void test_cuts(void **state) {
    (void) state;
    char message[3 * VT_SHA256_BLOCK_LEN];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (char) (i * 7);
    }
    for (size_t len = 0; len <= sizeof message; len++) {
        uint8_t whole[VT_SHA256_LEN];
        vt_sha256 hash;
        vt_sha256_init(&hash);
        vt_sha256_update(&hash, message, len);
        vt_sha256_final(&hash, whole);
        for (size_t cut = 0; cut <= len; cut++) {
            uint8_t parts[VT_SHA256_LEN];
            vt_sha256_init(&hash);
            vt_sha256_update(&hash, message, cut);
            vt_sha256_update(&hash, NULL, 0);
            vt_sha256_update(&hash, message + cut, len - cut);
            vt_sha256_final(&hash, parts);
            assert_memory_equal(parts, whole, sizeof whole);
        }
    }
}

static void test_native_equals_portable(void **state) {
    (void) state;
    vt_sha256_compress *native = vt_sha256_compress_native();
    if (native == NULL) {
        print_message("skipped: this processor has no SHA instructions\n");
        skip();
    }
    uint32_t random = 20231123;
    uint8_t blocks[5 * VT_SHA256_BLOCK_LEN];
    for (int round = 0; round < 2000; round++) {
        uint32_t a[8], b[8];
        for (int i = 0; i < 8; i++) {
            a[i] = b[i] = random = random * 1664525 + 1013904223;
        }
        for (size_t i = 0; i < sizeof blocks; i++) {
            random = random * 1664525 + 1013904223;
            blocks[i] = (uint8_t) (random >> 24);
        }
        size_t count = (size_t) round % 6;
        native(a, blocks, count);
        vt_sha256_compress_portable(b, blocks, count);
        assert_memory_equal(a, b, sizeof a);
    }
}

typedef struct hmac_vector {
    vt_slice key;
    vt_slice data;
    const char *digest;
} hmac_vector;

#define TWENTY(byte) byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte
#define FIFTY(byte) TWENTY(byte) TWENTY(byte) byte byte byte byte byte byte byte byte byte byte
#define LONG_KEY FIFTY("\xaa") FIFTY("\xaa") TWENTY("\xaa") "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"

/* RFC 4231 §4, but for case 5, which cuts the digest. */
static void test_hmac_vectors(void **state) {
    (void) state;
    static const hmac_vector vectors[] = {
        {{TWENTY("\x0b"), 20}, {"Hi There", 8}, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {{"Jefe", 4},
         {"what do ya want for nothing?", 28},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{TWENTY("\xaa"), 20}, {FIFTY("\xdd"), 50}, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19", 25},
         {FIFTY("\xcd"), 50},
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {{LONG_KEY, 131},
         {"Test Using Larger Than Block-Size Key - Hash Key First", 54},
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{LONG_KEY, 131},
         {"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
          "hashed before being used by the HMAC algorithm.",
          152},
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t digest[VT_SHA256_LEN];
        vt_hmac_sha256(vectors[i].key, &vectors[i].data, 1, digest);
        assert_digest(digest, vectors[i].digest);
        vt_slice parts[3] = {vt_slice_of(vectors[i].data.ptr, 5),
                             {NULL, 0},
                             vt_slice_of(vectors[i].data.ptr + 5, vectors[i].data.len - 5)};
        vt_hmac_sha256(vectors[i].key, parts, 3, digest);
        assert_digest(digest, vectors[i].digest);
    }
}

/* Keys of exactly one block, of one byte more, and none at all; digests from Python's hmac. */
static void test_hmac_key_lengths(void **state) {
    (void) state;
    static const char *const expected[] = {
        "e528c4d99e6177f5841f712a143b90843299a4aa181a06501422d9ca862bd2a5",
        "93244b031118b8060c6619e5900fcf916faefb2d8d020fecb22ae0f62275db08",
        "a79b53d0bf1cb4bb00c301979e6e60ef792a435cafabd76ab9e8989bbdef2dff",
    };
    static const size_t lens[] = {0, 64, 65};
    char key[65];
    memset(key, 'k', sizeof key);
    vt_slice data = VT_SLICE("data");
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        uint8_t digest[VT_SHA256_LEN];
        vt_hmac_sha256(vt_slice_of(lens[i] == 0 ? NULL : key, lens[i]), &data, 1, digest);
        assert_digest(digest, expected[i]);
    }
}

static void test_equal(void **state) {
    (void) state;
    uint8_t a[33] = {0};
    uint8_t b[33] = {0};
    assert_true(vt_hash_equal(a, b, 0));
    assert_true(vt_hash_equal(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] = (uint8_t) (1U << bit);
            assert_false(vt_hash_equal(a, b, sizeof a));
            assert_true(vt_hash_equal(a, b, i));
        }
        b[i] = 0;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nist_vectors), cmocka_unit_test(test_a_million_letters),
        cmocka_unit_test(test_cuts),         cmocka_unit_test(test_native_equals_portable),
        cmocka_unit_test(test_hmac_vectors), cmocka_unit_test(test_hmac_key_lengths),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
