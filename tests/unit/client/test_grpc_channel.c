/* The sender over gRPC against a server that misbehaves by a script. */
#include "client/send.h"

#include "mock_grpc.h"
#include "vote/vote_proto.h"
#include "vote_on_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNTED                                                                                                        \
    { VT_MOCK_GRPC_ANSWER, VT_SLICE("\n\001i\032\007counted"), NULL, NULL }

static vt_send_summary summary;

enum { PATIENT_MS = 60000, OVERDUE_MS = 1000 };

static uint32_t timeout_ms = PATIENT_MS;

static vt_mock_grpc *send_votes(const vt_mock_grpc_step *steps, size_t steps_count, uint32_t batch, uint64_t repeat,
                                uint32_t retries) {
    vt_mock_grpc *mock = vt_mock_grpc_start(steps, steps_count);
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_grpc_url(mock);
    options.connections = 1;
    options.streams = 8;
    options.batch = batch;
    options.repeat = repeat;
    options.retries = retries;
    options.timeout_ms = timeout_ms;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    return mock;
}

static void assert_same_messages(vt_mock_grpc *mock, size_t count) {
    assert_int_equal(vt_mock_grpc_count(mock), count);
    for (size_t i = 1; i < count; i++) {
        assert_true(vt_slice_eq(vt_mock_grpc_message(mock, i), vt_mock_grpc_message(mock, 0)));
    }
}

static void test_answered(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {COUNTED};
    vt_mock_grpc *mock = send_votes(steps, 1, 0, 1, 0);
    vt_vote vote;
    vt_field field;
    assert_same_messages(mock, 1);
    assert_string_equal(vt_mock_grpc_path(mock, 0), "/votaton.v1.VoteService/Cast");
    assert_int_equal(vt_vote_read_proto(vt_mock_grpc_message(mock, 0), VT_FIELD_VOTER_CODE, &vote, &field), VT_OK);
    assert_true(vt_slice_eq(vote.text[VT_FIELD_NAME], VT_SLICE("A")));
    assert_int_equal(vote.text[VT_FIELD_VOTE_ID].len, 36);
    assert_int_equal(summary.accepted, 1);
    vt_mock_grpc_stop(mock);
}

static void test_many(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {COUNTED};
    vt_mock_grpc *mock = send_votes(steps, 1, 0, 200, 0);
    assert_int_equal(vt_mock_grpc_count(mock), 200);
    assert_int_equal(vt_mock_grpc_connections(mock), 1);
    assert_int_equal(summary.accepted, 200);
    vt_mock_grpc_stop(mock);
}

static void test_refusals_are_retried_with_the_same_id(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {
        {VT_MOCK_GRPC_REFUSE, {0}, "8", "overloaded"},
        {VT_MOCK_GRPC_REFUSE, {0}, "14", NULL},
        {VT_MOCK_GRPC_REFUSE, {0}, "4", NULL},
        COUNTED,
    };
    vt_mock_grpc *mock = send_votes(steps, 4, 0, 1, 3);
    assert_same_messages(mock, 4);
    assert_int_equal(vt_mock_grpc_connections(mock), 1);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(summary.retries, 3);
    vt_mock_grpc_stop(mock);
}

static void test_losses_are_retried_with_the_same_id(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {
        {VT_MOCK_GRPC_RESET, {0}, NULL, NULL},
        {VT_MOCK_GRPC_HANG_UP, {0}, NULL, NULL},
        {VT_MOCK_GRPC_GOAWAY, {0}, NULL, NULL},
        {VT_MOCK_GRPC_SILENT, {0}, NULL, NULL},
        {VT_MOCK_GRPC_ANSWER, VT_SLICE("\n\001i\032\011duplicate"), NULL, NULL},
    };
    timeout_ms = OVERDUE_MS;
    vt_mock_grpc *mock = send_votes(steps, 5, 0, 1, 4);
    timeout_ms = PATIENT_MS;
    assert_same_messages(mock, 5);
    assert_int_equal(vt_mock_grpc_connections(mock), 3);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(summary.duplicates, 1);
    vt_mock_grpc_stop(mock);
}

static void test_refused(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {{VT_MOCK_GRPC_REFUSE, {0}, "8", "quota"}};
    vt_mock_grpc *mock = send_votes(steps, 1, 0, 1, 5);
    assert_same_messages(mock, 1);
    assert_int_equal(summary.refused, 1);
    assert_string_equal(summary.codes[0].code, "quota");
    vt_mock_grpc_stop(mock);
}

static void test_retries_used_up(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {{VT_MOCK_GRPC_GOAWAY, {0}, NULL, NULL}};
    vt_mock_grpc *mock = send_votes(steps, 1, 0, 1, 3);
    assert_same_messages(mock, 4);
    /* One for each attempt, and perhaps the one that was made for the next. */
    assert_in_range(vt_mock_grpc_connections(mock), 4, 5);
    assert_int_equal(summary.failed, 1);
    vt_mock_grpc_stop(mock);
}

static void test_part_of_a_batch(void **state) {
    (void) state;
    const vt_mock_grpc_step steps[] = {
        {VT_MOCK_GRPC_ANSWER, VT_SLICE("\n\014\n\001a\032\007counted\n\011\"\007\n\005retry\n\012\"\010\n\006closed"),
         NULL, NULL},
        {VT_MOCK_GRPC_ANSWER, VT_SLICE("\n\014\n\001b\032\007counted"), NULL, NULL},
    };
    vt_mock_grpc *mock = send_votes(steps, 2, 3, 3, 1);
    assert_int_equal(vt_mock_grpc_count(mock), 2);
    assert_string_equal(vt_mock_grpc_path(mock, 0), "/votaton.v1.VoteService/CastBatch");
    assert_int_equal(summary.accepted, 2);
    assert_int_equal(summary.refused, 1);
    vt_proto_batch batch;
    size_t count = 0;
    vt_slice first = {0};
    vt_slice second = {0};
    vt_slice retried = {0};
    assert_int_equal(vt_proto_batch_open(vt_mock_grpc_message(mock, 0), &batch, &count), VT_OK);
    assert_int_equal(count, 3);
    assert_true(vt_proto_batch_next(&batch, &first) && vt_proto_batch_next(&batch, &second));
    assert_int_equal(vt_proto_batch_open(vt_mock_grpc_message(mock, 1), &batch, &count), VT_OK);
    assert_int_equal(count, 1);
    assert_true(vt_proto_batch_next(&batch, &retried));
    assert_true(vt_slice_eq(second, retried));
    assert_false(vt_slice_eq(first, retried));
    vt_mock_grpc_stop(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answered),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_refusals_are_retried_with_the_same_id),
        cmocka_unit_test(test_losses_are_retried_with_the_same_id),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_retries_used_up),
        cmocka_unit_test(test_part_of_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, vt_test_remove_vote);
}
