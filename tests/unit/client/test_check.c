/* `votaton send --check` against a server whose results say what the script says. */
#include "client/check.h"

#include "client/send.h"
#include "file_of_votes.h"
#include "mock_http.h"
#include "vote_on_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Each closes the connection, as the server serves one at a time and the check keeps its own. */
#define SAID(body)                                                                                                     \
    { VT_MOCK_ANSWER_AND_CLOSE, 200, NULL, body }
#define RESULTS(votes) SAID("{\"total\":" votes ",\"bands\":[{\"name\":\"A\",\"votes\":" votes "}]}")
#define RESULTS_AT(votes, position)                                                                                    \
    SAID("{\"total\":" votes ",\"position\":\"" position "\",\"bands\":[{\"name\":\"A\",\"votes\":" votes "}]}")
#define BUSY                                                                                                           \
    { VT_MOCK_ANSWER_AND_CLOSE, 503, NULL, "{\"error\":{\"code\":\"busy\"}}" }
#define COUNTED SAID("{\"id\":\"i\",\"position\":\"1\",\"status\":\"counted\"}")
#define COUNTED_AT(position) SAID("{\"id\":\"i\",\"position\":\"" position "\",\"status\":\"counted\"}")
#define PENDING SAID("{\"id\":\"i\",\"status\":\"pending\"}")
#define QUOTA SAID("{\"id\":\"i\",\"status\":\"quota\"}")

static vt_send_summary summary;

/* Sends one vote and checks; the caller frees what was reported. */
static char *check_one(const vt_mock_step *steps, size_t count) {
    vt_mock_http *mock = vt_mock_http_start(steps, count);
    char *text = NULL;
    size_t len = 0;
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.connections = 1;
    options.check = true;
    options.report = open_memstream(&text, &len);
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    fclose(options.report);
    vt_mock_http_stop(mock);
    return text;
}

static void assert_check(const vt_mock_step *steps, size_t count, vt_check_result result, const char *says) {
    char *text = check_one(steps, count);
    assert_int_equal(summary.check, result);
    assert_non_null(strstr(text, says));
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), result == VT_CHECK_PASSED ? 0 : 1);
    free(text);
}

static void test_passed(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS("7"), COUNTED, RESULTS("7"), RESULTS("8"), PENDING, COUNTED};
    assert_check(steps, 6, VT_CHECK_PASSED, "1 of 1 acknowledged ids looked up are counted");
}

static void test_somebody_else_votes(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS("7"), COUNTED, RESULTS("10"), COUNTED};
    assert_check(steps, 4, VT_CHECK_PASSED, "warning: A: 1 acknowledged, grew by 3");
    assert_check(steps, 4, VT_CHECK_PASSED, "from elsewhere, or of an earlier run");
    assert_string_equal(summary.hint.text, "");
}

/* All is counted that was acknowledged: what did not grow by then never will, and nobody waits for it. */
static void test_less_than_acknowledged_of_all_that_is_counted(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS_AT("7", "0:4,1:9"),  COUNTED_AT("1:11"),          RESULTS_AT("7", "0:4,1:9"),
                                  RESULTS_AT("7", "0:8,1:10"), RESULTS_AT("7", "0:8,1:11"), QUOTA};
    vt_mock_http *mock = vt_mock_http_start(steps, 6);
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.connections = 1;
    options.check = true;
    options.report = stdout;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    assert_int_equal(summary.check, VT_CHECK_FAILED);
    assert_int_equal(vt_mock_http_count(mock), 6);
    assert_non_null(strstr(vt_mock_http_request(mock, 5), "/v1/votes/i?position=1:11 "));
    vt_mock_http_stop(mock);
}

