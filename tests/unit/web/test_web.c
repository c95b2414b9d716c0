/* The routes over a real server and real sockets. */
#include "web/web.h"

#include "base/clock.h"
#include "web/record_log.h"
#include "web_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static void test_results(void **state) {
    (void) state;
    web_start_default();
    for (int i = 1; i <= 3; i++) {
        fake_stores_add(&stores, "a", "b");
        char total[24];
        snprintf(total, sizeof total, "\"total\":%d,", i);
        assert_int_equal(web_fetch("/v1/results"), 200);
        assert_non_null(strstr(web_body(), total));
    }
    assert_true(web_has_header("access-control-allow-origin: *"));
    assert_true(web_has_header("content-type: application/json"));
    assert_true(web_has_header("cache-control: no-cache"));
}

static void test_results_not_modified(void **state) {
    (void) state;
    web_start_default();
    assert_int_equal(web_fetch("/v1/results"), 200);
    const char *etag = strstr(client.bytes, "etag: ");
    assert_non_null(etag);
    char condition[128];
    snprintf(condition, sizeof condition, "If-None-Match: %.*s\r\n", (int) strcspn(etag + 6, "\r"), etag + 6);
    assert_int_equal(web_fetch_with("/v1/results", condition), 304);
    assert_string_equal(web_body(), "");
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(web_fetch_with("/v1/results", condition), 200);
}

static void test_vote_lookup(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(web_fetch("/v1/votes/01010101-0101-0101-0101-010101010101"), 200);
    assert_non_null(strstr(web_body(), "\"status\":\"counted\",\"vote\":{\"name\":\"a\""));
    assert_int_equal(web_fetch("/v1/votes/01010101-0101-0101-0101-010101010101/?position=1"), 200);
    assert_int_equal(web_fetch("/v1/votes/02020202-0202-0202-0202-020202020202"), 404);
    assert_non_null(strstr(web_body(), "{\"error\":{\"code\":\"not_found\""));
    assert_true(web_has_header("access-control-allow-origin: *"));
    assert_int_equal(web_fetch("/v1/votes/1"), 400);
    assert_non_null(strstr(web_body(), "{\"error\":{\"code\":\"bad_id\""));
    assert_int_equal(web_fetch("/v1/votes/01010101-0101-0101-0101-010101010101?position=x"), 400);
    assert_non_null(strstr(web_body(), "{\"error\":{\"code\":\"malformed_request\""));
}

static void test_log(void **state) {
    (void) state;
    web_start_default();
    for (int i = 0; i < 25; i++) {
        fake_stores_add(&stores, i % 5 == 0 ? "five" : "other", "b");
    }
    assert_int_equal(web_fetch("/v1/log?limit=2"), 200);
    assert_non_null(strstr(web_body(), "\"position\":\"25\""));
    assert_non_null(strstr(web_body(), "\"next\":\"24\""));
    assert_int_equal(web_fetch("/v1/log?limit=2&before=24&band=five"), 200);
    assert_non_null(strstr(web_body(), "\"position\":\"21\""));
    assert_non_null(strstr(web_body(), "\"next\":\"16\""));
    assert_int_equal(web_fetch("/v1/log?before=0"), 200);
    assert_string_equal(web_body(), "{\"votes\":[],\"next\":null}");
    assert_int_equal(web_fetch("/v1/log?limit=0"), 400);
    assert_int_equal(web_fetch("/v1/log?band=%4"), 400);
}

static void test_older_log_services(void **state) {
    (void) state;
    web_start_default();
    for (int i = 0; i < 25; i++) {
        fake_stores_add(&stores, "a", "b");
    }
    const char *const paths[] = {"/data", "/logs", "/api/logs", "/votos", "/datos", "/data/", "/logs?limit=x"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(web_fetch(paths[i]), 200);
        assert_true(web_has_header("access-control-allow-origin: *"));
        assert_int_equal(web_body()[0], '[');
        int rows = 0;
        for (const char *at = web_body(); (at = strstr(at, "\"timestamp\"")) != NULL; at++) {
            rows++;
        }
        assert_int_equal(rows, VT_LOG_LIMIT_DEFAULT);
    }
}

