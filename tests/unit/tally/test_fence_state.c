#include "kit.h"

#include "tally/fence_state.h"

static void assert_number(const char *text, vt_err expected, int64_t number) {
    int64_t found = -7;
    assert_int_equal(vt_fence_number_read(vt_slice_str(text), &found), expected);
    assert_int_equal(found, expected == VT_OK ? number : -7);
}

static void reads_numbers_as_they_are_written(void **state) {
    static const int64_t numbers[] = {0, 1, 9, 10, 123456789, VT_FENCE_NUMBER_MAX};
    (void) state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[VT_FENCE_NUMBER_TEXT_MAX];
        int64_t found = -1;
        size_t len = vt_fence_number_write(numbers[i], text);
        assert_int_equal(vt_fence_number_read(vt_slice_of(text, len), &found), VT_OK);
        assert_int_equal(found, numbers[i]);
    }
    assert_number("9007199254740991", VT_OK, VT_FENCE_NUMBER_MAX);
    assert_number("9007199254740992", VT_ERR_CORRUPT, 0);
    assert_number("99999999999999999999999", VT_ERR_CORRUPT, 0);
    static const char *const damaged[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        assert_number(damaged[i], VT_ERR_CORRUPT, 0);
    }
}

static void takes_names_in_the_order_in_which_they_were_appended(void **state) {
    char longest[VT_FIELD_BYTES_MAX];
    const vt_fence_name pairs[] = {{VT_SLICE("a"), VT_SLICE(""), VT_SLICE("1")},
                                   {VT_SLICE(""), VT_SLICE(""), VT_SLICE("")},
                                   {vt_slice_of(longest, sizeof longest), vt_slice_of(longest, sizeof longest),
                                    vt_slice_of(longest, sizeof longest)}};
    enum { PAIRS = sizeof pairs / sizeof pairs[0] };
    vt_buf names;
    (void) state;
    memset(longest, 0xc3, sizeof longest);
    vt_buf_init(&names, 1000);
    for (size_t i = 0; i < PAIRS; i++) {
        assert_int_equal(vt_fence_name_append(&names, &pairs[i]), VT_OK);
    }
    vt_slice rest = vt_buf_slice(&names);
    for (size_t i = 0; i < PAIRS; i++) {
        vt_fence_name found;
        assert_int_equal(vt_fence_name_take(&rest, &found), VT_OK);
        assert_true(vt_slice_eq(found.name, pairs[i].name));
        assert_true(vt_slice_eq(found.album, pairs[i].album));
        assert_true(vt_slice_eq(found.year, pairs[i].year));
    }
    assert_int_equal(rest.len, 0);
    uint32_t count = 0;
    assert_int_equal(vt_fence_names_count(vt_buf_slice(&names), &count), VT_OK);
    assert_int_equal(count, PAIRS);
    vt_buf_release(&names);
}

/* Cut at any byte, the last name is damaged and nothing is taken. Each cut is copied, so that a sanitizer sees a byte
 * too many. */
static void refuses_names_that_are_cut(void **state) {
    static const char whole[] = "\x03\x02\x01"
                                "abc"
                                "de"
                                "f";
    (void) state;
    for (size_t len = 1; len < sizeof whole - 1; len++) {
        char *cut = test_malloc(len);
        memcpy(cut, whole, len);
        vt_slice rest = vt_slice_of(cut, len);
        vt_fence_name found;
        assert_int_equal(vt_fence_name_take(&rest, &found), VT_ERR_CORRUPT);
        assert_int_equal(rest.len, len);
        uint32_t count = 17;
        assert_int_equal(vt_fence_names_count(rest, &count), VT_ERR_CORRUPT);
        assert_int_equal(count, 17);
        test_free(cut);
    }
    char too_long[3 + VT_FIELD_BYTES_MAX + 1] = {(char) (VT_FIELD_BYTES_MAX + 1)};
    vt_slice rest = vt_slice_of(too_long, sizeof too_long);
    vt_fence_name found;
    assert_int_equal(vt_fence_name_take(&rest, &found), VT_ERR_CORRUPT);
}

