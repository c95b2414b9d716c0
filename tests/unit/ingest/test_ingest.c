/* The whole way of a request through ingest, with every outcome that the ledger can give. */
#include "harness.h"

#include "contest/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define VOTE_MEMBERS "\"name\":\"Alux Nahual\",\"album\":\"Conquista\",\"year\":\"1984\",\"rank\":\"1\""
#define VOTE "{" VOTE_MEMBERS "}"
#define VOTE_WITH_ID "{" VOTE_MEMBERS ",\"vote_id\":\"" ID "\"}"

static const vt_contest open_contest = {.takes_unknown_bands = true, .ledger_id = {{1}}};

static void with_header(const char *path, const char *body, const char *name, const char *value) {
    vt_header header = {vt_slice_str(name), vt_slice_str(value)};
    harness_request(path, vt_slice_str(body), &header, 1);
}

static void expect(int status, const char *body) {
    assert_int_equal(captured.count, 1);
    assert_false(captured.is_grpc);
    assert_string_equal(captured.body, body);
    assert_int_equal(captured.status, status);
}

static void test_one_vote_is_answered_with_its_id_and_position(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    harness_post("/v1/votes", VOTE_WITH_ID);
    expect(200, "{\"message\":\"ok\",\"id\":\"" ID "\",\"position\":\"1\",\"status\":\"counted\"}");
    fake.verdict = VT_VERDICT_DUPLICATE;
    harness_post("/grpc/insert", VOTE_WITH_ID);
    expect(200, "{\"message\":\"ok\",\"id\":\"" ID "\",\"position\":\"1\",\"status\":\"duplicate\"}");
    fake.verdict = VT_VERDICT_NONE;
    with_header("/", VOTE, "idempotency-key", ID);
    expect(200, "{\"message\":\"ok\",\"id\":\"" ID "\",\"position\":\"1\",\"status\":\"recorded\"}");
    assert_true(vt_slice_eq(vt_record_text(&fake.last.record, VT_FIELD_ALBUM), VT_SLICE("Conquista")));
    assert_int_equal(fake.last.record.at_ms, 1000);
}

static void test_refusals_before_the_ledger(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    harness_post("/v1/votes", "{");
    expect(400, "{\"error\":{\"code\":\"malformed_json\",\"message\":\"the body is not valid JSON of the expected "
                "shape\"}}");
    harness_post("/v1/votes", "{\"name\":\"a\",\"album\":1,\"year\":\"\",\"rank\":\"\"}");
    expect(400, "{\"error\":{\"code\":\"wrong_type\",\"message\":\"the value must be a text\",\"field\":\"album\"}}");
    with_header("/v1/votes", VOTE_WITH_ID, "idempotency-key", "another");
    expect(400, "{\"error\":{\"code\":\"id_mismatch\",\"message\":\"the header and the field give different "
                "ids\",\"field\":\"vote_id\"}}");
    with_header("/v1/votes", VOTE, "idempotency-key", "");
    assert_int_equal(captured.status, 400);
    assert_non_null(strstr(captured.body, "\"bad_id\""));
    with_header("/v1/votes", VOTE, "content-type", "text/plain");
    assert_int_equal(captured.status, 415);
    with_header("/v1/votes", VOTE, "content-type", "application/jsonp");
    assert_int_equal(captured.status, 415);
    assert_int_equal(fake.appended, 0);
    with_header("/v1/votes", VOTE, "content-type", "Application/JSON; charset=utf-8");
    assert_int_equal(captured.status, 200);
    with_header("/v1/votes", VOTE, "content-type", "application/x-www-form-urlencoded");
    assert_int_equal(captured.status, 200);
}

static void test_keys_in_the_header_obey_the_rules_of_vote_id(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    with_header("/v1/votes", VOTE, "idempotency-key", "\xff\xfe");
    assert_non_null(strstr(captured.body, "\"bad_id\""));
    vt_header two[] = {{VT_SLICE("idempotency-key"), VT_SLICE("a")}, {VT_SLICE("idempotency-key"), VT_SLICE("a")}};
    harness_request("/v1/votes", VT_SLICE(VOTE), two, 2);
    assert_int_equal(captured.status, 400);
    assert_non_null(strstr(captured.body, "\"id_mismatch\""));
    assert_int_equal(fake.appended, 0);
}

