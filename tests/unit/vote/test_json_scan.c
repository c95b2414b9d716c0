#include "vote/json_scan.h"

#include "guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* As VT_SLICE, but an initialiser of static objects, too. */
#define S(literal)                                                                                                     \
    { "" literal, sizeof(literal) - 1 }

enum { DEPTH_MAX = 16 };

/* Texts that RFC 8259 takes as one value. */
static const vt_slice values[] = {
    S("0"),
    S("-0"),
    S("7"),
    S("-12"),
    S("120"),
    S("0.5"),
    S("-0.05"),
    S("1e5"),
    S("1E5"),
    S("1e+5"),
    S("1e-05"),
    S("1.25E+00"),
    S("0e0"),
    S("123456789012345678901234567890"),
    S("1e999999"),
    S("-1e-999999"),
    S("true"),
    S("false"),
    S("null"),
    S("\"\""),
    S("\"a\""),
    S("\"eight888\""),
    S("\"\x7f\""),
    S("\" \""),
    S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    S("\"\\u0000\""),
    S("\"\\uABCD\\uabcd\\u0aF9\""),
    S("\"\\ud83c\\udfb8\""),
    S("\"\xc3\xb7\xe2\x82\xac\xf0\x9f\x8e\xb8\""),
    S("\"/\""),
    S("\"[]{},:\""),
    S("\"\\\\\""),
    S("\"\\\\\\\"\""),
    S("[]"),
    S("[ ]"),
    S("[1]"),
    S("[1,2]"),
    S("[ 1 , 2 ]"),
    S("[[],[[]]]"),
    S("[null,true,false,\"x\",-1.5e3,{},[]]"),
    S("[\n\t\r 1\n]"),
    S("{}"),
    S("{ }"),
    S("{\"a\":1}"),
    S("{\"a\":1,\"a\":2}"),
    S("{\"\":0}"),
    S("{ \"a\" : [ { \"b\" : { } } ] , \"c\" : \"d\" }"),
    S("{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":[]}"),
    S("[{},{\"a\":[]},[{}]]"),
};

/* Texts that it does not. A reader of a prefix would take some: what follows must be refused, too. */
static const vt_slice not_values[] = {
    S(""),
    S(" "),
    S("\xef\xbb\xbf{}"),
    S("\xff"),
    S("\0"),
    S("a"),
    S("01"),
    S("-01"),
    S("00"),
    S("+1"),
    S("-"),
    S("--1"),
    S("-a"),
    S(".5"),
    S("1."),
    S("1.e5"),
    S("0.e1"),
    S("1.2."),
    S("1.2.3"),
    S("1e"),
    S("1e+"),
    S("1ee5"),
    S("1e5.5"),
    S("1 2"),
    S("0x10"),
    S("1_000"),
    S("Infinity"),
    S("-Infinity"),
    S("NaN"),
    S("nan"),
    S("1f"),
    S("\xef\xbc\x91"), /* a full-width 1 */
    S("True"),
    S("TRUE"),
    S("tru"),
    S("truth"),
    S("truee"),
    S("fals"),
    S("nul"),
    S("nulll"),
    S("null1"),
    S("undefined"),
    S("\""),
    S("\"a"),
    S("'a'"),
    S("\"\\\""),
    S("\"\\\\\\\""),
    S("\"a\"b"),
    S("\"\\x41\""),
    S("\"\\a\""),
    S("\"\\v\""),
    S("\"\\'\""),
    S("\"\\0\""),
    S("\"\\U0041\""),
    S("\"\\u\""),
    S("\"\\u1\""),
    S("\"\\u12\""),
    S("\"\\u123\""),
    S("\"\\u123g\""),
    S("\"\\u 123\""),
    S("\"\\u+123\""),
    S("\"\\u-123\""),
    S("\"\\u{41}\""),
    S("\"\\u00"),
    S("\"\\"),
    S("\"\\ \""),
    S("\"\\\n\""),
    S("\"\\\xc3\xa9\""),
    S("\"\n\""),
    S("\"\t\""),
    S("\"\0\""),
    S("\"\x1f\""),
    S("\"eight888\x01\""),
    S("\"seven77\n\""),
    S("["),
    S("]"),
    S("[1"),
    S("[1,"),
    S("[1,]"),
    S("[,1]"),
    S("[,]"),
    S("[1,,2]"),
    S("[1 2]"),
    S("[1}"),
    S("[1]]"),
    S("[\"a\":1]"),
    S("[:]"),
    S("[1,\n"),
    S("[a]"),
    S("[\v]"),
    S("[\f1]"),
    S("[\xc2\xa0]"),
    S("[*]"),
    S("[-]"),
    S("[\"\"\"\"]"),
    S("[1;2]"),
    S("[[]"),
    S("[]["),
    S("[//1\n]"),
    S("{"),
    S("}"),
    S("{]"),
    S("[}"),
    S("{\"a\"}"),
    S("{\"a\":}"),
    S("{\"a\":1,}"),
    S("{,\"a\":1}"),
    S("{\"a\":1 \"b\":2}"),
    S("{\"a\":1,,\"b\":2}"),
    S("{a:1}"),
    S("{'a':1}"),
    S("{1:1}"),
    S("{null:1}"),
    S("{\"a\" 1}"),
    S("{\"a\"::1}"),
    S("{\"a\",1}"),
    S("{:1}"),
    S("{\"a\":1}}"),
    S("{\"a\":1}x"),
    S("{\"a\":1]"),
    S("{\"a\":[1}]"),
    S("{\"a\":1/**/}"),
    S("{\"a\":1}#"),
    S("{\"a\":1}\0"),
    S("{[]:1}"),
    S("{\"\n\":1}"),
    S("{\"a\":\"b\"c}"),
};