static void reads_sums_as_they_are_written(void **state) {
    const vt_fence_sums sums = {.votes = 12, .points = VT_FENCE_NUMBER_MAX};
    char text[VT_FENCE_SUMS_TEXT_MAX];
    vt_fence_sums found;
    (void) state;
    size_t len = vt_fence_sums_write(&sums, text);
    assert_true(vt_slice_eq(vt_slice_of(text, len), VT_SLICE("12 9007199254740991")));
    assert_int_equal(vt_fence_sums_read(vt_slice_of(text, len), &found), VT_OK);
    assert_int_equal(found.votes, sums.votes);
    assert_int_equal(found.points, sums.points);
    static const char *const damaged[] = {"", " ", "1", "1 ", " 1", "1 2 3", "1  2", "x 1", "1 x"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        assert_int_equal(vt_fence_sums_read(vt_slice_str(damaged[i]), &found), VT_ERR_CORRUPT);
    }
}

static void reads_seen_identities_as_they_are_written(void **state) {
    static const int64_t offsets[] = {0, 1, 255, 256, 0x123456, VT_FENCE_NUMBER_MAX};
    static const size_t lens[] = {17, 18, 18, 19, 20, 24};
    (void) state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        vt_fence_seen seen = {.verdict = VT_VERDICT_QUOTA, .fingerprint = kit_id(i), .offset = offsets[i]};
        vt_fence_seen found;
        char bytes[VT_FENCE_SEEN_BYTES_MAX];
        size_t len = vt_fence_seen_write(&seen, bytes);
        assert_int_equal(len, lens[i]);
        assert_int_equal(vt_fence_seen_read(vt_slice_of(bytes, len), &found), VT_OK);
        assert_int_equal(found.verdict, VT_VERDICT_QUOTA);
        assert_true(vt_id_eq(&found.fingerprint, &seen.fingerprint));
        assert_int_equal(found.offset, offsets[i]);
        assert_int_equal(vt_fence_seen_read(vt_slice_of(bytes, 16), &found), VT_ERR_CORRUPT);
        bytes[0] = VT_VERDICT_DUPLICATE;
        assert_int_equal(vt_fence_seen_read(vt_slice_of(bytes, len), &found), VT_ERR_CORRUPT);
    }
    vt_fence_seen found;
    char too_far[VT_FENCE_SEEN_BYTES_MAX + 1] = {VT_VERDICT_COUNTED};
    too_far[1 + VT_ID_LEN + 1] = 0x20; /* 2^53 */
    assert_int_equal(vt_fence_seen_read(vt_slice_of(too_far, VT_FENCE_SEEN_BYTES_MAX), &found), VT_ERR_CORRUPT);
    too_far[1 + VT_ID_LEN + 1] = 0;
    assert_int_equal(vt_fence_seen_read(vt_slice_of(too_far, VT_FENCE_SEEN_BYTES_MAX), &found), VT_OK);
    assert_int_equal(vt_fence_seen_read(vt_slice_of(too_far, sizeof too_far), &found), VT_ERR_CORRUPT);
}

static void names_the_fields_of_pairs_and_identities(void **state) {
    char pair[VT_FENCE_PAIR_FIELD_MAX];
    char seen[VT_FENCE_SEEN_FIELD_LEN];
    vt_id id = kit_id(7);
    (void) state;
    assert_true(vt_slice_eq(vt_fence_pair_field(0, pair), VT_SLICE("b:0")));
    assert_true(vt_slice_eq(vt_fence_pair_field(VT_FOLD_PAIRS_MAX, pair), VT_SLICE("b:4096")));
    vt_fence_seen_field(&id, seen);
    assert_int_equal(seen[0], 'i');
    assert_memory_equal(seen + 1, id.bytes, VT_ID_LEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers_as_they_are_written),
        cmocka_unit_test(takes_names_in_the_order_in_which_they_were_appended),
        cmocka_unit_test(refuses_names_that_are_cut),
        cmocka_unit_test(reads_sums_as_they_are_written),
        cmocka_unit_test(reads_seen_identities_as_they_are_written),
        cmocka_unit_test(names_the_fields_of_pairs_and_identities),
    };
    return cmocka_run_group_tests_name("tally/fence_state", tests, NULL, NULL);
}
