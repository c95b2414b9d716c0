/* The routes while a store is away or behind, over a real server and real sockets. */
#include "web_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* A browser gets a page that explains itself, whatever it was that could not be had. */
static void test_a_failing_store_answers_pages_with_a_page(void **state) {
    (void) state;
    fake_stores_fail(&stores, VT_ERR_IO); /* before anybody can have seen anything */
    web_start_default();
    const char *const paths[] = {"/", "/log"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(web_fetch_with(paths[i], "Accept-Language: en\r\n"), 503);
        assert_true(web_has_header("retry-after: 1"));
        assert_true(web_has_header("content-type: text/html; charset=utf-8"));
        assert_true(web_has_header("cache-control: no-store"));
        assert_non_null(strstr(web_body(), "This page will be back shortly"));
        assert_int_equal(web_fetch(paths[i]), 503);
        assert_non_null(strstr(web_body(), "Esta página vuelve enseguida"));
    }
}

static void test_a_page_that_finds_no_room_is_a_page(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.pool_threads = 1;
    limits.queue_max = 1;
    web_start(limits, 1);
    fake_stores_hold(&stores, true);
    web_ask(&client, "/data");
    assert_true(fake_stores_wait_listings(&stores, 1));
    web_ask(&second, "/data");
    web_wait_for_metric("votaton_web_reads_open 2\n");
    http_client *third = test_calloc(1, sizeof *third);
    web_ask(third, "/log?lang=en");
    assert_int_equal(web_answered(third), 503);
    assert_non_null(strstr(http_client_body(third), "This page will be back shortly"));
    test_free(third);
    fake_stores_hold(&stores, false);
    assert_int_equal(web_answered(&client), 200);
    assert_int_equal(web_answered(&second), 200);
}

