/* The routes over a real server and real sockets. */
#include "web/web.h"

#include "base/clock.h"
#include "fake_stores.h"
#include "http_client.h"
#include "net/server.h"
#include "web/record_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static fake_catalogue catalogue;
static vt_metrics *metrics;
static vt_web *web;
static vt_router *router;
static vt_server *server;
static http_client client;
static http_client second;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    return (int) vt_metrics_open(&metrics);
}

static void start(vt_web_limits limits, uint32_t threads) {
    vt_web_options options = {&stores.tally, &stores.votelog, &contest, metrics, limits};
    assert_int_equal(vt_web_open(&options, &web), VT_OK);
    vt_route_table table = vt_web_routes(web);
    assert_int_equal(vt_router_open(&table, 1, &router), VT_OK);
    vt_server_options listen = {
        .listen = "127.0.0.1:0",
        .threads = threads,
        .router = router,
        .metrics = metrics,
        .name = "public",
        .limits = vt_server_limits_default(),
    };
    char reason[256] = "";
    assert_int_equal(vt_server_open(&listen, &server, reason), VT_OK);
}

static void start_default(void) {
    start(vt_web_limits_default(2), 2);
}

static int tear_down(void **state) {
    (void) state;
    fake_stores_hold(&stores, false);
    vt_server_drain(server, 5000);
    vt_web_stop(web);
    vt_server_close(server);
    vt_router_close(router);
    vt_web_close(web);
    vt_metrics_close(metrics);
    fake_stores_release(&stores);
    return 0;
}

static int fetch_with(const char *target, const char *headers) {
    return http_client_fetch(&client, vt_server_address(server), target, headers);
}

static int fetch(const char *target) {
    return fetch_with(target, "");
}

static const char *body(void) {
    return http_client_body(&client);
}

static bool has_header(const char *line) {
    return http_client_has_header(&client, line);
}

static void test_results(void **state) {
    (void) state;
    start_default();
    for (int i = 1; i <= 3; i++) {
        fake_stores_add(&stores, "a", "b");
        char total[24];
        snprintf(total, sizeof total, "\"total\":%d,", i);
        assert_int_equal(fetch("/v1/results"), 200);
        assert_non_null(strstr(body(), total));
    }
    assert_true(has_header("access-control-allow-origin: *"));
    assert_true(has_header("content-type: application/json"));
    assert_true(has_header("cache-control: no-cache"));
}

static void test_results_not_modified(void **state) {
    (void) state;
    start_default();
    assert_int_equal(fetch("/v1/results"), 200);
    const char *etag = strstr(client.bytes, "etag: ");
    assert_non_null(etag);
    char condition[128];
    snprintf(condition, sizeof condition, "If-None-Match: %.*s\r\n", (int) strcspn(etag + 6, "\r"), etag + 6);
    assert_int_equal(fetch_with("/v1/results", condition), 304);
    assert_string_equal(body(), "");
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(fetch_with("/v1/results", condition), 200);
}

static void test_vote_lookup(void **state) {
    (void) state;
    start_default();
    fake_stores_add(&stores, "a", "b");
    assert_int_equal(fetch("/v1/votes/01010101-0101-0101-0101-010101010101"), 200);
    assert_non_null(strstr(body(), "\"status\":\"counted\",\"vote\":{\"name\":\"a\""));
    assert_int_equal(fetch("/v1/votes/01010101-0101-0101-0101-010101010101/?position=1"), 200);
    assert_int_equal(fetch("/v1/votes/02020202-0202-0202-0202-020202020202"), 404);
    assert_non_null(strstr(body(), "{\"error\":{\"code\":\"not_found\""));
    assert_true(has_header("access-control-allow-origin: *"));
    assert_int_equal(fetch("/v1/votes/1"), 400);
    assert_non_null(strstr(body(), "{\"error\":{\"code\":\"bad_id\""));
    assert_int_equal(fetch("/v1/votes/01010101-0101-0101-0101-010101010101?position=x"), 400);
    assert_non_null(strstr(body(), "{\"error\":{\"code\":\"malformed_request\""));
}

static void test_log(void **state) {
    (void) state;
    start_default();
    for (int i = 0; i < 25; i++) {
        fake_stores_add(&stores, i % 5 == 0 ? "five" : "other", "b");
    }
    assert_int_equal(fetch("/v1/log?limit=2"), 200);
    assert_non_null(strstr(body(), "\"position\":\"25\""));
    assert_non_null(strstr(body(), "\"next\":\"24\""));
    assert_int_equal(fetch("/v1/log?limit=2&before=24&band=five"), 200);
    assert_non_null(strstr(body(), "\"position\":\"21\""));
    assert_non_null(strstr(body(), "\"next\":\"16\""));
    assert_int_equal(fetch("/v1/log?before=0"), 200);
    assert_string_equal(body(), "{\"votes\":[],\"next\":null}");
    assert_int_equal(fetch("/v1/log?limit=0"), 400);
    assert_int_equal(fetch("/v1/log?band=%4"), 400);
}