/* A count that goes on is waited for: each step is in time, all together take longer. */
static void test_a_slow_count(void **state) {
    (void) state;
    enum { STEPS = 16, WAIT_MS = 400 };
    static char bodies[STEPS][96];
    vt_mock_step steps[STEPS + 2] = {RESULTS_AT("7", "3")};
    for (int i = 0; i < STEPS; i++) {
        snprintf(bodies[i], sizeof bodies[i],
                 "{\"total\":7,\"position\":\"%d\",\"bands\":[{\"name\":\"A\",\"votes\":%d}]}", 3 + i,
                 i == STEPS - 1 ? 8 : 7);
        steps[1 + i] = (vt_mock_step) SAID(bodies[i]);
    }
    steps[STEPS + 1] = (vt_mock_step) COUNTED;
    vt_mock_http *mock = vt_mock_http_start(steps, STEPS + 2);
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    vt_account_options books = {.votes = votes, .total = 1};
    vt_account *account = NULL;
    vt_target target;
    vt_check check;
    vt_reason reason;
    assert_int_equal(vt_target_parse("--to", vt_mock_http_url(mock), &target, &reason), VT_OK);
    assert_int_equal(vt_target_resolve(&target, &reason), VT_OK);
    assert_int_equal(vt_check_begin(&check, &target, votes, 1000, stdout, &reason), VT_OK);
    assert_int_equal(vt_account_open(&books, &account, &reason), VT_OK);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, VT_SLICE("i"), VT_SLICE("18"), 1);
    assert_int_equal(vt_check_end(&check, account, WAIT_MS), VT_CHECK_PASSED);
    vt_account_close(account);
    vt_check_release(&check);
    vt_votes_free(votes);
    vt_mock_http_stop(mock);
}

/* The counts never grow, and the id is never found: each wait ends by itself. */
static void test_less_than_acknowledged(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS("7")};
    vt_mock_http *mock = vt_mock_http_start(steps, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    vt_votes *votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    vt_account_options books = {.votes = votes, .total = 1};
    vt_account *account = NULL;
    vt_target target;
    vt_check check;
    vt_reason reason;
    assert_int_equal(vt_target_parse("--to", vt_mock_http_url(mock), &target, &reason), VT_OK);
    assert_int_equal(vt_target_resolve(&target, &reason), VT_OK);
    assert_int_equal(vt_check_begin(&check, &target, votes, 1000, out, &reason), VT_OK);
    assert_int_equal(vt_account_open(&books, &account, &reason), VT_OK);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, VT_SLICE("i"), VT_SLICE(""), 1);
    assert_int_equal(vt_check_end(&check, account, 300), VT_CHECK_FAILED);
    fclose(out);
    assert_non_null(strstr(text, "FAILED: A: 1 acknowledged, grew by 0"));
    assert_non_null(strstr(text, "FAILED: 1 of 2 bands grew by less"));
    assert_non_null(strstr(text, "FAILED: the acknowledged id i is not found"));
    vt_account_close(account);
    vt_check_release(&check);
    vt_votes_free(votes);
    vt_mock_http_stop(mock);
    free(text);
}

static void test_id_that_is_not_counted(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS("7"), COUNTED, RESULTS("8"), QUOTA};
    assert_check(steps, 4, VT_CHECK_FAILED, "FAILED: the acknowledged id i is not counted");
}

static void test_hidden(void **state) {
    (void) state;
    const vt_mock_step steps[] = {SAID("{\"total\":0,\"bands\":[],\"hidden\":true}"), COUNTED, COUNTED};
    assert_check(steps, 3, VT_CHECK_PASSED, "only ids are checked");
}

static void test_nobody_to_ask(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_HANG_UP, 0, NULL, NULL}};
    vt_mock_http *mock = vt_mock_http_start(steps, 1);
    vt_send_options options;
    vt_reason reason = {0};
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.check = true;
    options.report = stdout;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_ERR_GONE);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "GET %s/v1/results: closed without an answer", vt_mock_http_url(mock));
    assert_string_equal(reason.text, wanted);
    assert_int_equal(summary.sent, 0);
    snprintf(wanted, sizeof wanted, "GET %s/v1/results: Connection refused", vt_mock_http_url(mock));
    char dead[64];
    snprintf(dead, sizeof dead, "%s", vt_mock_http_url(mock));
    vt_mock_http_stop(mock);
    options.to = dead;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_ERR_GONE);
    assert_string_equal(reason.text, wanted);
}