enum { VALUES = sizeof values / sizeof values[0], NOT_VALUES = sizeof not_values / sizeof not_values[0] };

/* Whether the whole text is one value. */
static bool is_value(vt_slice text, unsigned depth_max, bool *is_unicode) {
    text = guarded(text);
    vt_json_cursor cursor = {text.ptr, text.ptr + text.len};
    *is_unicode = true;
    if (!vt_json_skip_value(&cursor, depth_max, is_unicode)) {
        return false;
    }
    assert_true(cursor.ptr <= cursor.end);
    vt_json_skip_space(&cursor);
    return cursor.ptr == cursor.end;
}

static vt_slice wrap(const char *before, vt_slice text, const char *after) {
    static char bytes[4096];
    size_t before_len = strlen(before);
    size_t after_len = strlen(after);
    memcpy(bytes, before, before_len);
    if (text.len > 0) {
        memcpy(bytes + before_len, text.ptr, text.len);
    }
    memcpy(bytes + before_len + text.len, after, after_len);
    return vt_slice_of(bytes, before_len + text.len + after_len);
}

/* As they are, in white space, in an array, as a member. */
static const char *const around[][2] = {
    {"", ""}, {" \t\r\n", "\n "}, {"[", "]"}, {"[0,", ",0]"}, {"{\"a\":", ",\"b\":0}"}};

static void test_values(void **state) {
    (void) state;
    bool is_unicode;
    for (size_t i = 0; i < VALUES; i++) {
        for (size_t j = 0; j < sizeof around / sizeof around[0]; j++) {
            if (!is_value(wrap(around[j][0], values[i], around[j][1]), DEPTH_MAX, &is_unicode)) {
                fail_msg("refused: %.*s", (int) values[i].len, values[i].ptr);
            }
        }
    }
}

static void test_not_values(void **state) {
    (void) state;
    bool is_unicode;
    for (size_t i = 0; i < NOT_VALUES; i++) {
        for (size_t j = 0; j < 2; j++) {
            if (is_value(wrap(around[j][0], not_values[i], around[j][1]), DEPTH_MAX, &is_unicode)) {
                fail_msg("taken: %.*s", (int) not_values[i].len, not_values[i].ptr);
            }
        }
    }
}