static void test_older_log_services(void **state) {
    (void) state;
    start_default();
    for (int i = 0; i < 25; i++) {
        fake_stores_add(&stores, "a", "b");
    }
    const char *const paths[] = {"/data", "/logs", "/api/logs", "/votos", "/datos", "/data/", "/logs?limit=x"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(fetch(paths[i]), 200);
        assert_true(has_header("access-control-allow-origin: *"));
        assert_int_equal(body()[0], '[');
        int rows = 0;
        for (const char *at = body(); (at = strstr(at, "\"timestamp\"")) != NULL; at++) {
            rows++;
        }
        assert_int_equal(rows, VT_LOG_LIMIT_DEFAULT);
    }
}

static void test_contest(void **state) {
    (void) state;
    start_default();
    assert_int_equal(fetch("/v1/contest"), 200);
    assert_non_null(strstr(body(), "\"state\":\"open\",\"results\":\"shown\""));
    assert_null(strstr(body(), "secret"));
}

static void test_pages(void **state) {
    (void) state;
    start_default();
    fake_stores_add(&stores, "<b>", "b");
    const char *const paths[] = {"/", "/log"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fetch_with(paths[i], "Accept-Language: en\r\n"), 200);
        assert_true(has_header("content-type: text/html; charset=utf-8"));
        assert_true(has_header("referrer-policy: no-referrer"));
        assert_non_null(strstr(client.bytes, "content-security-policy: default-src 'none'; "));
        assert_non_null(strstr(body(), "<html lang=\"en\">"));
        assert_non_null(strstr(body(), "&lt;b&gt;"));
        assert_null(strstr(body(), "<b>"));
    }
    assert_int_equal(fetch("/?lang=es"), 200);
    assert_non_null(strstr(body(), "<html lang=\"es\">"));
}

static void test_assets(void **state) {
    (void) state;
    start_default();
    assert_int_equal(fetch("/"), 200);
    const char *const names[] = {"style.css", "results.js", "favicon.svg"};
    for (size_t i = 0; i < 3; i++) {
        char target[64];
        snprintf(target, sizeof target, "/assets/%s", names[i]);
        assert_int_equal(fetch("/"), 200);
        const char *link = strstr(body(), target);
        assert_non_null(link);
        snprintf(target, sizeof target, "%.*s", (int) strcspn(link, "\""), link);
        assert_int_equal(fetch(target), 200);
        assert_true(has_header("x-content-type-options: nosniff"));
        assert_true(strlen(body()) > 0);
    }
    assert_int_equal(fetch("/assets/other.js"), 404);
}

enum { HIDDEN_VOTES = 997 };

