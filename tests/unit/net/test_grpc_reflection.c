#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/descriptor_index.h"
#include "net/grpc_reflection.h"
#include "recorded_replies.h"
#include "reflection.pb-c.h"

typedef Grpc__Reflection__V1__ServerReflectionRequest reflection_request;
typedef Grpc__Reflection__V1__ServerReflectionResponse reflection_response;

#define ASKS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define TELLS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

enum { STATUS_INVALID = 3, STATUS_NOT_FOUND = 5, STATUS_EXHAUSTED = 8, STATUS_UNIMPLEMENTED = 12 };

static const char *const services[] = {"votaton.v1.VoteService", "confproto.getInfo"};
static vt_grpc_reflection *reflection;
static vt_descriptor_index *descriptors;

static int open_all(void **state) {
    (void) state;
    recorded_clear();
    vt_slice set = vt_grpc_reflection_descriptors();
    return vt_grpc_reflection_open(set, services, 2, &reflection) != VT_OK ||
           vt_descriptor_index_open(set, &descriptors) != VT_OK;
}

static int close_all(void **state) {
    (void) state;
    vt_grpc_reflection_close(reflection);
    vt_descriptor_index_close(descriptors);
    recorded_clear();
    return 0;
}

/* Sends a message to the method of the version with that index; both are to be the same. */
static vt_reply call(uint32_t version, vt_slice message) {
    vt_route_table table = vt_grpc_reflection_routes(reflection);
    assert_int_equal(table.routes_count, 2);
    vt_reply reply = recorded_reply(0);
    const vt_request request = {.protocol = VT_PROTOCOL_GRPC, .method = VT_SLICE("POST"), .body = message};
    table.routes[version].handle(table.context, &request, reply);
    return reply;
}

/* The answer to a request whose one text is `text`; freed by the caller. */
static reflection_response *ask(uint32_t version, int kind, const char *text) {
    char copy[128];
    uint8_t bytes[512];
    reflection_request request;
    grpc__reflection__v1__server_reflection_request__init(&request);
    char host[] = "localhost";
    strcpy(copy, text);
    request.host = host;
    request.message_request_case = (unsigned) kind;
    request.file_by_filename = copy; /* all texts share the union */
    size_t len = grpc__reflection__v1__server_reflection_request__pack(&request, bytes);
    recorded *answer = recorded_at(call(version, vt_slice_of((const char *) bytes, len)));
    assert_int_equal(answer->messages_count, 1);
    assert_true(answer->is_open);
    reflection_response *response = grpc__reflection__v1__server_reflection_response__unpack(
        NULL, answer->messages[0].len, (const uint8_t *) answer->messages[0].ptr);
    assert_non_null(response);
    assert_string_equal(response->valid_host, "localhost");
    assert_string_equal(response->original_request->file_by_filename, text);
    return response;
}

static void release(reflection_response *response) {
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);
}

static void test_list_services(void **state) {
    (void) state;
    const char *const expected[] = {"votaton.v1.VoteService", "confproto.getInfo", "grpc.health.v1.Health",
                                    "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"};
    for (uint32_t version = 0; version < 2; version++) {
        reflection_response *response = ask(version, ASKS(LIST_SERVICES), "");
        assert_int_equal(response->message_response_case, TELLS(LIST_SERVICES_RESPONSE));
        assert_int_equal(response->list_services_response->n_service, 5);
        for (size_t i = 0; i < 5; i++) {
            const char *name = response->list_services_response->service[i]->name;
            assert_string_equal(name, expected[i]);
            assert_non_null(vt_descriptor_index_symbol(descriptors, name).ptr);
        }
        release(response);
    }
}

static void assert_file(reflection_response *response, const char *expected) {
    assert_int_equal(response->message_response_case, TELLS(FILE_DESCRIPTOR_RESPONSE));
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 1);
    const ProtobufCBinaryData *got = &response->file_descriptor_response->file_descriptor_proto[0];
    vt_slice file = vt_descriptor_index_file(descriptors, expected);
    assert_non_null(file.ptr);
    assert_true(vt_slice_eq(vt_slice_of((const char *) got->data, got->len), file));
    release(response);
}