static void test_contest(void **state) {
    (void) state;
    web_start_default();
    assert_int_equal(web_fetch("/v1/contest"), 200);
    assert_non_null(strstr(web_body(), "\"state\":\"open\",\"results\":\"shown\""));
    assert_null(strstr(web_body(), "secret"));
}

static void test_pages(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "<b>", "b");
    const char *const paths[] = {"/", "/log"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(web_fetch_with(paths[i], "Accept-Language: en\r\n"), 200);
        assert_true(web_has_header("content-type: text/html; charset=utf-8"));
        assert_true(web_has_header("referrer-policy: no-referrer"));
        assert_non_null(strstr(client.bytes, "content-security-policy: default-src 'none'; "));
        assert_non_null(strstr(web_body(), "<html lang=\"en\">"));
        assert_non_null(strstr(web_body(), "&lt;b&gt;"));
        assert_null(strstr(web_body(), "<b>"));
    }
    assert_int_equal(web_fetch("/?lang=es"), 200);
    assert_non_null(strstr(web_body(), "<html lang=\"es\">"));
}

static void test_assets(void **state) {
    (void) state;
    web_start_default();
    assert_int_equal(web_fetch("/"), 200);
    const char *const names[] = {"style.css", "results.js", "favicon.svg"};
    for (size_t i = 0; i < 3; i++) {
        char target[64];
        snprintf(target, sizeof target, "/assets/%s", names[i]);
        assert_int_equal(web_fetch("/"), 200);
        const char *link = strstr(web_body(), target);
        assert_non_null(link);
        snprintf(target, sizeof target, "%.*s", (int) strcspn(link, "\""), link);
        assert_int_equal(web_fetch(target), 200);
        assert_true(web_has_header("x-content-type-options: nosniff"));
        assert_true(strlen(web_body()) > 0);
    }
    assert_int_equal(web_fetch("/assets/other.js"), 404);
}

enum { HIDDEN_VOTES = 997 };

static fake_catalogue catalogue;

static void test_hidden_everywhere(void **state) {
    (void) state;
    const char *const names[] = {"in the catalogue"};
    fake_contest_set_bands(&contest, &catalogue, names, 1);
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    contest.closes_at_ms = vt_clock_wall_ms() + 3600000;
    web_start_default();
    for (int i = 0; i < HIDDEN_VOTES; i++) {
        fake_stores_add(&stores, "secret", "secret");
    }
    const char *const paths[] = {
        "/",     "/log",   "/log?band=secre",  "/v1/results", "/v1/log?limit=5",
        "/data", "/votos", "/v1/log?before=9", "/v1/contest", "/v1/votes/01010101-0101-0101-0101-010101010101",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(web_fetch(paths[i]), 200);
        assert_null(strstr(web_body(), "secret"));
        /* As a JSON number or in a page; the milliseconds of a time stand behind a point. */
        assert_null(strstr(web_body(), ":997"));
        assert_null(strstr(web_body(), ">997"));
    }
    http_client_open(&client, vt_server_address(server), "GET", "/v1/results/stream", "", 0);
    assert_non_null(http_client_wait(&client, "\"bands\":[]}\n\n"));
    assert_null(strstr(client.bytes, "id:"));
    http_client_close(&client);
    vt_buf text;
    vt_buf_init(&text, 1048576);
    assert_int_equal(vt_metrics_render(metrics, &text), VT_OK);
    const char *rendered;
    assert_int_equal(vt_buf_cstr(&text, &rendered), VT_OK);
    assert_null(strstr(rendered, "votaton_band_votes{"));
    vt_buf_release(&text);
}

