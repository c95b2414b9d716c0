#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "health.pb-c.h"
#include "net/grpc_health.h"
#include "recorded_replies.h"

enum {
    UNKNOWN,
    SERVING,
    NOT_SERVING,
    SERVICE_UNKNOWN,
    STATUS_INVALID = 3,
    STATUS_NOT_FOUND = 5,
    STATUS_EXHAUSTED = 8,
    STATUS_UNAVAILABLE = 14
};

static const char *const services[] = {"votaton.v1.VoteService", "confproto.getInfo"};
static vt_health *health;
static vt_grpc_health *grpc_health;

static int open_all(void **state) {
    (void) state;
    recorded_clear();
    return vt_health_open(&health) != VT_OK || vt_grpc_health_open(health, services, 2, &grpc_health) != VT_OK;
}

static int close_all(void **state) {
    (void) state;
    vt_grpc_health_close(grpc_health);
    vt_health_close(health);
    recorded_clear();
    return 0;
}

static const vt_route *route_of(const char *path) {
    vt_route_table table = vt_grpc_health_routes(grpc_health);
    for (uint32_t i = 0; i < table.routes_count; i++) {
        if (strcmp(table.routes[i].path, path) == 0) {
            return &table.routes[i];
        }
    }
    fail();
    return NULL;
}

static void call(const char *path, vt_slice message, vt_reply reply) {
    const vt_request request = {.protocol = VT_PROTOCOL_GRPC, .method = VT_SLICE("POST"), .body = message};
    route_of(path)->handle(grpc_health, &request, reply);
}

static void half_close(vt_reply reply) {
    const vt_request request = {.protocol = VT_PROTOCOL_GRPC, .method = VT_SLICE("POST")};
    route_of("/grpc.health.v1.Health/Watch")->half_close(grpc_health, &request, reply);
}

static vt_reply ask(const char *path, uint32_t loop, const char *service) {
    uint8_t bytes[256];
    Grpc__Health__V1__HealthCheckRequest message;
    grpc__health__v1__health_check_request__init(&message);
    char name[128];
    strcpy(name, service);
    message.service = name;
    size_t len = grpc__health__v1__health_check_request__pack(&message, bytes);
    vt_reply reply = recorded_reply(loop);
    call(path, vt_slice_of((const char *) bytes, len), reply);
    return reply;
}

static vt_reply check(const char *service) {
    return ask("/grpc.health.v1.Health/Check", 0, service);
}

static vt_reply watch(uint32_t loop, const char *service) {
    return ask("/grpc.health.v1.Health/Watch", loop, service);
}

static int read_status(const vt_buf *message) {
    Grpc__Health__V1__HealthCheckResponse *response =
        grpc__health__v1__health_check_response__unpack(NULL, message->len, (const uint8_t *) message->ptr);
    assert_non_null(response);
    int status = (int) response->status;
    grpc__health__v1__health_check_response__free_unpacked(response, NULL);
    return status;
}

static void assert_check(const char *service, int expected) {
    vt_reply reply = check(service);
    assert_int_equal(recorded_at(reply)->status, 0);
    assert_int_equal(read_status(&recorded_at(reply)->body), expected);
}

static void assert_watched(vt_reply reply, const int *expected, uint32_t count) {
    assert_int_equal(recorded_at(reply)->messages_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(read_status(&recorded_at(reply)->messages[i]), expected[i]);
    }
}

static void test_check(void **state) {
    (void) state;
    assert_check("", SERVING);
    assert_check("votaton.v1.VoteService", SERVING);
    vt_health_set(health, "ledger", "gone");
    assert_check("confproto.getInfo", NOT_SERVING);
    assert_int_equal(recorded_at(check("other"))->status, STATUS_NOT_FOUND);
}

static void test_check_of_an_empty_message_is_about_the_process(void **state) {
    (void) state;
    vt_reply reply = recorded_reply(0);
    call("/grpc.health.v1.Health/Check", vt_slice_of(NULL, 0), reply);
    assert_int_equal(read_status(&recorded_at(reply)->body), SERVING);
}

static void test_malformed_message(void **state) {
    (void) state;
    vt_reply reply = recorded_reply(0);
    call("/grpc.health.v1.Health/Check", VT_SLICE("\x0a\x7f"), reply);
    assert_int_equal(recorded_at(reply)->status, STATUS_INVALID);
    reply = recorded_reply(0);
    call("/grpc.health.v1.Health/Watch", VT_SLICE("\x0a\x7f"), reply);
    assert_int_equal(recorded_at(reply)->status, STATUS_INVALID);
}

