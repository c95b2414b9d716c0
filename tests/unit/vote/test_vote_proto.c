#include "vote/vote_proto.h"

#include "guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VARINT_MAX "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static const vt_slice good = {"\x0a\x0dViernes Verde\x12\x08Remedios\x1a\x04"
                              "2001\x22\x01"
                              "1\x2a\x02id\x32\x04"
                              "code",
                              34 + 4 + 6};

static vt_err read_bytes(vt_slice bytes, vt_vote *vote, vt_field *field) {
    memset(vote, 0xa5, sizeof *vote);
    return vt_vote_read_proto(guarded(bytes), VT_FIELD_VOTER_CODE, vote, field);
}

static void assert_refused(vt_slice bytes, vt_err expected, vt_field expected_field) {
    vt_vote vote;
    vt_field field;
    assert_int_equal(read_bytes(bytes, &vote, &field), expected);
    assert_int_equal(field, expected_field);
}

static void assert_name(vt_slice bytes, vt_slice name) {
    vt_vote vote;
    vt_field field;
    assert_int_equal(read_bytes(bytes, &vote, &field), VT_OK);
    assert_true(vt_slice_eq(vote.text[VT_FIELD_NAME], name));
}

static void assert_malformed(vt_slice bytes) {
    assert_refused(bytes, VT_ERR_MALFORMED_PROTOBUF, VT_FIELD_NONE);
}

static void test_reads(void **state) {
    (void) state;
    static const vt_slice texts[] = {
        {NULL, 0}, {"Viernes Verde", 13}, {"Remedios", 8}, {"2001", 4}, {"1", 1}, {"id", 2}, {"code", 4}};
    vt_vote vote;
    vt_field field;
    assert_int_equal(read_bytes(good, &vote, &field), VT_OK);
    assert_int_equal(field, VT_FIELD_NONE);
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        assert_true(vt_slice_eq(vote.text[i], texts[i]));
    }
}

static void test_absent(void **state) {
    (void) state;
    vt_vote vote;
    vt_field field;
    assert_int_equal(read_bytes(VT_SLICE("\x0a\x01x\x2a\x00\x32\x00"), &vote, &field), VT_OK);
    for (int i = VT_FIELD_ALBUM; i <= VT_FIELD_RANK; i++) {
        assert_int_equal(vote.text[i].len, 0);
        assert_non_null(vote.text[i].ptr);
    }
    assert_null(vote.text[VT_FIELD_VOTE_ID].ptr);
    assert_null(vote.text[VT_FIELD_VOTER_CODE].ptr);
    assert_refused((vt_slice){0}, VT_ERR_EMPTY_NAME, VT_FIELD_NAME);
    assert_refused(VT_SLICE("\x12\x01x"), VT_ERR_EMPTY_NAME, VT_FIELD_NAME);
}

/* A beginning of a message is a message where a field ends, and malformed everywhere else. */
static void test_truncation(void **state) {
    (void) state;
    static const size_t field_ends[] = {0, 15, 25, 31, 34, 38, 44};
    size_t next = 0;
    for (size_t len = 0; len <= good.len; len++) {
        vt_vote vote;
        vt_field field;
        vt_err err = read_bytes(vt_slice_of(good.ptr, len), &vote, &field);
        if (len == field_ends[next]) {
            assert_int_equal(err, len == 0 ? VT_ERR_EMPTY_NAME : VT_OK);
            next++;
        } else {
            assert_int_equal(err, VT_ERR_MALFORMED_PROTOBUF);
        }
    }
    assert_int_equal(next, sizeof field_ends / sizeof field_ends[0]);
}

static void test_last_wins(void **state) {
    (void) state;
    assert_name(VT_SLICE("\x0a\x01"
                         "a\x12\x01x\x0a\x02zz"),
                VT_SLICE("zz"));
    assert_refused(VT_SLICE("\x0a\x01"
                            "a\x0a\x00"),
                   VT_ERR_EMPTY_NAME, VT_FIELD_NAME);
    /* What is replaced must still be text; the lowest field is told. */
    assert_refused(VT_SLICE("\x12\x01\xff\x0a\x01\xff\x0a\x01z\x12\x01z"), VT_ERR_INVALID_UTF8, VT_FIELD_NAME);
    assert_refused(VT_SLICE("\x0a\x01z\x12\x01\xff\x12\x01z"), VT_ERR_INVALID_UTF8, VT_FIELD_ALBUM);
    assert_malformed(VT_SLICE("\x0a\x01\xff\x0a\x01z\x0a"));
}