static void test_one_vote_of_more_than_64_kib_is_refused(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    char *body = malloc(VT_VOTE_JSON_BYTES_MAX + 2);
    memset(body, ' ', VT_VOTE_JSON_BYTES_MAX + 1);
    memcpy(body, VOTE, strlen(VOTE));
    harness_request("/v1/votes", vt_slice_of(body, VT_VOTE_JSON_BYTES_MAX), NULL, 0);
    assert_int_equal(captured.status, 200);
    harness_request("/v1/votes", vt_slice_of(body, VT_VOTE_JSON_BYTES_MAX + 1), NULL, 0);
    assert_int_equal(captured.status, 413);
    assert_non_null(strstr(captured.body, "\"body_too_large\""));
    free(body);
}

static void test_every_outcome_of_the_ledger(void **state) {
    (void) state;
    static const struct {
        vt_err err;
        int http;
        int grpc;
    } table[] = {{VT_ERR_ID_CONFLICT, 409, 6}, {VT_ERR_QUOTA, 403, 8},  {VT_ERR_RETRY, 503, 14},
                 {VT_ERR_UNKNOWN, 503, 14},    {VT_ERR_CLOSED, 403, 9}, {VT_ERR_INTERNAL, 500, 13}};
    harness_open(&open_contest, 8);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        fake.item_err = table[i].err;
        harness_post("/v1/votes", VOTE_WITH_ID);
        assert_int_equal(captured.status, table[i].http);
        assert_non_null(strstr(captured.body, "\"id\":\"" ID "\""));
        assert_non_null(strstr(captured.body, vt_err_code(table[i].err)));
        assert_int_equal(strstr(captured.headers, "retry-after: 1\n") != NULL, table[i].http == 503);
        harness_request("/votaton.v1.VoteService/Cast", VT_SLICE("\x0a\x01x\x2a\x24" ID), NULL, 0);
        assert_true(captured.is_grpc);
        assert_int_equal(captured.status, table[i].grpc);
        char trailers[128];
        snprintf(trailers, sizeof trailers, "votaton-error: %s\nvotaton-id: " ID "\n", vt_err_code(table[i].err));
        assert_string_equal(captured.headers, trailers);
    }
    fake.append_err = VT_ERR_OVERLOADED;
    harness_post("/v1/votes", VOTE_WITH_ID);
    assert_int_equal(captured.status, 503);
    assert_non_null(strstr(captured.body, "\"overloaded\""));
    assert_non_null(strstr(captured.body, ID));
}

static void test_a_batch_is_answered_item_by_item_in_order(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    harness_post("/v1/votes", "[" VOTE_WITH_ID ",{\"name\":\"\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}, 7]");
    expect(200, "{\"message\":\"ok\",\"votes\":[{\"id\":\"" ID "\",\"position\":\"1\",\"status\":\"counted\"},"
                "{\"error\":{\"code\":\"empty_name\",\"message\":\"the name must not be empty\",\"field\":\"name\"}},"
                "{\"error\":{\"code\":\"malformed_json\",\"message\":\"the body is not valid JSON of the expected "
                "shape\"}}]}");
    harness_post("/v1/votes", "[]");
    assert_int_equal(captured.status, 400);
    assert_non_null(strstr(captured.body, "\"empty_batch\""));
}

static void test_a_batch_that_was_not_taken_at_all_is_503(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    fake.append_err = VT_ERR_OVERLOADED;
    harness_post("/v1/votes", "[" VOTE_WITH_ID "," VOTE "]");
    assert_int_equal(captured.status, 503);
    assert_string_equal(captured.headers, "retry-after: 1\n");
    assert_non_null(strstr(captured.body, "{\"error\":{\"code\":\"overloaded\""));
    assert_non_null(strstr(captured.body, ",\"votes\":[{\"error\""));
    /* One vote that will never be taken: the client has to look at the items. */
    harness_post("/v1/votes", "[" VOTE_WITH_ID ",{}]");
    assert_int_equal(captured.status, 200);
}