/* Waits until the results are stale, or fresh; the answer is in `client`. */
static void wait_for_results(bool is_stale) {
    bool is_there = false;
    for (int i = 0; i < 5000 && !is_there; i++) {
        assert_int_equal(web_fetch("/v1/results"), 200);
        is_there = (strstr(web_body(), "\"stale_since\":\"20") != NULL) == is_stale;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(is_there);
}

static void test_results_go_on_while_the_tally_is_away(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(web_fetch("/v1/results"), 200);
    assert_null(strstr(web_body(), "stale"));
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    fake_stores_add(&stores, "a", "b");
    wait_for_results(true);
    assert_non_null(strstr(web_body(), "\"total\":1,"));
    assert_int_equal(web_fetch("/?lang=en"), 200);
    assert_non_null(
        strstr(web_body(), "role=\"status\">The results cannot be updated right now. Last updated: <time "));
    web_wait_for_metric("votaton_web_stale 1\n");
    fake_stores_fail_tally(&stores, VT_OK);
    wait_for_results(false);
    assert_non_null(strstr(web_body(), "\"total\":2,"));
    assert_int_equal(web_fetch("/?lang=en"), 200);
    assert_non_null(strstr(web_body(), "role=\"status\" hidden>The results"));
    web_wait_for_metric("votaton_web_stale 0\n");
}

static void test_the_stream_tells_of_an_absence_and_its_end(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    web_open_stream(&client, 0);
    web_expect_total(&client, 1);
    assert_null(strstr(client.bytes, "stale_since"));
    http_client_take(&client, "\"total\":1,");
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    assert_non_null(http_client_wait(&client, "\"stale_since\":\"20"));
    http_client_take(&client, "\"stale_since\":\"20");
    /* A newcomer is told at once, too. */
    web_open_stream(&second, 0);
    assert_non_null(http_client_wait(&second, "\"stale_since\":\"20"));
    http_client_close(&second);
    http_client_take(&client, "]}\n\n");
    fake_stores_fail_tally(&stores, VT_OK);
    assert_non_null(http_client_wait(&client, "]}\n\n"));
    assert_null(strstr(client.bytes, "stale_since"));
    web_expect_total(&client, 1);
    http_client_close(&client);
}

static void test_the_log_tells_what_the_tally_says(void **state) {
    (void) state;
    contest.partitions = 1;
    fake_stores_part(&stores, 1, 2);
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(web_fetch("/v1/log"), 200);
    assert_non_null(strstr(web_body(), "\"position\":\"0:2\",\"status\":\"pending\""));
    assert_non_null(strstr(web_body(), "\"position\":\"0:1\",\"status\":\"counted\""));
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    assert_int_equal(web_fetch("/v1/log"), 200);
    assert_non_null(strstr(web_body(), "\"position\":\"0:1\",\"status\":\"recorded\""));
    assert_null(strstr(web_body(), "pending"));
    assert_int_equal(web_fetch("/data"), 200);
    assert_non_null(strstr(web_body(), "\"message\":\"vote recorded\""));
    assert_int_equal(web_fetch("/log"), 200);
}

#define VOTE_1 "/v1/votes/01010101-0101-0101-0101-010101010101"
#define VOTE_2 "/v1/votes/02020202-0202-0202-0202-020202020202"
#define VOTE_3 "/v1/votes/03030303-0303-0303-0303-030303030303"
#define VOTE_9 "/v1/votes/09090909-0909-0909-0909-090909090909"

/* Of three votes one is in the log and two are folded. */
static void start_lagging(void) {
    contest.partitions = 1;
    fake_stores_part(&stores, 2, 1);
    web_start_default();
    for (int i = 0; i < 3; i++) {
        fake_stores_add(&stores, "a", "b");
    }
}

static void test_a_vote_is_looked_up_by_its_position(void **state) {
    (void) state;
    start_lagging();
    assert_int_equal(web_fetch(VOTE_1), 200);
    assert_non_null(strstr(web_body(), "\"status\":\"counted\",\"vote\":{"));
    assert_int_equal(web_fetch(VOTE_2), 404);
    assert_int_equal(web_fetch(VOTE_2 "?position=0:2"), 200);
    assert_string_equal(
        web_body(), "{\"id\":\"02020202-0202-0202-0202-020202020202\",\"position\":\"0:2\",\"status\":\"counted\"}");
    assert_int_equal(web_fetch(VOTE_3 "?position=0:3"), 200);
    assert_string_equal(
        web_body(), "{\"id\":\"03030303-0303-0303-0303-030303030303\",\"position\":\"0:3\",\"status\":\"pending\"}");
    /* Folded, and no vote of that id was. */
    assert_int_equal(web_fetch(VOTE_9 "?position=0:2"), 404);
    /* No record of this ledger stands there. */
    assert_int_equal(web_fetch(VOTE_2 "?position=1:2"), 404);
    assert_int_equal(web_fetch(VOTE_2 "?position=2"), 404);
}

static void test_a_look_up_does_not_guess(void **state) {
    (void) state;
    start_lagging();
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    assert_int_equal(web_fetch(VOTE_1), 503);
    assert_non_null(strstr(web_body(), "{\"code\":\"busy\",\"message\":\"what was counted cannot be read now"));
    assert_int_equal(web_fetch(VOTE_2 "?position=0:2"), 503);
    fake_stores_fail_tally(&stores, VT_OK);
    fake_stores_fail_log(&stores, VT_ERR_BUSY);
    assert_int_equal(web_fetch(VOTE_1 "?position=0:1"), 503);
    assert_non_null(strstr(web_body(), "the vote log cannot be read now"));
}

/* A ledger without partitions is its own log: what is not there was never taken. */
static void test_a_position_changes_nothing_without_partitions(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    assert_int_equal(web_fetch(VOTE_1 "?position=0:1"), 200);
    assert_int_equal(web_fetch(VOTE_2 "?position=1"), 404);
    assert_int_equal(web_fetch(VOTE_2 "?position=0:1"), 404);
    assert_int_equal(stores.asked, 0);
}

enum { POST_BODY_BYTES = 100000 };

static int post(const char *target, size_t body_bytes) {
    char headers[64];
    snprintf(headers, sizeof headers, "Connection: close\r\nContent-Length: %zu\r\n", body_bytes);
    http_client_open(&client, vt_server_address(server), "POST", target, headers, 0);
    char *vote = test_calloc(1, body_bytes + 1);
    http_client_send(&client, vote, body_bytes);
    test_free(vote);
    return web_answered(&client);
}

static void test_votes_are_sent_elsewhere(void **state) {
    (void) state;
    posts_elsewhere = true;
    web_start_default();
    const char *const paths[] = {"/", "/vote", "/vote/", "/data", "/data/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(post(paths[i], POST_BODY_BYTES), 308);
        assert_true(web_has_header("location: /insert"));
        assert_true(web_has_header("cache-control: no-store"));
    }
    assert_int_equal(web_fetch("/data"), 200);
    assert_int_equal(post("/v1/results", 0), 405);
}

static void test_votes_are_not_sent_elsewhere_otherwise(void **state) {
    (void) state;
    web_start_default();
    assert_int_equal(post("/data", 0), 405);
    assert_true(web_has_header("allow: GET, HEAD"));
    assert_int_equal(post("/vote", 0), 404);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_failing_store_answers_pages_with_a_page, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_that_finds_no_room_is_a_page, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_results_go_on_while_the_tally_is_away, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_the_stream_tells_of_an_absence_and_its_end, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_the_log_tells_what_the_tally_says, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_vote_is_looked_up_by_its_position, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_look_up_does_not_guess, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_position_changes_nothing_without_partitions, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_votes_are_sent_elsewhere, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_votes_are_not_sent_elsewhere_otherwise, web_set_up, web_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