static void test_unknown_fields(void **state) {
    (void) state;
    static const vt_slice unknown[] = {
        {"\x38\x00", 2},                                      /* 7, varint */
        {"\x38" VARINT_MAX, 11},                              /* the largest varint */
        {"\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11}, /* one with bits that a number has no room for */
        {"\x38\x80\x80\x00", 4},                              /* one that is longer than it must be */
        {"\x39zzzzzzzz", 9},                                  /* 7, 64 bits */
        {"\x3dzzzz", 5},                                      /* 7, 32 bits */
        {"\x3a\x03\xff\x00\x80", 5},                          /* 7, bytes: not text */
        {"\x3a\x00", 2},                                      /* 7, no bytes */
        {"\x08\x05", 2},                 /* the name as a varint: another field of this number, says proto3 */
        {"\x0dzzzz", 5},                 /* the name as 32 bits */
        {"\x11zzzzzzzz", 9},             /* the album as 64 bits */
        {"\xf8\xff\xff\xff\x0f\x01", 6}, /* the largest field number, 2^29-1 */
        {"\xba\x80\x00\x01z", 5},        /* a tag that is longer than it must be */
    };
    static const vt_slice before = {"\x0a\x01n\x1a\x01y", 6};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        char bytes[64];
        memcpy(bytes, before.ptr, before.len);
        memcpy(bytes + before.len, unknown[i].ptr, unknown[i].len);
        memcpy(bytes + before.len + unknown[i].len, "\x22\x01r", 3);
        vt_vote vote;
        vt_field field;
        assert_int_equal(read_bytes(vt_slice_of(bytes, before.len + unknown[i].len + 3), &vote, &field), VT_OK);
        static const vt_slice texts[] = {{NULL, 0}, {"n", 1}, {"", 0}, {"y", 1}, {"r", 1}, {NULL, 0}, {NULL, 0}};
        for (int j = VT_FIELD_NAME; j < VT_FIELD_COUNT; j++) {
            assert_true(vt_slice_eq(vote.text[j], texts[j]));
        }
        for (size_t len = 1; len < unknown[i].len; len++) {
            assert_malformed(vt_slice_of(bytes, before.len + len));
        }
    }
}

static void test_malformed(void **state) {
    (void) state;
    static const vt_slice messages[] = {
        {"\x00", 1}, /* field number 0 */
        {"\x02\x00", 2},
        {"\x0b\x0c", 2}, /* a group, and its end */
        {"\x0c", 1},
        {"\x3b\x3c", 2},
        {"\x0e", 1}, /* wire types that do not exist */
        {"\x0f", 1},
        {"\x3e\x00", 2},
        {"\x0a\xff\xff\xff\xff\x0f", 6},     /* longer than the message */
        {"\x0a\xff\xff\xff\xff\xff\x01", 7}, /* a length of more than 32 bits */
        {"\x0a\x80\x80\x80\x80\x10", 6},
        {"\x0a\x80\x80\x80\x80\x80\x00", 7}, /* … of more than five bytes */
        {"\xff\xff\xff\xff\xff\x01", 6},     /* a tag of more than 32 bits */
        {"\x88\x80\x80\x80\x10\x00", 6},
        {"\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* a varint of more than ten bytes */
        {"\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12},
        {"\x0a\x02x", 3},
        {"{\"name\":\"a\"}", 12},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        assert_malformed(messages[i]);
        /* Wherever it stands, and whatever the fields before it say. */
        char bytes[64] = "\x0a\x01\xff";
        memcpy(bytes + 3, messages[i].ptr, messages[i].len);
        assert_malformed(vt_slice_of(bytes, 3 + messages[i].len));
    }
}

static void test_field_errors(void **state) {
    (void) state;
    char bytes[600] = "\x0a\x01n";
    for (unsigned field = VT_FIELD_NAME; field <= VT_FIELD_VOTER_CODE; field++) {
        char letters[300];
        memset(letters, 'x', sizeof letters);
        bool is_id = field == VT_FIELD_VOTE_ID;
        size_t max = is_id ? VT_VOTE_KEY_BYTES_MAX : VT_FIELD_BYTES_MAX;
        vt_vote vote;
        vt_field at;
        char *end = vt_proto_write_text(bytes + 3, field, vt_slice_of(letters, max));
        assert_int_equal(read_bytes(vt_slice_of(bytes, (size_t) (end - bytes)), &vote, &at), VT_OK);
        assert_int_equal(vote.text[field].len, max);
        end = vt_proto_write_text(bytes + 3, field, vt_slice_of(letters, max + 1));
        assert_refused(vt_slice_of(bytes, (size_t) (end - bytes)), is_id ? VT_ERR_BAD_ID : VT_ERR_TOO_LONG,
                       (vt_field) field);
        end = vt_proto_write_text(bytes + 3, field, VT_SLICE("a\x80"));
        assert_refused(vt_slice_of(bytes, (size_t) (end - bytes)), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8,
                       (vt_field) field);
        end = vt_proto_write_text(bytes + 3, field, VT_SLICE("a\0b"));
        assert_refused(vt_slice_of(bytes, (size_t) (end - bytes)), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER,
                       (vt_field) field);
    }
}

/* confproto.requestId knows no fields above the rank. */
static void test_fields_max(void **state) {
    (void) state;
    vt_vote vote;
    vt_field field;
    vt_slice bytes = VT_SLICE("\x0a\x01n\x2a\x01\xff\x32\x01\xff");
    assert_int_equal(vt_vote_read_proto(guarded(bytes), VT_FIELD_RANK, &vote, &field), VT_OK);
    assert_null(vote.text[VT_FIELD_VOTE_ID].ptr);
    assert_null(vote.text[VT_FIELD_VOTER_CODE].ptr);
    assert_int_equal(vt_vote_read_proto(guarded(bytes), VT_FIELD_VOTE_ID, &vote, &field), VT_ERR_BAD_ID);
}

static void test_round_trip(void **state) {
    (void) state;
    vt_vote vote;
    vt_field field;
    char out[VT_VOTE_PROTO_BYTES_MAX];
    assert_int_equal(read_bytes(good, &vote, &field), VT_OK);
    assert_true(vt_slice_eq(vt_slice_of(out, vt_vote_write_proto(&vote, out)), good));
    /* Whatever is longest. */
    char letters[VT_VOTE_KEY_BYTES_MAX];
    memset(letters, 'x', sizeof letters);
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vote.text[i] = vt_slice_of(letters, i == VT_FIELD_VOTE_ID ? sizeof letters : VT_FIELD_BYTES_MAX);
    }
    size_t len = vt_vote_write_proto(&vote, out);
    assert_int_equal(len, VT_VOTE_PROTO_BYTES_MAX);
    vt_vote again;
    assert_int_equal(read_bytes(vt_slice_of(out, len), &again, &field), VT_OK);
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        assert_true(vt_slice_eq(again.text[i], vote.text[i]));
    }
    /* Only a name: everything else is left out. */
    vote = (vt_vote){.text = {[VT_FIELD_NAME] = VT_SLICE("x"), [VT_FIELD_VOTER_CODE] = VT_SLICE("")}};
    assert_true(vt_slice_eq(vt_slice_of(out, vt_vote_write_proto(&vote, out)), VT_SLICE("\x0a\x01x")));
}

