#include "client/grpc_call.h"

#include "file_of_votes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_grpc_call call;
static vt_votes *votes;
static vt_parcel parcel;

static void header(const char *name, const char *value) {
    assert_int_equal(vt_grpc_call_header(&call, vt_slice_str(name), vt_slice_str(value)), VT_OK);
}

static void start(void) {
    assert_int_equal(vt_grpc_call_start(&call, &parcel), VT_OK);
}

static void test_request_frame(void **state) {
    (void) state;
    start();
    size_t len = vt_parcel_proto_len(&parcel);
    assert_int_equal(call.request.len, len + VT_GRPC_FRAME_LEN);
    assert_memory_equal(call.request.ptr, "\0\0\0\0", 4);
    assert_int_equal((uint8_t) call.request.ptr[4], len);
}

static void test_answer(void **state) {
    (void) state;
    vt_response response;
    start();
    header(":status", "200");
    header("content-type", "application/grpc");
    assert_int_equal(vt_grpc_call_data(&call, VT_SLICE("\0\0\0")), VT_OK);
    assert_int_equal(vt_grpc_call_data(&call, VT_SLICE("\0\002ab")), VT_OK);
    header("grpc-status", "0");
    assert_true(vt_grpc_call_response(&call, &response));
    assert_int_equal(response.status, 0);
    assert_true(vt_slice_eq(response.body, VT_SLICE("ab")));
    assert_int_equal(response.retry_after_ms, -1);
}

static void test_refusal(void **state) {
    (void) state;
    vt_response response;
    start();
    header(":status", "200");
    header("grpc-status", "8");
    header("votaton-error", "overloaded");
    header("votaton-id", "i");
    header("retry-after", "3");
    assert_true(vt_grpc_call_response(&call, &response));
    assert_int_equal(response.status, 8);
    assert_true(vt_slice_eq(response.code, VT_SLICE("overloaded")));
    assert_true(vt_slice_eq(response.id, VT_SLICE("i")));
    assert_int_equal(response.retry_after_ms, 3000);
}

static void test_nothing_is_left_of_the_call_before(void **state) {
    (void) state;
    vt_response response;
    start();
    assert_false(vt_grpc_call_response(&call, &response));
    header(":status", "200");
    assert_false(vt_grpc_call_response(&call, &response));
}

static int status_for_http(const char *status) {
    vt_response response;
    start();
    header(":status", status);
    assert_true(vt_grpc_call_response(&call, &response));
    return response.status;
}

static void test_http_status(void **state) {
    (void) state;
    assert_int_equal(status_for_http("503"), 14);
    assert_int_equal(status_for_http("429"), 14);
    assert_int_equal(status_for_http("404"), 12);
    assert_int_equal(status_for_http("415"), 2);
}

static void test_bad_frames(void **state) {
    (void) state;
    static const vt_slice frames[] = {VT_SLICE(""), VT_SLICE("\0\0\0\0"), VT_SLICE("\001\0\0\0\0"),
                                      VT_SLICE("\0\0\0\0\001"), VT_SLICE("\0\0\0\0\0x")};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        vt_response response;
        start();
        assert_int_equal(vt_grpc_call_data(&call, frames[i]), VT_OK);
        header("grpc-status", "0");
        assert_true(vt_grpc_call_response(&call, &response));
        assert_int_equal(response.status, 13);
        assert_int_equal(response.body.len, 0);
    }
    start();
    header("grpc-status", "nonsense");
    vt_response response;
    assert_true(vt_grpc_call_response(&call, &response));
    assert_int_equal(response.status, 2);
}

static int set_up(void **state) {
    (void) state;
    votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_PROTO);
    vt_grpc_call_init(&call);
    if (vt_parcel_init(&parcel, votes, false, 1) != VT_OK) {
        return -1;
    }
    parcel.count = 1;
    parcel.items[0].vote = 1;
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_grpc_call_release(&call);
    vt_parcel_release(&parcel);
    vt_votes_free(votes);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_frame), cmocka_unit_test(test_answer),
        cmocka_unit_test(test_refusal),       cmocka_unit_test(test_nothing_is_left_of_the_call_before),
        cmocka_unit_test(test_http_status),   cmocka_unit_test(test_bad_frames),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