static void test_stream(void **state) {
    (void) state;
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    web_open_stream(&client, 0);
    assert_true(web_has_header("content-type: text/event-stream"));
    assert_true(web_has_header("cache-control: no-store"));
    assert_true(web_has_header("x-accel-buffering: no"));
    assert_non_null(http_client_wait(&client, "retry: 1000\n\n"));
    assert_non_null(http_client_wait(&client, "id: 1\ndata: {\"contest\""));
    web_expect_total(&client, 1);
    fake_stores_add(&stores, "a", "b");
    web_expect_total(&client, 2);
    web_open_stream(&second, 0);
    web_expect_total(&second, 2);
    fake_stores_add(&stores, "a", "b");
    web_expect_total(&client, 3);
    web_expect_total(&second, 3);
    http_client_close(&client);
    http_client_close(&second);
}

/* A viewer that takes nothing for a while does not get all that it missed, but the newest. */
static void test_a_slow_viewer_skips_to_the_newest(void **state) {
    (void) state;
    /* 8 events of 0.5 MB are more than the buffers of a socket take. */
    enum { BANDS = 900, UPDATES = 8, RECEIVE_BYTES = 2048 };
    web_start_default();
    char name[VT_FIELD_BYTES_MAX];
    memset(name, '"', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < BANDS; i++) {
        char number[8];
        memcpy(name, number, (size_t) snprintf(number, sizeof number, "%03d", i));
        fake_stores_add(&stores, name, name);
    }
    web_open_stream(&second, RECEIVE_BYTES);
    web_open_stream(&client, 0);
    for (int i = 1; i <= UPDATES; i++) {
        fake_stores_add(&stores, "more", "more");
        web_expect_total(&client, BANDS + i);
        http_client_take(&client, "\"total\":");
    }
    web_expect_total(&second, BANDS + UPDATES);
    int events = 0;
    for (const char *at = second.bytes; (at = strstr(at, "\nid: ")) != NULL; at++) {
        events++;
    }
    assert_in_range(events, 1, UPDATES - 1);
    http_client_close(&client);
    http_client_close(&second);
}

static void test_hidden_results_appear_by_themselves(void **state) {
    (void) state;
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = vt_clock_wall_ms() + 3000; /* the stream is open by then */
    web_start_default();
    fake_stores_add(&stores, "a", "b");
    web_open_stream(&client, 0);
    assert_non_null(http_client_wait(&client, "\"hidden\":true"));
    assert_null(strstr(client.bytes, "\"total\":1,"));
    web_expect_total(&client, 1);
    http_client_close(&client);
}

static void test_too_many_viewers(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.viewers_max = 1;
    web_start(limits, 1);
    web_open_stream(&second, 0);
    assert_int_equal(web_fetch("/v1/results/stream"), 503);
    assert_true(web_has_header("retry-after: 1"));
    http_client_close(&second);
    int status = 503;
    for (int i = 0; i < 200 && status == 503; i++) {
        http_client_open(&client, vt_server_address(server), "GET", "/v1/results/stream", "", 0);
        assert_non_null(http_client_wait(&client, "\r\n\r\n"));
        assert_int_equal(sscanf(client.bytes, "HTTP/1.1 %d", &status), 1);
        http_client_close(&client);
    }
    assert_int_equal(status, 200);
}

/* One request in the store, one that waits, and no room for two more, whichever they are. */
static void test_a_full_queue_answers_busy(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.pool_threads = 1;
    limits.queue_max = 1;
    web_start(limits, 1);
    fake_stores_hold(&stores, true);
    web_ask(&client, "/data");
    assert_true(fake_stores_wait_listings(&stores, 1));
    http_client *others = test_calloc(3, sizeof *others);
    for (int i = 0; i < 3; i++) {
        web_ask(&others[i], "/data");
    }
    web_wait_for_metric("votaton_web_reads_unanswered_total{reason=\"queue_full\"} 2\n");
    fake_stores_hold(&stores, false);
    assert_int_equal(web_answered(&client), 200);
    int refused = 0;
    for (int i = 0; i < 3; i++) {
        bool is_refused = web_answered(&others[i]) == 503;
        refused += is_refused;
        assert_int_equal(http_client_has_header(&others[i], "retry-after: 1"), is_refused);
    }
    assert_int_equal(refused, 2);
    test_free(others);
}