/* Every byte at every place of a string, as words are read eight bytes at a time. */
static void test_bytes_in_strings(void **state) {
    (void) state;
    enum { LEN = 20 };
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 1; at <= LEN; at++) {
            char text[LEN + 2];
            memset(text, 'x', sizeof text);
            text[0] = text[LEN + 1] = '"';
            text[at] = (char) byte;
            vt_slice copy = guarded(vt_slice_of(text, sizeof text));
            vt_json_cursor cursor = {copy.ptr, copy.ptr + copy.len};
            vt_json_string string;
            bool is_plain = byte >= 0x20 && byte != '\\';
            assert_int_equal(vt_json_read_string(&cursor, &string), is_plain);
            assert_true(!is_plain || string.raw.len == (byte == '"' ? at - 1 : LEN));
        }
    }
}

/* No strict beginning of an array, object or string is a value. */
static void test_truncation(void **state) {
    (void) state;
    bool is_unicode;
    for (size_t i = 0; i < VALUES; i++) {
        char first = values[i].ptr[0];
        if (first != '[' && first != '{' && first != '"') {
            continue;
        }
        for (size_t len = 0; len < values[i].len; len++) {
            assert_false(is_value(vt_slice_of(values[i].ptr, len), DEPTH_MAX, &is_unicode));
        }
    }
}

static vt_slice nested(unsigned depth, bool objects) {
    static char bytes[8 * (VT_JSON_SKIP_DEPTH_MAX + 1)];
    char *ptr = bytes;
    for (unsigned i = 0; i < depth; i++) {
        bool is_object = objects && i % 2 == 1;
        memcpy(ptr, is_object ? "{\"a\":" : "[", is_object ? 5 : 1);
        ptr += is_object ? 5 : 1;
    }
    *ptr++ = '1';
    for (unsigned i = depth; i > 0; i--) {
        *ptr++ = objects && i % 2 == 0 ? '}' : ']';
    }
    return vt_slice_of(bytes, (size_t) (ptr - bytes));
}

static void test_depth(void **state) {
    (void) state;
    bool is_unicode;
    for (unsigned depth = 1; depth <= VT_JSON_SKIP_DEPTH_MAX; depth++) {
        for (int objects = 0; objects < 2; objects++) {
            assert_true(is_value(nested(depth, objects == 1), depth, &is_unicode));
            assert_false(is_value(nested(depth + 1, objects == 1), depth, &is_unicode));
        }
    }
    /* Depth is what is open at one time, not how often something was opened. */
    assert_true(is_value(VT_SLICE("[[],[],[[]],{\"a\":[]},[]]"), 3, &is_unicode));
}

typedef struct string_sample {
    vt_slice raw;
    bool is_unicode;
    vt_slice decoded;
} string_sample;