static void test_watch_sends_each_change(void **state) {
    (void) state;
    vt_reply here = watch(0, "");
    vt_reply there = watch(1, "confproto.getInfo");
    half_close(here);
    assert_watched(here, (const int[]){SERVING}, 1);
    vt_health_set(health, "ledger", "gone");
    vt_health_set(health, "tally", "behind");
    assert_int_equal(recorded_run_tasks(0), 1);
    assert_watched(here, (const int[]){SERVING, NOT_SERVING}, 2);
    assert_watched(there, (const int[]){SERVING}, 1);
    assert_int_equal(recorded_run_tasks(1), 1);
    assert_watched(there, (const int[]){SERVING, NOT_SERVING}, 2);
    vt_health_set(health, "ledger", NULL);
    vt_health_set(health, "tally", NULL);
    assert_int_equal(recorded_run_tasks(0), 1);
    assert_watched(here, (const int[]){SERVING, NOT_SERVING, SERVING}, 3);
    assert_true(recorded_at(here)->is_open);
    recorded_run_tasks(1);
}

static void test_a_change_and_back_is_not_sent(void **state) {
    (void) state;
    vt_reply reply = watch(0, "");
    vt_health_set(health, "ledger", "gone");
    vt_health_set(health, "ledger", NULL);
    assert_int_equal(recorded_run_tasks(0), 1);
    assert_watched(reply, (const int[]){SERVING}, 1);
}

static void test_watch_of_an_unknown_service(void **state) {
    (void) state;
    vt_reply reply = watch(0, "other");
    half_close(reply);
    vt_health_set(health, "ledger", "gone");
    recorded_run_tasks(0);
    assert_watched(reply, (const int[]){SERVICE_UNKNOWN}, 1);
    assert_true(recorded_at(reply)->is_open);
}

static void test_watch_takes_one_message(void **state) {
    (void) state;
    vt_reply reply = watch(0, "");
    call("/grpc.health.v1.Health/Watch", vt_slice_of(NULL, 0), reply);
    assert_int_equal(recorded_at(reply)->status, STATUS_INVALID);
    reply = recorded_reply(0);
    assert_false(recorded_at(reply)->is_silent); /* a call that has not said what it watches may not wait for ever */
    half_close(reply);
    assert_int_equal(recorded_at(reply)->status, STATUS_INVALID);
}

static void test_watches_are_limited_and_the_gone_forgotten(void **state) {
    (void) state;
    vt_reply first = watch(0, "");
    for (uint32_t i = 1; i < VT_GRPC_HEALTH_WATCHES_MAX; i++) {
        watch(0, "");
    }
    assert_int_equal(recorded_at(watch(0, ""))->status, STATUS_EXHAUSTED);
    assert_true(recorded_at(watch(1, ""))->is_open);
    assert_true(recorded_at(first)->is_silent);
    recorded_at(first)->is_open = false;
    assert_true(recorded_at(watch(0, ""))->is_open);
    vt_health_set(health, "ledger", "gone");
    assert_int_equal(recorded_run_tasks(0), 1);
    assert_int_equal(recorded_at(first)->messages_count, 1);
    recorded_run_tasks(1);
}

static void test_a_client_that_reads_nothing_is_ended(void **state) {
    (void) state;
    vt_reply reply = watch(0, "");
    recorded_fail_writes(VT_ERR_FULL);
    vt_health_set(health, "ledger", "gone");
    recorded_run_tasks(0);
    assert_int_equal(recorded_at(reply)->status, STATUS_EXHAUSTED);
}

static void test_stop_ends_watches(void **state) {
    (void) state;
    vt_reply reply = watch(0, "");
    vt_reply unknown = watch(1, "other");
    vt_health_set(health, "draining", "told to stop");
    vt_grpc_health_stop(grpc_health);
    assert_int_equal(recorded_run_tasks(0), 1);
    assert_int_equal(recorded_run_tasks(1), 1);
    assert_watched(reply, (const int[]){SERVING, NOT_SERVING}, 2);
    assert_int_equal(recorded_at(reply)->status, STATUS_UNAVAILABLE);
    assert_watched(unknown, (const int[]){SERVICE_UNKNOWN}, 1);
    assert_int_equal(recorded_at(unknown)->status, STATUS_UNAVAILABLE);
    vt_reply late = watch(0, "");
    assert_watched(late, (const int[]){NOT_SERVING}, 1);
    assert_int_equal(recorded_at(late)->status, STATUS_UNAVAILABLE);
    vt_health_set(health, "draining", NULL);
    assert_int_equal(recorded_run_tasks(0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_check),
        TEST(test_check_of_an_empty_message_is_about_the_process),
        TEST(test_malformed_message),
        TEST(test_watch_sends_each_change),
        TEST(test_a_change_and_back_is_not_sent),
        TEST(test_watch_of_an_unknown_service),
        TEST(test_watch_takes_one_message),
        TEST(test_watches_are_limited_and_the_gone_forgotten),
        TEST(test_a_client_that_reads_nothing_is_ended),
        TEST(test_stop_ends_watches),
    };
    return cmocka_run_group_tests_name("net/grpc_health", tests, NULL, NULL);
}