static void test_files(void **state) {
    (void) state;
    assert_file(ask(0, ASKS(FILE_BY_FILENAME), "confproto.proto"), "confproto.proto");
    assert_file(ask(1, ASKS(FILE_BY_FILENAME), "votaton/v1/votaton.proto"), "votaton/v1/votaton.proto");
    assert_file(ask(0, ASKS(FILE_CONTAINING_SYMBOL), "votaton.v1.VoteService"), "votaton/v1/votaton.proto");
    assert_file(ask(0, ASKS(FILE_CONTAINING_SYMBOL), "confproto.getInfo.returnInfo"), "confproto.proto");
    assert_file(ask(1, ASKS(FILE_CONTAINING_SYMBOL), "grpc.health.v1.HealthCheckResponse.ServingStatus"),
                "grpc/health/v1/health.proto");
    assert_file(ask(1, ASKS(FILE_CONTAINING_SYMBOL), "grpc.reflection.v1alpha.ServerReflection"),
                "grpc/reflection/v1alpha/reflection.proto");
}

static void assert_error(reflection_response *response, int status) {
    assert_int_equal(response->message_response_case, TELLS(ERROR_RESPONSE));
    assert_int_equal(response->error_response->error_code, status);
    release(response);
}

static void test_what_is_not_there(void **state) {
    (void) state;
    assert_error(ask(0, ASKS(FILE_BY_FILENAME), "descriptor_index.proto"), STATUS_NOT_FOUND);
    assert_error(ask(0, ASKS(FILE_CONTAINING_SYMBOL), "votaton.v1.Nothing"), STATUS_NOT_FOUND);
    assert_error(ask(0, ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE), "votaton.v1.Vote"), STATUS_UNIMPLEMENTED);
}

static void test_a_message_without_a_question(void **state) {
    (void) state;
    recorded *answer = recorded_at(call(0, vt_slice_of(NULL, 0)));
    assert_int_equal(answer->messages_count, 1);
    assert_true(answer->is_open);
}

static void test_malformed_message_ends_the_stream(void **state) {
    (void) state;
    assert_int_equal(recorded_at(call(0, VT_SLICE("\x0a\x7f")))->status, STATUS_INVALID);
}

static void test_a_client_that_reads_nothing_is_ended(void **state) {
    (void) state;
    recorded_fail_writes(VT_ERR_FULL);
    assert_int_equal(recorded_at(call(0, vt_slice_of(NULL, 0)))->status, STATUS_EXHAUSTED);
}

static void test_half_close_ends_the_stream(void **state) {
    (void) state;
    vt_route_table table = vt_grpc_reflection_routes(reflection);
    vt_reply reply = recorded_reply(0);
    const vt_request request = {.protocol = VT_PROTOCOL_GRPC};
    table.routes[0].half_close(table.context, &request, reply);
    assert_int_equal(recorded_at(reply)->status, 0);
}

static void test_damaged_descriptors_are_refused(void **state) {
    (void) state;
    vt_grpc_reflection *made = NULL;
    assert_int_equal(vt_grpc_reflection_open(VT_SLICE("\x0a\x7f"), services, 2, &made), VT_ERR_MALFORMED_PROTOBUF);
    assert_null(made);
    vt_grpc_reflection_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_list_services),
        TEST(test_files),
        TEST(test_what_is_not_there),
        TEST(test_a_message_without_a_question),
        TEST(test_malformed_message_ends_the_stream),
        TEST(test_a_client_that_reads_nothing_is_ended),
        TEST(test_half_close_ends_the_stream),
        cmocka_unit_test(test_damaged_descriptors_are_refused),
    };
    return cmocka_run_group_tests_name("net/grpc_reflection", tests, NULL, NULL);
}
