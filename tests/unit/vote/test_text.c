#include "vote/text.h"

#include "guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct sample {
    vt_slice text;
    vt_err expected;
} sample;

#define SAMPLE(literal, expected)                                                                                      \
    { {literal, sizeof(literal) - 1}, expected }

static const sample samples[] = {
    SAMPLE("", VT_OK),
    SAMPLE("plain", VT_OK),
    SAMPLE(" !\"~", VT_OK),
    SAMPLE("\xc2\x80", VT_OK),                     /* U+0080, a control of another kind: kept */
    SAMPLE("\xc3\xb7", VT_OK),                     /* U+00F7 */
    SAMPLE("\xdf\xbf\xe0\xa0\x80", VT_OK),         /* U+07FF U+0800 */
    SAMPLE("\xed\x9f\xbf\xee\x80\x80", VT_OK),     /* U+D7FF U+E000 */
    SAMPLE("\xef\xbf\xbf\xf0\x90\x80\x80", VT_OK), /* U+FFFF U+10000 */
    SAMPLE("\xf4\x8f\xbf\xbf", VT_OK),             /* U+10FFFF */
    SAMPLE("\xef\xbb\xbf", VT_OK),                 /* a byte-order mark is text here */
    SAMPLE("\x80", VT_ERR_INVALID_UTF8),           /* a continuation alone */
    SAMPLE("\xbf", VT_ERR_INVALID_UTF8),
    SAMPLE("\xc0\x80", VT_ERR_INVALID_UTF8), /* overlong U+0000 */
    SAMPLE("\xc1\xbf", VT_ERR_INVALID_UTF8),
    SAMPLE("\xe0\x9f\xbf", VT_ERR_INVALID_UTF8),
    SAMPLE("\xf0\x8f\xbf\xbf", VT_ERR_INVALID_UTF8),
    SAMPLE("\xed\xa0\x80", VT_ERR_INVALID_UTF8),     /* U+D800 */
    SAMPLE("\xed\xbf\xbf", VT_ERR_INVALID_UTF8),     /* U+DFFF */
    SAMPLE("\xf4\x90\x80\x80", VT_ERR_INVALID_UTF8), /* U+110000 */
    SAMPLE("\xf5\x80\x80\x80", VT_ERR_INVALID_UTF8),
    SAMPLE("\xfe", VT_ERR_INVALID_UTF8),
    SAMPLE("\xff", VT_ERR_INVALID_UTF8),
    SAMPLE("\xf8\x88\x80\x80\x80", VT_ERR_INVALID_UTF8), /* five bytes: RFC 2279 only */
    SAMPLE("\xc3", VT_ERR_INVALID_UTF8),
    SAMPLE("\xe2\x82", VT_ERR_INVALID_UTF8),
    SAMPLE("\xf0\x9f\x98", VT_ERR_INVALID_UTF8),
    SAMPLE("\xc3(", VT_ERR_INVALID_UTF8),
    SAMPLE("\xe2(\xa1", VT_ERR_INVALID_UTF8),
    SAMPLE("\xe2\x82(", VT_ERR_INVALID_UTF8),
    SAMPLE("\xf0\x9f\x98(", VT_ERR_INVALID_UTF8),
    SAMPLE("\0", VT_ERR_CONTROL_CHARACTER),
    SAMPLE("\x1f", VT_ERR_CONTROL_CHARACTER),
    SAMPLE("\x7f", VT_ERR_CONTROL_CHARACTER),
    SAMPLE("\t", VT_ERR_CONTROL_CHARACTER),
    SAMPLE("\n\xff", VT_ERR_INVALID_UTF8), /* of two faults, the encoding */
};

/* Each sample at each place of texts of each length up to 40, among letters, as words are read eight bytes at a time.
 */
static void test_check_at_every_place(void **state) {
    (void) state;
    for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
        vt_slice middle = samples[s].text;
        for (size_t before = 0; before <= 20; before++) {
            for (size_t after = 0; after <= 20; after++) {
                char bytes[64];
                memset(bytes, '~', sizeof bytes);
                if (middle.len > 0) {
                    memcpy(bytes + before, middle.ptr, middle.len);
                }
                vt_slice text = guarded(vt_slice_of(bytes, before + middle.len + after));
                assert_int_equal(vt_text_check(text), samples[s].expected);
                assert_int_equal(vt_text_is_utf8(text), samples[s].expected != VT_ERR_INVALID_UTF8);
            }
        }
    }
}

/* A reader as slow and plain as RFC 3629 §3: decodes, then asks what it decoded. */
static bool is_utf8_by_decoding(const uint8_t *bytes, size_t len) {
    static const uint32_t first_of_len[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < len;) {
        uint8_t lead = bytes[i];
        size_t needed = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
        if (needed == 0 || needed > len - i) {
            return false;
        }
        uint32_t code_point = needed == 1 ? lead : lead & (0xffU >> (needed + 1));
        for (size_t j = 1; j < needed; j++) {
            if (bytes[i + j] >> 6 != 2) {
                return false;
            }
            code_point = code_point << 6 | (bytes[i + j] & 0x3f);
        }
        if (code_point < first_of_len[needed] || code_point > 0x10ffff || (code_point >> 11) == 0x1b) {
            return false;
        }
        i += needed;
    }
    return true;
}

/* All sequences of two bytes, and all of four with the bytes that matter. */
static void test_utf8_against_decoding(void **state) {
    (void) state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const uint8_t bytes[2] = {(uint8_t) (pair >> 8), (uint8_t) pair};
        vt_slice text = vt_slice_of((const char *) bytes, 2);
        assert_int_equal(vt_text_is_utf8(text), is_utf8_by_decoding(bytes, 2));
    }
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                    0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { EDGES = sizeof edges };
    for (unsigned i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
        const uint8_t bytes[4] = {edges[i % EDGES], edges[i / EDGES % EDGES], edges[i / EDGES / EDGES % EDGES],
                                  edges[i / EDGES / EDGES / EDGES]};
        vt_slice text = vt_slice_of((const char *) bytes, 4);
        assert_int_equal(vt_text_is_utf8(text), is_utf8_by_decoding(bytes, 4));
    }
}

/* Every single byte alone: exactly the controls are controls. */
static void test_controls(void **state) {
    (void) state;
    for (unsigned byte = 0; byte < 128; byte++) {
        char c = (char) byte;
        vt_err expected = byte < 0x20 || byte == 0x7f ? VT_ERR_CONTROL_CHARACTER : VT_OK;
        assert_int_equal(vt_text_check(vt_slice_of(&c, 1)), expected);
    }
}

static void test_trim(void **state) {
    (void) state;
    static const vt_slice pairs[][2] = {
        {{"a", 1}, {"a", 1}},
        {{" \t\r\na b\n\r\t ", 11}, {"a b", 3}},
        {{"   ", 3}, {"", 0}},
        {{"", 0}, {"", 0}},
        {{"\v a\f", 4}, {"\v a\f", 4}},         /* other white space is text */
        {{"\xc2\xa0 a", 4}, {"\xc2\xa0 a", 4}}, /* U+00A0, too */
        {{" a\0 ", 4}, {"a\0", 2}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_true(vt_slice_eq(vt_text_trim(guarded(pairs[i][0])), pairs[i][1]));
    }
    assert_int_equal(vt_text_trim((vt_slice){0}).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_at_every_place),
        cmocka_unit_test(test_utf8_against_decoding),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests_name("vote/text", tests, NULL, NULL);
}