typedef struct varint {
    uint64_t value;
    vt_slice bytes;
} varint;

static void test_write_varint(void **state) {
    (void) state;
    static const varint varints[] = {
        {0, {"\x00", 1}},       {1, {"\x01", 1}},         {127, {"\x7f", 1}},           {128, {"\x80\x01", 2}},
        {300, {"\xac\x02", 2}}, {16383, {"\xff\x7f", 2}}, {16384, {"\x80\x80\x01", 3}}, {UINT64_MAX, {VARINT_MAX, 10}},
    };
    for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
        char out[10];
        size_t len = (size_t) (vt_proto_write_varint(out, varints[i].value) - out);
        assert_true(vt_slice_eq(vt_slice_of(out, len), varints[i].bytes));
    }
}

static void test_batch_walk(void **state) {
    (void) state;
    vt_slice bytes = guarded(VT_SLICE("\x0a\x03\x0a\x01"
                                      "a\x10\x07\x0a\x00\x08\x01\x0a\x02zz\x1a\x01q"));
    static const vt_slice items[] = {{"\x0a\x01"
                                      "a",
                                      3},
                                     {"", 0},
                                     {"zz", 2}};
    vt_proto_batch batch;
    size_t count = 0;
    vt_slice item;
    assert_int_equal(vt_proto_batch_open(bytes, &batch, &count), VT_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_true(vt_proto_batch_next(&batch, &item));
        assert_true(vt_slice_eq(item, items[i]));
    }
    assert_false(vt_proto_batch_next(&batch, &item));
    assert_false(vt_proto_batch_next(&batch, &item));
}

static void test_batch_limits(void **state) {
    (void) state;
    char bytes[2 * (VT_BATCH_VOTES_MAX + 1)];
    for (size_t i = 0; i < sizeof bytes; i += 2) {
        memcpy(bytes + i, "\x0a\x00", 2);
    }
    vt_proto_batch batch;
    size_t count = 77;
    assert_int_equal(vt_proto_batch_open((vt_slice){0}, &batch, &count), VT_ERR_EMPTY_BATCH);
    assert_int_equal(vt_proto_batch_open(VT_SLICE("\x10\x01"), &batch, &count), VT_ERR_EMPTY_BATCH);
    assert_int_equal(vt_proto_batch_open(VT_SLICE("\x0a\x00\x0a"), &batch, &count), VT_ERR_MALFORMED_PROTOBUF);
    assert_int_equal(vt_proto_batch_open(VT_SLICE("\x0b\x0c"), &batch, &count), VT_ERR_MALFORMED_PROTOBUF);
    assert_int_equal(vt_proto_batch_open(vt_slice_of(bytes, sizeof bytes), &batch, &count), VT_ERR_BATCH_TOO_LARGE);
    assert_int_equal(count, 77);
    assert_int_equal(vt_proto_batch_open(vt_slice_of(bytes, sizeof bytes - 2), &batch, &count), VT_OK);
    assert_int_equal(count, VT_BATCH_VOTES_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),        cmocka_unit_test(test_absent),         cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_last_wins),    cmocka_unit_test(test_unknown_fields), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_field_errors), cmocka_unit_test(test_fields_max),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_write_varint), cmocka_unit_test(test_batch_walk),     cmocka_unit_test(test_batch_limits),
    };
    return cmocka_run_group_tests_name("vote/vote_proto", tests, NULL, NULL);
}
