#include "client/parcel.h"

#include "file_of_votes.h"
#include "vote/vote_json.h"
#include "vote/vote_proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char id[] = "018f0000-0000-7000-8000-000000000001";

static void start(vt_parcel *parcel, vt_votes *votes, bool batch, uint32_t first, uint32_t count) {
    assert_int_equal(vt_parcel_init(parcel, votes, batch, 2), VT_OK);
    parcel->count = count;
    for (uint32_t i = 0; i < count; i++) {
        parcel->items[i].vote = first + i;
        memcpy(parcel->items[i].id, id, VT_UUID_TEXT_LEN);
    }
}

static void assert_json(bool batch, uint32_t first, uint32_t count, const char *body, const char *key) {
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    vt_parcel parcel;
    vt_buf out;
    start(&parcel, votes, batch, first, count);
    vt_buf_init(&out, VT_BATCH_BYTES_MAX);
    assert_int_equal(vt_parcel_write_json(&parcel, &out), VT_OK);
    assert_int_equal(vt_parcel_json_len(&parcel), out.len);
    assert_true(vt_slice_eq(vt_buf_slice(&out), vt_slice_str(body)));
    assert_true(vt_slice_eq(vt_parcel_key(&parcel), vt_slice_str(key)));
    vt_buf_release(&out);
    vt_parcel_release(&parcel);
    vt_votes_free(votes);
}

static void test_json(void **state) {
    (void) state;
    assert_json(false, 0, 1, "{\"name\":\"A\",\"album\":\"a\",\"year\":\"1\",\"rank\":\"2\"}", id);
    assert_json(false, 1, 1, "{\"name\":\"B\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"own\"}", "");
    assert_json(true, 0, 2,
                "[{\"name\":\"A\",\"album\":\"a\",\"year\":\"1\",\"rank\":\"2\",\"vote_id\":\"018f0000-0000-7000-8000-"
                "000000000001\"},{\"name\":\"B\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"own\"}]",
                "");
    assert_json(true, 1, 1, "[{\"name\":\"B\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"own\"}]", "");
}

static void assert_proto_vote(vt_slice bytes, const char *name, const char *vote_id) {
    vt_vote vote;
    vt_field field;
    assert_int_equal(vt_vote_read_proto(bytes, VT_FIELD_VOTER_CODE, &vote, &field), VT_OK);
    assert_true(vt_slice_eq(vote.text[VT_FIELD_NAME], vt_slice_str(name)));
    assert_true(vt_slice_eq(vote.text[VT_FIELD_VOTE_ID], vt_slice_str(vote_id)));
}

static void test_proto(void **state) {
    (void) state;
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_PROTO);
    vt_parcel parcel;
    vt_buf out;
    vt_buf_init(&out, VT_BATCH_BYTES_MAX);
    start(&parcel, votes, false, 0, 1);
    assert_int_equal(vt_parcel_write_proto(&parcel, &out), VT_OK);
    assert_int_equal(vt_parcel_proto_len(&parcel), out.len);
    assert_proto_vote(vt_buf_slice(&out), "A", id);
    vt_parcel_release(&parcel);

    vt_buf_clear(&out);
    start(&parcel, votes, true, 0, 2);
    assert_int_equal(vt_parcel_write_proto(&parcel, &out), VT_OK);
    assert_int_equal(vt_parcel_proto_len(&parcel), out.len);
    vt_proto_batch batch;
    size_t count = 0;
    vt_slice item = {0};
    assert_int_equal(vt_proto_batch_open(vt_buf_slice(&out), &batch, &count), VT_OK);
    assert_int_equal(count, 2);
    assert_true(vt_proto_batch_next(&batch, &item));
    assert_proto_vote(item, "A", id);
    assert_true(vt_proto_batch_next(&batch, &item));
    assert_proto_vote(item, "B", "own");
    vt_parcel_release(&parcel);
    vt_buf_release(&out);
    vt_votes_free(votes);
}

static void test_item_len_max_holds(void **state) {
    (void) state;
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    vt_parcel parcel;
    start(&parcel, votes, true, 0, 2);
    assert_true(vt_parcel_json_len(&parcel) <= vt_parcel_item_len_max(&parcel, 0) + vt_parcel_item_len_max(&parcel, 1));
    vt_parcel_release(&parcel);
    vt_votes_free(votes);
}

static void test_full_buffer(void **state) {
    (void) state;
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    vt_parcel parcel;
    vt_buf out;
    start(&parcel, votes, true, 0, 2);
    vt_buf_init(&out, 20);
    assert_int_equal(vt_parcel_write_json(&parcel, &out), VT_ERR_FULL);
    assert_int_equal(vt_parcel_write_proto(&parcel, &out), VT_ERR_FULL);
    assert_int_equal(out.len, 0);
    vt_buf_release(&out);
    vt_parcel_release(&parcel);
    vt_votes_free(votes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_proto),
        cmocka_unit_test(test_item_len_max_holds),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