static void test_items_of_a_batch_share_a_key_but_no_id(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    with_header("/v1/votes", "[" VOTE "," VOTE "]", "idempotency-key", "k");
    char first[ANSWER_BYTES_MAX];
    memcpy(first, captured.body, sizeof first);
    const char *id = strstr(first, "\"id\":\"");
    const char *second = strstr(id + 1, "\"id\":\"");
    assert_memory_not_equal(id, second, 42);
    with_header("/v1/votes", "[" VOTE "," VOTE "]", "idempotency-key", "k");
    assert_string_equal(captured.body, first);
    /* An own vote_id goes first, and is no mismatch. */
    with_header("/v1/votes", "[" VOTE_WITH_ID "]", "idempotency-key", "k");
    assert_non_null(strstr(captured.body, ID));
}

static void test_without_a_key_every_vote_gets_an_id_of_its_own(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    harness_post("/v1/votes", VOTE);
    vt_id first = fake.last.record.id;
    harness_post("/v1/votes", VOTE);
    assert_false(vt_id_eq(&first, &fake.last.record.id));
    assert_int_equal(first.bytes[6] >> 4, 7);
}

static void test_grpc_methods(void **state) {
    (void) state;
    harness_open(&open_contest, 8);
    vt_slice vote = VT_SLICE("\x0a\x01x\x2a\x24" ID);
    harness_request("/votaton.v1.VoteService/Cast", vote, NULL, 0);
    assert_int_equal(captured.status, 0);
    assert_memory_equal(captured.body,
                        "\x0a\x24" ID "\x12\x01"
                        "1"
                        "\x1a\x07"
                        "counted",
                        captured.body_len);
    assert_string_equal(captured.note, ID);
    harness_request("/confproto.getInfo/returnInfo", VT_SLICE("\x0a\x01x"), NULL, 0);
    assert_int_equal(captured.status, 0);
    assert_memory_equal(captured.body,
                        "\x0a\x2c"
                        "counted ",
                        10);
    harness_request("/votaton.v1.VoteService/CastBatch", VT_SLICE("\x0a\x03\x0a\x01x\x0a\x00"), NULL, 0);
    assert_int_equal(captured.status, 0);
    assert_non_null(strstr(captured.body + 2, "counted"));
    assert_non_null(memmem(captured.body, captured.body_len, "empty_name", 10));
    harness_request("/votaton.v1.VoteService/CastBatch", VT_SLICE(""), NULL, 0);
    assert_int_equal(captured.status, 3);
    assert_string_equal(captured.headers, "votaton-error: empty_batch\n");
    harness_request("/votaton.v1.VoteService/Cast", VT_SLICE("\x0a\x05x"), NULL, 0);
    assert_string_equal(captured.headers, "votaton-error: malformed_protobuf\n");
    harness_request("/votaton.v1.VoteService/Cast", VT_SLICE(""), NULL, 0);
    assert_string_equal(captured.headers, "votaton-error: empty_name\nvotaton-field: name\n");
    assert_string_equal(captured.text, "name: the name must not be empty");
}

static void test_contest_decides_before_the_ledger(void **state) {
    (void) state;
    vt_contest contest = {.ledger_id = {{1}}, .closes_at_ms = 1000};
    harness_open(&contest, 8);
    harness_post("/v1/votes", VOTE);
    assert_int_equal(captured.status, 403);
    assert_non_null(strstr(captured.body, "\"closed\""));
    assert_int_equal(fake.appended, 0);
    /* With a key the ledger is asked whether it is a retry. */
    harness_post("/v1/votes", VOTE_WITH_ID);
    assert_int_equal(fake.appended, 1);
    assert_int_equal(fake.last.refusal, VT_ERR_CLOSED);
    assert_non_null(strstr(captured.body, "\"closed\""));
    contest.closes_at_ms = 0;
    harness_post("/v1/votes", VOTE_WITH_ID);
    assert_int_equal(captured.status, 422);
    assert_non_null(strstr(captured.body, "\"field\":\"name\""));
    contest.takes_unknown_bands = true;
    contest.opens_at_ms = 1001;
    harness_post("/v1/votes", VOTE);
    assert_non_null(strstr(captured.body, "\"not_open_yet\""));
}