/* `web` shows results and takes no votes: nothing has grown, which is no success of the check. */
static void test_nobody_takes_votes_there(void **state) {
    (void) state;
    const vt_mock_step steps[] = {RESULTS("7"),
                                  {VT_MOCK_ANSWER_AND_CLOSE, 404, NULL, "{\"error\":{\"code\":\"not_found\"}}"}};
    char *text = check_one(steps, 2);
    assert_string_equal(text, "check: nothing was acknowledged: there is nothing to check\n");
    assert_int_equal(summary.check, VT_CHECK_NOT_ASKED);
    assert_int_equal(vt_send_exit_code(VT_OK, &summary), 1);
    assert_non_null(strstr(summary.hint.text, "nobody takes votes at http://127.0.0.1:"));
    assert_non_null(strstr(summary.hint.text, "/v1/votes: "));
    assert_non_null(strstr(summary.hint.text, "not `votaton web`"));
    free(text);
}

/* Votes are taken at one address, as by `ingest`, and counted at another, as by `web`. */
static void test_results_elsewhere(void **state) {
    (void) state;
    const vt_mock_step takes[] = {SAID("{\"id\":\"i\",\"position\":\"0:0\",\"status\":\"recorded\"}")};
    const vt_mock_step shows[] = {BUSY, RESULTS("7"), BUSY, RESULTS("7"), RESULTS("8"), PENDING, COUNTED};
    vt_mock_http *ingest = vt_mock_http_start(takes, 1);
    vt_mock_http *web = vt_mock_http_start(shows, 7);
    vt_send_options options;
    vt_reason reason;
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(ingest);
    options.results = vt_mock_http_url(web);
    options.connections = 1;
    options.check = true;
    options.report = stdout;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_OK);
    assert_int_equal(summary.check, VT_CHECK_PASSED);
    assert_int_equal(vt_mock_http_count(ingest), 1);
    assert_int_equal(vt_mock_http_count(web), 7);
    options.results = "votes.example";
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason.text, "--results votes.example: must start with"));
    vt_mock_http_stop(ingest);
    vt_mock_http_stop(web);
}

/* Before anything is sent. */
static void test_no_results_there(void **state) {
    (void) state;
    const vt_mock_step steps[] = {{VT_MOCK_ANSWER_AND_CLOSE, 404, NULL, "{\"error\":{\"code\":\"not_found\"}}"}};
    vt_mock_http *mock = vt_mock_http_start(steps, 1);
    vt_send_options options;
    vt_reason reason = {0};
    vt_send_options_init(&options);
    options.file = vt_test_vote_on_disk();
    options.to = vt_mock_http_url(mock);
    options.check = true;
    options.report = stdout;
    assert_int_equal(vt_send_run(&options, &summary, &reason), VT_ERR_GONE);
    assert_non_null(strstr(reason.text, "status 404 without results: --results must name"));
    assert_non_null(strstr(reason.text, "`votaton web`"));
    assert_int_equal(summary.sent, 0);
    assert_int_equal(vt_mock_http_count(mock), 1);
    vt_mock_http_stop(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passed),
        cmocka_unit_test(test_somebody_else_votes),
        cmocka_unit_test(test_less_than_acknowledged),
        cmocka_unit_test(test_less_than_acknowledged_of_all_that_is_counted),
        cmocka_unit_test(test_a_slow_count),
        cmocka_unit_test(test_id_that_is_not_counted),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_nobody_to_ask),
        cmocka_unit_test(test_nobody_takes_votes_there),
        cmocka_unit_test(test_results_elsewhere),
        cmocka_unit_test(test_no_results_there),
    };
    return cmocka_run_group_tests(tests, NULL, vt_test_remove_vote);
}
