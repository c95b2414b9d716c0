#include "vote/vote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char letters[400];

static int fill_letters(void **state) {
    (void) state;
    memset(letters, 'x', sizeof letters);
    return 0;
}

static vt_vote good_vote(void) {
    return (vt_vote){.text = {[VT_FIELD_NAME] = VT_SLICE("Alux Nahual"),
                              [VT_FIELD_ALBUM] = VT_SLICE("Conquista"),
                              [VT_FIELD_YEAR] = VT_SLICE("1982"),
                              [VT_FIELD_RANK] = VT_SLICE("1")}};
}

static vt_err check_with(vt_field field, vt_slice text, vt_field *at) {
    vt_vote vote = good_vote();
    vote.text[field] = text;
    *at = VT_FIELD_NONE;
    return vt_vote_check(&vote, at);
}

static void assert_refused(vt_field field, vt_slice text, vt_err expected) {
    vt_field at;
    assert_int_equal(check_with(field, text, &at), expected);
    assert_int_equal(at, field);
}

static void assert_taken(vt_field field, vt_slice text) {
    vt_field at;
    assert_int_equal(check_with(field, text, &at), VT_OK);
}

static void test_field_names(void **state) {
    (void) state;
    static const char *const names[VT_FIELD_COUNT] = {"", "name", "album", "year", "rank", "vote_id", "voter_code"};
    for (int i = 0; i < VT_FIELD_COUNT; i++) {
        assert_true(vt_slice_eq(vt_field_name((vt_field) i), vt_slice_str(names[i])));
    }
}

static void test_limits(void **state) {
    (void) state;
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_RANK; i++) {
        assert_taken((vt_field) i, vt_slice_of(letters, VT_FIELD_BYTES_MAX));
        assert_refused((vt_field) i, vt_slice_of(letters, VT_FIELD_BYTES_MAX + 1), VT_ERR_TOO_LONG);
    }
    assert_taken(VT_FIELD_VOTE_ID, vt_slice_of(letters, 1));
    assert_taken(VT_FIELD_VOTE_ID, vt_slice_of(letters, VT_VOTE_KEY_BYTES_MAX));
    assert_refused(VT_FIELD_VOTE_ID, vt_slice_of(letters, VT_VOTE_KEY_BYTES_MAX + 1), VT_ERR_BAD_ID);
    assert_taken(VT_FIELD_VOTER_CODE, vt_slice_of(letters, VT_VOTER_CODE_BYTES_MAX));
    assert_refused(VT_FIELD_VOTER_CODE, vt_slice_of(letters, VT_VOTER_CODE_BYTES_MAX + 1), VT_ERR_TOO_LONG);
}

static void test_empty(void **state) {
    (void) state;
    assert_refused(VT_FIELD_NAME, VT_SLICE(""), VT_ERR_EMPTY_NAME);
    assert_refused(VT_FIELD_NAME, VT_SLICE(" \t\r\n "), VT_ERR_EMPTY_NAME);
    for (int i = VT_FIELD_ALBUM; i <= VT_FIELD_RANK; i++) {
        assert_taken((vt_field) i, VT_SLICE(""));
        assert_taken((vt_field) i, VT_SLICE("  "));
    }
    assert_refused(VT_FIELD_VOTE_ID, VT_SLICE(""), VT_ERR_BAD_ID);
    assert_taken(VT_FIELD_VOTE_ID, (vt_slice){0});
    assert_taken(VT_FIELD_VOTER_CODE, VT_SLICE(""));
    assert_taken(VT_FIELD_VOTER_CODE, (vt_slice){0});
}

static void test_bytes(void **state) {
    (void) state;
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_field field = (vt_field) i;
        bool is_id = field == VT_FIELD_VOTE_ID;
        assert_refused(field, VT_SLICE("a\xff"), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8);
        assert_refused(field, VT_SLICE("a\0z"), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER);
        assert_refused(field, VT_SLICE("a\nz"), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER);
        assert_refused(field, VT_SLICE("a\x7f"), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER);
        assert_taken(field, VT_SLICE("\xc3\xb7 \xf0\x9f\x8e\xb8"));
    }
}

/* Trimming comes before the limit, and only the four texts are trimmed. */
static void test_trimming(void **state) {
    (void) state;
    char padded[VT_FIELD_BYTES_MAX + 4];
    memset(padded, ' ', sizeof padded);
    memset(padded + 2, 'x', VT_FIELD_BYTES_MAX);
    assert_taken(VT_FIELD_NAME, vt_slice_of(padded, sizeof padded));
    assert_refused(VT_FIELD_VOTER_CODE, vt_slice_of(padded, sizeof padded), VT_ERR_TOO_LONG);
    vt_vote vote = good_vote();
    vote.text[VT_FIELD_NAME] = VT_SLICE("\t a b\r\n");
    vote.text[VT_FIELD_VOTE_ID] = VT_SLICE(" id ");
    vt_field field;
    assert_int_equal(vt_vote_check(&vote, &field), VT_OK);
    assert_true(vt_slice_eq(vote.text[VT_FIELD_NAME], VT_SLICE("a b")));
    assert_true(vt_slice_eq(vote.text[VT_FIELD_VOTE_ID], VT_SLICE(" id ")));
}

static void test_first_field_is_named(void **state) {
    (void) state;
    vt_vote vote = good_vote();
    vote.text[VT_FIELD_RANK] = VT_SLICE("\xff");
    vote.text[VT_FIELD_ALBUM] = vt_slice_of(letters, sizeof letters);
    vt_field field;
    assert_int_equal(vt_vote_check(&vote, &field), VT_ERR_TOO_LONG);
    assert_int_equal(field, VT_FIELD_ALBUM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_names), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_empty),       cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_trimming),    cmocka_unit_test(test_first_field_is_named),
    };
    return cmocka_run_group_tests_name("vote/vote", tests, fill_letters, NULL);
}
