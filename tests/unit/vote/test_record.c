#include "vote/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_verdict_names(void **state) {
    (void) state;
    static const char *const names[VT_VERDICT_COUNT] = {"pending", "counted", "duplicate", "conflict", "quota", "bad"};
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        assert_true(vt_slice_eq(vt_verdict_name((vt_verdict) i), vt_slice_str(names[i])));
    }
}

typedef struct position_text {
    vt_position position;
    const char *text;
} position_text;

static void test_positions(void **state) {
    (void) state;
    static const position_text pairs[] = {
        {{-1, 0}, "0"},  {{-1, 1234}, "1234"},  {{-1, INT64_MAX}, "9223372036854775807"},
        {{0, 0}, "0:0"}, {{3, 1234}, "3:1234"}, {{INT32_MAX, INT64_MAX}, "2147483647:9223372036854775807"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[VT_POSITION_TEXT_MAX];
        vt_slice formatted = {text, vt_position_format(pairs[i].position, text)};
        assert_true(vt_slice_eq(formatted, vt_slice_str(pairs[i].text)));
        vt_position parsed;
        assert_true(vt_position_parse(formatted, &parsed));
        assert_int_equal(parsed.partition, pairs[i].position.partition);
        assert_int_equal(parsed.offset, pairs[i].position.offset);
    }
}

/* By another implementation: sha256(bytes(range(16)) + b"\0" + b"3:17")[:16] in Python. */
static void test_position_identity(void **state) {
    (void) state;
    vt_id ledger_id = {{0}};
    for (uint8_t i = 0; i < VT_ID_LEN; i++) {
        ledger_id.bytes[i] = i;
    }
    static const vt_id expected = {
        {0x1e, 0x93, 0x9e, 0x49, 0x6e, 0x0f, 0x5a, 0x21, 0x7b, 0x6d, 0xa7, 0xa1, 0x0e, 0xcb, 0x52, 0xe9}};
    vt_id found = vt_position_identity(&ledger_id, (vt_position){3, 17});
    assert_true(vt_id_eq(&found, &expected));
    found = vt_position_identity(&ledger_id, (vt_position){3, 18});
    assert_false(vt_id_eq(&found, &expected));
}

static void test_position_refusals(void **state) {
    (void) state;
    static const char *const texts[] = {
        "",
        ":",
        "1:",
        ":1",
        "1:2:3",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1: 2",
        "0x1",
        "1.5",
        "a",
        "1:a",
        "a:1",
        "-1:1",
        "1:-1",
        "1,2",
        "9223372036854775808",
        "99999999999999999999",
        "2147483648:0",
        "/",
        "1:9223372036854775808",
    };
    vt_position position = {7, 7};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(vt_position_parse(vt_slice_str(texts[i]), &position));
    }
    assert_false(vt_position_parse(vt_slice_of("1\0", 2), &position));
    assert_int_equal(position.partition, 7);
    assert_int_equal(position.offset, 7);
}

static void assert_texts(const vt_record *record, const vt_vote *vote) {
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_RANK; i++) {
        assert_true(vt_slice_eq(vt_record_text(record, (vt_field) i), vote->text[i]));
    }
}

static void test_set_vote(void **state) {
    (void) state;
    vt_vote vote = {.text = {[VT_FIELD_NAME] = VT_SLICE("Alux Nahual"),
                             [VT_FIELD_ALBUM] = {NULL, 0},
                             [VT_FIELD_YEAR] = VT_SLICE("1982"),
                             [VT_FIELD_RANK] = VT_SLICE("1")}};
    vt_record record = {.id = {{1}}, .has_voter = true, .at_ms = 5, .points = 9};
    vt_record_set_vote(&record, &vote);
    assert_texts(&record, &vote);
    vt_id fingerprint = vt_fingerprint(&vote);
    assert_true(vt_id_eq(&record.fingerprint, &fingerprint));
    assert_int_equal(record.points, 1);
    assert_int_equal(record.id.bytes[0], 1);
    assert_true(record.has_voter);
    assert_int_equal(record.at_ms, 5);
}

static void test_longest_texts(void **state) {
    (void) state;
    char letters[4 * VT_FIELD_BYTES_MAX];
    vt_vote vote = {0};
    for (int i = 0; i < 4; i++) {
        memset(letters + i * VT_FIELD_BYTES_MAX, 'a' + i, VT_FIELD_BYTES_MAX);
        vote.text[i + 1] = vt_slice_of(letters + i * VT_FIELD_BYTES_MAX, VT_FIELD_BYTES_MAX);
    }
    vt_record record = {0};
    vt_record_set_vote(&record, &vote);
    assert_texts(&record, &vote);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict_names),     cmocka_unit_test(test_positions),
        cmocka_unit_test(test_position_refusals), cmocka_unit_test(test_set_vote),
        cmocka_unit_test(test_longest_texts),     cmocka_unit_test(test_position_identity),
    };
    return cmocka_run_group_tests_name("vote/record", tests, NULL, NULL);
}