static void test_voter_codes(void **state) {
    (void) state;
    vt_contest contest = {.ledger_id = {{1}}, .takes_unknown_bands = true, .limit_by = VT_LIMIT_CODE};
    harness_open(&contest, 8);
    harness_post("/v1/votes", VOTE);
    assert_int_equal(captured.status, 403);
    assert_non_null(strstr(captured.body, "\"bad_voter_code\""));
    assert_non_null(strstr(captured.body, "\"field\":\"voter_code\""));
    vt_secret secret = {.bytes = "0123456789abcdef", .len = 16};
    char code[VT_CODE_TEXT_LEN + 1];
    vt_code_make(&secret, &contest.ledger_id, (const uint8_t *) "12345", code);
    with_header("/v1/votes", VOTE_WITH_ID, "votaton-voter-code", code);
    assert_int_equal(captured.status, 200);
    assert_true(fake.last.record.has_voter);
    /* One id never meets two voters. */
    assert_null(strstr(captured.body, ID));
    char body[256];
    snprintf(body, sizeof body, "{" VOTE_MEMBERS ",\"voter_code\":\"%s\"}", code);
    vt_id voter = fake.last.record.voter;
    harness_post("/v1/votes", body);
    assert_int_equal(captured.status, 200);
    assert_true(vt_id_eq(&voter, &fake.last.record.voter));
}

static void test_answers_wait_for_the_ledger(void **state) {
    (void) state;
    harness_open(&open_contest, 3);
    fake.ledger.answers_inline = false;
    fake.holds = true;
    harness_post("/v1/votes", "[" VOTE "," VOTE "]");
    assert_int_equal(captured.count, 0);
    harness_post("/v1/votes", "[" VOTE "," VOTE "]"); /* only one item is left: nothing of it is taken */
    assert_int_equal(captured.status, 503);
    assert_int_equal(fake.held_count, 2);
    memset(&captured, 0, sizeof captured);
    fake_ledger_release();
    assert_int_equal(captured.count, 1);
    assert_int_equal(captured.status, 200);
    harness_post("/v1/votes", "[" VOTE "," VOTE "," VOTE "]"); /* all items came back to the pool */
    assert_int_equal(captured.count, 0);
    fake_ledger_release();
    assert_int_equal(captured.status, 200);
}

static int close_harness(void **state) {
    (void) state;
    harness_close();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_one_vote_is_answered_with_its_id_and_position, close_harness),
        cmocka_unit_test_teardown(test_refusals_before_the_ledger, close_harness),
        cmocka_unit_test_teardown(test_keys_in_the_header_obey_the_rules_of_vote_id, close_harness),
        cmocka_unit_test_teardown(test_one_vote_of_more_than_64_kib_is_refused, close_harness),
        cmocka_unit_test_teardown(test_every_outcome_of_the_ledger, close_harness),
        cmocka_unit_test_teardown(test_a_batch_is_answered_item_by_item_in_order, close_harness),
        cmocka_unit_test_teardown(test_a_batch_that_was_not_taken_at_all_is_503, close_harness),
        cmocka_unit_test_teardown(test_items_of_a_batch_share_a_key_but_no_id, close_harness),
        cmocka_unit_test_teardown(test_without_a_key_every_vote_gets_an_id_of_its_own, close_harness),
        cmocka_unit_test_teardown(test_grpc_methods, close_harness),
        cmocka_unit_test_teardown(test_contest_decides_before_the_ledger, close_harness),
        cmocka_unit_test_teardown(test_voter_codes, close_harness),
        cmocka_unit_test_teardown(test_answers_wait_for_the_ledger, close_harness),
    };
    return cmocka_run_group_tests_name("ingest/ingest", tests, NULL, NULL);
}