static void test_an_expired_read_leaves_the_store_alone(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.pool_threads = 1;
    limits.read_deadline_ms = 500; /* the first read must begin within it, on a busy machine, too */
    web_start(limits, 1);
    fake_stores_hold(&stores, true);
    web_ask(&client, "/data");
    assert_true(fake_stores_wait_listings(&stores, 1));
    web_ask(&second, "/data");
    web_wait_for_metric("votaton_web_reads_open 2\n");
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL); /* the deadline itself */
    fake_stores_hold(&stores, false);
    assert_int_equal(web_answered(&client), 200);
    assert_int_equal(web_answered(&second), 503);
    assert_non_null(strstr(http_client_body(&second), "\"code\":\"busy\""));
    assert_int_equal(stores.listings, 1);
}

/* Browsers get a page where others get what the engine says. */
static void test_unknown_pages(void **state) {
    (void) state;
    web_start_default();
    const char *const paths[] = {"/nothing", "/v1/nothing?lang=es", "/a/b/c"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(web_fetch(paths[i]), 404);
        assert_true(web_has_header("content-type: application/json"));
        assert_non_null(strstr(web_body(), "{\"error\":{\"code\":\"not_found\""));
        assert_int_equal(web_fetch_with(paths[i], "Accept: application/json, text/html;q=0.9\r\n"), 404);
        assert_true(web_has_header("content-type: application/json"));
        assert_int_equal(web_fetch_with(paths[i], "Accept: text/html,*/*;q=0.8\r\n"), 404);
        assert_true(web_has_header("content-type: text/html; charset=utf-8"));
        assert_true(web_has_header("cache-control: no-store"));
        assert_non_null(strstr(web_body(), "Aquí no hay ninguna página"));
    }
    assert_int_equal(web_fetch_with("/nothing", "Accept: text/html\r\nAccept-Language: en\r\n"), 404);
    assert_non_null(strstr(web_body(), "There is no page here"));
    http_client_open(&client, vt_server_address(server), "POST", "/log",
                     "Accept: text/html\r\nConnection: close\r\nContent-Length: 0\r\n", 0);
    assert_int_equal(web_answered(&client), 405);
    assert_true(web_has_header("allow: GET, HEAD"));
    assert_non_null(strstr(web_body(), "method_not_allowed"));
}

/* Every page, those without a store too, is of the version that holds now. */
static void test_a_newer_contest(void **state) {
    (void) state;
    static vt_contest newer; /* until the server is down */
    newer = fake_contest();
    newer.title_en = VT_SLICE("Newer bands");
    web_start_default();
    atomic_store(&contest.newer, &newer);
    const char *const paths[] = {"/", "/log", "/nothing", "/v1/contest"};
    for (size_t i = 0; i < 4; i++) {
        web_fetch_with(paths[i], "Accept: text/html\r\nAccept-Language: en\r\n");
        assert_non_null(strstr(web_body(), "Newer bands"));
    }
}

static void test_a_failing_store_answers_503(void **state) {
    (void) state;
    fake_stores_fail(&stores, VT_ERR_IO); /* before anybody can have seen anything */
    web_start_default();
    const char *const paths[] = {"/v1/results", "/v1/log", "/data"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(web_fetch(paths[i]), 503);
        assert_true(web_has_header("retry-after: 1"));
        assert_non_null(strstr(web_body(), "{\"error\":{\"code\":\"busy\",\"message\":\"the "));
    }
    fake_stores_fail(&stores, VT_OK);
    assert_int_equal(web_fetch("/v1/results"), 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_results, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_results_not_modified, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_vote_lookup, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_log, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_older_log_services, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_contest, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_pages, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_assets, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_everywhere, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_stream, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_slow_viewer_skips_to_the_newest, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_results_appear_by_themselves, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_viewers, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_queue_answers_busy, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_an_expired_read_leaves_the_store_alone, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_pages, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_newer_contest, web_set_up, web_tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_store_answers_503, web_set_up, web_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