static void test_hidden_everywhere(void **state) {
    (void) state;
    const char *const names[] = {"in the catalogue"};
    fake_contest_set_bands(&contest, &catalogue, names, 1);
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    contest.closes_at_ms = vt_clock_wall_ms() + 3600000;
    start_default();
    for (int i = 0; i < HIDDEN_VOTES; i++) {
        fake_stores_add(&stores, "secret", "secret");
    }
    const char *const paths[] = {
        "/",     "/log",   "/log?band=secre",  "/v1/results", "/v1/log?limit=5",
        "/data", "/votos", "/v1/log?before=9", "/v1/contest", "/v1/votes/01010101-0101-0101-0101-010101010101",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(fetch(paths[i]), 200);
        assert_null(strstr(body(), "secret"));
        /* As a JSON number or in a page; the milliseconds of a time stand behind a point. */
        assert_null(strstr(body(), ":997"));
        assert_null(strstr(body(), ">997"));
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

static void open_stream(http_client *viewer, int receive_bytes) {
    http_client_open(viewer, vt_server_address(server), "GET", "/v1/results/stream", "", receive_bytes);
    assert_non_null(http_client_wait(viewer, "\r\n\r\n"));
}

static void expect_total(http_client *viewer, int total) {
    char text[24];
    snprintf(text, sizeof text, "\"total\":%d,", total);
    assert_non_null(http_client_wait(viewer, text));
}

static void test_stream(void **state) {
    (void) state;
    start_default();
    fake_stores_add(&stores, "a", "b");
    open_stream(&client, 0);
    assert_true(has_header("content-type: text/event-stream"));
    assert_true(has_header("cache-control: no-store"));
    assert_true(has_header("x-accel-buffering: no"));
    assert_non_null(http_client_wait(&client, "retry: 1000\n\n"));
    assert_non_null(http_client_wait(&client, "id: 1\ndata: {\"contest\""));
    expect_total(&client, 1);
    fake_stores_add(&stores, "a", "b");
    expect_total(&client, 2);
    open_stream(&second, 0);
    expect_total(&second, 2);
    fake_stores_add(&stores, "a", "b");
    expect_total(&client, 3);
    expect_total(&second, 3);
    http_client_close(&client);
    http_client_close(&second);
}

/* A viewer that takes nothing for a while does not get all that it missed, but the newest. */
static void test_a_slow_viewer_skips_to_the_newest(void **state) {
    (void) state;
    /* 8 events of 0.5 MB are more than the buffers of a socket take. */
    enum { BANDS = 900, UPDATES = 8, RECEIVE_BYTES = 2048 };
    start_default();
    char name[VT_FIELD_BYTES_MAX];
    memset(name, '"', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < BANDS; i++) {
        char number[8];
        memcpy(name, number, (size_t) snprintf(number, sizeof number, "%03d", i));
        fake_stores_add(&stores, name, name);
    }
    open_stream(&second, RECEIVE_BYTES);
    open_stream(&client, 0);
    for (int i = 1; i <= UPDATES; i++) {
        fake_stores_add(&stores, "more", "more");
        expect_total(&client, BANDS + i);
        http_client_take(&client, "\"total\":");
    }
    expect_total(&second, BANDS + UPDATES);
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
    contest.results_from_ms = vt_clock_wall_ms() + 1500;
    start_default();
    fake_stores_add(&stores, "a", "b");
    open_stream(&client, 0);
    assert_non_null(http_client_wait(&client, "\"hidden\":true"));
    assert_null(strstr(client.bytes, "\"total\":1,"));
    expect_total(&client, 1);
    http_client_close(&client);
}

static void test_too_many_viewers(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.viewers_max = 1;
    start(limits, 1);
    open_stream(&second, 0);
    assert_int_equal(fetch("/v1/results/stream"), 503);
    assert_true(has_header("retry-after: 1"));
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

/* Waits until this line stands in the metrics. */
static void wait_for_metric(const char *line) {
    bool is_there = false;
    for (int i = 0; i < 20000 && !is_there; i++) {
        vt_buf text;
        vt_buf_init(&text, 1048576);
        assert_int_equal(vt_metrics_render(metrics, &text), VT_OK);
        const char *rendered;
        assert_int_equal(vt_buf_cstr(&text, &rendered), VT_OK);
        is_there = strstr(rendered, line) != NULL;
        vt_buf_release(&text);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(is_there);
}

static void ask(http_client *asker, const char *target) {
    http_client_open(asker, vt_server_address(server), "GET", target, "Connection: close\r\n", 0);
}

static int answered(http_client *asker) {
    int status = 0;
    assert_non_null(http_client_wait(asker, "\r\n\r\n"));
    assert_int_equal(sscanf(asker->bytes, "HTTP/1.1 %d", &status), 1);
    http_client_close(asker);
    return status;
}

/* One request in the store, one that waits, and no room for two more, whichever they are. */
static void test_a_full_queue_answers_busy(void **state) {
    (void) state;
    vt_web_limits limits = vt_web_limits_default(1);
    limits.pool_threads = 1;
    limits.queue_max = 1;
    start(limits, 1);
    fake_stores_hold(&stores, true);
    ask(&client, "/data");
    assert_true(fake_stores_wait_listings(&stores, 1));
    http_client *others = test_calloc(3, sizeof *others);
    for (int i = 0; i < 3; i++) {
        ask(&others[i], "/data");
    }
    wait_for_metric("votaton_web_reads_unanswered_total{reason=\"queue_full\"} 2\n");
    fake_stores_hold(&stores, false);
    assert_int_equal(answered(&client), 200);
    int refused = 0;
    for (int i = 0; i < 3; i++) {
        bool is_refused = answered(&others[i]) == 503;
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
    start(limits, 1);
    fake_stores_hold(&stores, true);
    ask(&client, "/data");
    assert_true(fake_stores_wait_listings(&stores, 1));
    ask(&second, "/data");
    wait_for_metric("votaton_web_reads_open 2\n");
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL); /* the deadline itself */
    fake_stores_hold(&stores, false);
    assert_int_equal(answered(&client), 200);
    assert_int_equal(answered(&second), 503);
    assert_non_null(strstr(http_client_body(&second), "\"code\":\"busy\""));
    assert_int_equal(stores.listings, 1);
}

static void test_a_failing_store_answers_503(void **state) {
    (void) state;
    start_default();
    fake_stores_fail(&stores, VT_ERR_IO);
    const char *const paths[] = {"/", "/v1/results", "/v1/log", "/data"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fetch(paths[i]), 503);
        assert_true(has_header("retry-after: 1"));
    }
    fake_stores_fail(&stores, VT_OK);
    assert_int_equal(fetch("/v1/results"), 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_results, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_results_not_modified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vote_lookup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_log_services, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_contest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_assets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_everywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_slow_viewer_skips_to_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_results_appear_by_themselves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_viewers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_queue_answers_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_expired_read_leaves_the_store_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_store_answers_503, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