static const string_sample strings[] = {
    {S(""), true, S("")},
    {S("plain"), true, S("plain")},
    {S("\\\"\\\\\\/\\b\\f\\n\\r\\t"), true, S("\"\\/\b\f\n\r\t")},
    {S("\\u0000"), true, S("\0")},
    {S("\\u0041\\u007f"), true, S("A\x7f")},
    {S("\\u0080\\u07ff"), true, S("\xc2\x80\xdf\xbf")},
    {S("\\u0800\\ud7ff\\ue000\\uFFFF"), true, S("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf")},
    {S("\\ud800\\udc00\\uDBFF\\uDFFF"), true, S("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
    {S("a\\ud83c\\udfb8z\xf0\x9f\x8e\xb8"), true, S("a\xf0\x9f\x8e\xb8z\xf0\x9f\x8e\xb8")},
    {S("\\ud800"), false, S("\xed\xa0\x80")},
    {S("\\udc00"), false, S("\xed\xb0\x80")},
    {S("\\ud800\\ud800"), false, S("\xed\xa0\x80\xed\xa0\x80")},
    {S("\\ud800\\ud83c\\udfb8"), false, S("\xed\xa0\x80\xf0\x9f\x8e\xb8")},
    {S("\\udfb8\\ud83c"), false, S("\xed\xbe\xb8\xed\xa0\xbc")},
    {S("\\ud800\\u0041"), false,
     S("\xed\xa0\x80"
       "A")},
    {S("\\ud800\\n"), false, S("\xed\xa0\x80\n")},
    {S("\\ud800x"), false, S("\xed\xa0\x80x")},
    {S("\xff"), false, S("\xff")},
    {S("\\n\xc3"), false, S("\n\xc3")},
    {S("\\\\ud800"), true, S("\\ud800")}, /* an escaped backslash, then letters */
};

static vt_json_string read_string(vt_slice raw) {
    vt_slice text = guarded(wrap("\"", raw, "\""));
    vt_json_cursor cursor = {text.ptr, text.ptr + text.len};
    vt_json_string string;
    assert_true(vt_json_read_string(&cursor, &string));
    assert_ptr_equal(cursor.ptr, cursor.end);
    assert_true(vt_slice_eq(string.raw, raw));
    assert_int_equal(string.has_escapes, raw.len > 0 && memchr(raw.ptr, '\\', raw.len) != NULL);
    return string;
}

static void test_strings(void **state) {
    (void) state;
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        vt_json_string string = read_string(strings[i].raw);
        assert_int_equal(vt_json_string_is_unicode(&string), strings[i].is_unicode);
        char out[64];
        vt_slice decoded = {out, 0};
        assert_true(vt_json_decode(&string, false, out, sizeof out, &decoded.len));
        assert_true(vt_slice_eq(decoded, strings[i].decoded));
        /* It fits exactly, and in one byte less it does not. */
        assert_true(vt_json_decode(&string, false, out, decoded.len, &decoded.len));
        size_t unchanged = 12345;
        if (decoded.len > 0) {
            assert_false(vt_json_decode(&string, false, out, decoded.len - 1, &unchanged));
            assert_int_equal(unchanged, 12345);
        }
    }
}

/* A string is not Unicode wherever in a value it stands. */
static void test_not_unicode_inside(void **state) {
    (void) state;
    static const vt_slice texts[] = {
        VT_SLICE("\"\xff\""),
        VT_SLICE("[1,\"\xed\xa0\x80\"]"),
        VT_SLICE("{\"\xc0\x80\":1}"),
        VT_SLICE("{\"a\":\"\xff\"}"),
        S("[[{\"\\ud800\":[]}]]"),
        S("[\"\xff\",\"good\"]"),
        VT_SLICE("{\"a\":1,\"b\":\"\\udc00\"}"),
    };
    bool is_unicode;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(is_value(texts[i], DEPTH_MAX, &is_unicode));
        assert_false(is_unicode);
    }
    assert_true(is_value(VT_SLICE("{\"\xc3\xb7\":[\"\\ud83c\\udfb8\"]}"), DEPTH_MAX, &is_unicode));
    assert_true(is_unicode);
}

typedef struct trim_sample {
    vt_slice raw;
    bool fits; /* in four bytes, after trimming */
    vt_slice decoded;
} trim_sample;

static void test_decode_trims(void **state) {
    (void) state;
    static const trim_sample samples[] = {
        {S("abcd"), true, S("abcd")},
        {S("abcde"), false, {0}},
        {S("  \\n\\tabcd"), true, S("abcd")},
        {S("abcd \\r\\n   \\u0020"), true, S("abcd")},
        {S("abcd  e"), false, {0}},
        {S("ab  \\t "), true, S("ab  ")},
        {S(" a\\u0009b"), true, S("a\tb")},
        {S("abc\\u00f7"), false, {0}},
        {S("ab\\u00f7"), true, S("ab\xc3\xb7")},
        {S(" \\n "), true, S("")},
        {S("\\f"), true, S("\f")},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        vt_json_string string = read_string(samples[i].raw);
        char out[4];
        vt_slice decoded = {out, 0};
        assert_int_equal(vt_json_decode(&string, true, out, sizeof out, &decoded.len), samples[i].fits);
        assert_true(vt_slice_eq(decoded, samples[i].decoded));
    }
    /* Without trimming, white space counts like everything else. */
    vt_json_string string = read_string(VT_SLICE("abcd\\n"));
    char out[4];
    size_t len;
    assert_false(vt_json_decode(&string, false, out, sizeof out, &len));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_not_values),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_bytes_in_strings),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_not_unicode_inside),
        cmocka_unit_test(test_decode_trims),
    };
    return cmocka_run_group_tests_name("vote/json_scan", tests, NULL, NULL);
}
