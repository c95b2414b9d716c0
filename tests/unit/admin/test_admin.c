#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>

#include "../net/recorded_replies.h"
#include "admin/admin.h"

#define TOKEN "a token of some length"

static vt_metrics *metrics;
static vt_health *health;
static vt_admin *admin;
static bool has_stores = true;

static void fill_state(void *context, vt_admin_state *out) {
    (void) context;
    out->role = "count";
    out->ledger = has_stores ? "kafka" : NULL;
    out->tally = has_stores ? "redis" : NULL;
    out->log = has_stores ? "mongodb" : NULL;
    out->partitions = 6;
    out->queue_depth = 7;
    snprintf(out->contest, sizeof out->contest, "Las \"mejores\"\n");
    out->contest_version = 3;
}

static int open_all(const char *token) {
    recorded_clear();
    if (vt_metrics_open(&metrics) != VT_OK || vt_health_open(&health) != VT_OK) {
        return -1;
    }
    vt_counter_add(vt_metrics_counter(metrics, "votes_total", "", "Votes."), 2);
    const vt_admin_options options = {
        .metrics = metrics, .health = health, .token = token, .configuration = "{\"threads\":2}", .state = fill_state};
    return vt_admin_open(&options, &admin) != VT_OK;
}

static int open_without_token(void **state) {
    (void) state;
    return open_all("");
}

static int open_with_token(void **state) {
    (void) state;
    return open_all(TOKEN);
}

static int close_all(void **state) {
    (void) state;
    vt_admin_close(admin);
    vt_health_close(health);
    vt_metrics_close(metrics);
    recorded_clear();
    return 0;
}

/* The answer to GET `path` with that Authorization, NULL for none. */
static recorded *get(const char *path, const char *authorization) {
    const vt_route_table tables[] = {vt_admin_routes(admin), vt_admin_health_routes(admin)};
    vt_router *router = NULL;
    vt_route_match match;
    assert_int_equal(vt_router_open(tables, 2, &router), VT_OK);
    vt_router_find(router, false, VT_SLICE("GET"), vt_slice_str(path), &match);
    assert_int_equal(match.err, VT_OK);
    const vt_header header = {VT_SLICE("authorization"), vt_slice_str(authorization == NULL ? "" : authorization)};
    const vt_request request = {
        .method = VT_SLICE("GET"), .headers = &header, .headers_count = authorization == NULL ? 0 : 1};
    vt_reply reply = recorded_reply(0);
    match.route->handle(match.context, &request, reply);
    vt_router_close(router);
    recorded *answer = recorded_at(reply);
    assert_true(answer->is_ended);
    return answer;
}

static void assert_body(const recorded *answer, const char *expected) {
    assert_true(vt_slice_eq(vt_buf_slice(&answer->body), vt_slice_str(expected)));
}

static void test_live_and_ready(void **state) {
    (void) state;
    vt_health_set(health, "ledger", "not open");
    recorded *answer = get("/livez", NULL);
    assert_int_equal(answer->status, 200);
    assert_string_equal(answer->content_type, "application/json");
    assert_string_equal(answer->header_value, "no-store");
    answer = get("/readyz", NULL);
    assert_int_equal(answer->status, 503);
    assert_body(answer, "{\"ready\":false,\"missing\":{\"ledger\":\"not open\"}}");
    assert_int_equal(get("/healthz", NULL)->status, 503);
    vt_health_set(health, "ledger", NULL);
    answer = get("/readyz", NULL);
    assert_int_equal(answer->status, 200);
    assert_body(answer, "{\"ready\":true,\"missing\":{}}");
    assert_int_equal(get("/healthz", NULL)->status, 200);
}

static void test_metrics(void **state) {
    (void) state;
    recorded *answer = get("/metrics", NULL);
    assert_int_equal(answer->status, 200);
    assert_string_equal(answer->content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_body(answer, "# HELP votes_total Votes.\n# TYPE votes_total counter\nvotes_total 2\n");
}

static vt_err collect_nothing(void *context, vt_buf *out) {
    (void) context;
    (void) out;
    return VT_ERR_BUSY;
}

static void test_metrics_that_cannot_be_rendered(void **state) {
    (void) state;
    vt_metrics_collect(metrics, collect_nothing, NULL);
    recorded *answer = get("/metrics", NULL);
    assert_int_equal(answer->status, 503);
    assert_body(answer, "{\"error\":{\"code\":\"busy\",\"message\":\"temporarily unavailable\"}}");
}

static void test_status(void **state) {
    (void) state;
    vt_health_set(health, "tally", "behind");
    recorded *answer = get("/status", NULL);
    assert_int_equal(answer->status, 200);
    json_t *status = json_loadb(answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(status);
    const char *version = NULL;
    const char *role = NULL;
    const char *missing = NULL;
    const char *ledger = NULL;
    const char *tally = NULL;
    const char *log = NULL;
    const char *title = NULL;
    int ready = 1;
    json_int_t uptime_s = -1;
    json_int_t depth = 0;
    json_int_t partitions = 0;
    json_int_t contest_version = 0;
    json_int_t threads = 0;
    assert_int_equal(
        json_unpack(
            status,
            "{s:s, s:s, s:I, s:{s:b, s:{s:s}}, s:{s:s, s:I, s:I !}, s:{s:s !}, s:{s:s !}, s:{s:s, s:I}, s:{s:I} !}",
            "version", &version, "role", &role, "uptime_s", &uptime_s, "health", "ready", &ready, "missing", "tally",
            &missing, "ledger", "kind", &ledger, "queue_depth", &depth, "partitions", &partitions, "tally", "kind",
            &tally, "log", "kind", &log, "contest", "title", &title, "version", &contest_version, "configuration",
            "threads", &threads),
        0);
    assert_string_equal(version, VT_VERSION);
    assert_string_equal(role, "count");
    assert_in_range(uptime_s, 0, 60);
    assert_false(ready);
    assert_string_equal(missing, "behind");
    assert_string_equal(ledger, "kafka");
    assert_string_equal(tally, "redis");
    assert_string_equal(log, "mongodb");
    assert_int_equal(depth, 7);
    assert_int_equal(partitions, 6);
    assert_string_equal(title, "Las \"mejores\"\n");
    assert_int_equal(contest_version, 3);
    assert_int_equal(threads, 2);
    json_decref(status);
}

static void test_status_leaves_out_what_is_not_there(void **state) {
    (void) state;
    has_stores = false;
    recorded *answer = get("/status", NULL);
    has_stores = true;
    assert_int_equal(answer->status, 200);
    json_t *status = json_loadb(answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(status);
    assert_null(json_object_get(status, "ledger"));
    assert_null(json_object_get(status, "tally"));
    assert_null(json_object_get(status, "log"));
    json_decref(status);
}

static void test_token_is_wanted(void **state) {
    (void) state;
    const char *const wrong[] = {NULL,
                                 "",
                                 TOKEN,
                                 "Bearer",
                                 "Bearer ",
                                 "Basic " TOKEN,
                                 "Bearer a",
                                 "Bearer " TOKEN "x",
                                 "Bearer  " TOKEN,
                                 "Bearer A token of some length"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const paths[] = {"/metrics", "/status"};
        for (size_t j = 0; j < 2; j++) {
            recorded *answer = get(paths[j], wrong[i]);
            assert_int_equal(answer->status, 401);
            assert_string_equal(answer->header_name, "www-authenticate");
            assert_string_equal(answer->header_value, "Bearer realm=\"votaton\"");
            assert_body(answer, "{\"error\":{\"code\":\"unauthorized\",\"message\":\"the admin token is required\"}}");
        }
    }
    assert_int_equal(get("/metrics", "Bearer " TOKEN)->status, 200);
    assert_int_equal(get("/status", "bearer " TOKEN)->status, 200);
}

static void test_health_needs_no_token(void **state) {
    (void) state;
    assert_int_equal(get("/livez", NULL)->status, 200);
    assert_int_equal(get("/readyz", NULL)->status, 200);
    assert_int_equal(get("/healthz", NULL)->status, 200);
}

static void test_close_accepts_null(void **state) {
    (void) state;
    vt_admin_close(NULL);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, open_without_token, close_all)
#define GUARDED(name) cmocka_unit_test_setup_teardown(name, open_with_token, close_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        OPEN(test_live_and_ready),
        OPEN(test_metrics),
        OPEN(test_metrics_that_cannot_be_rendered),
        OPEN(test_status),
        OPEN(test_status_leaves_out_what_is_not_there),
        GUARDED(test_token_is_wanted),
        GUARDED(test_health_needs_no_token),
        cmocka_unit_test(test_close_accepts_null),
    };
    return cmocka_run_group_tests_name("admin/admin", tests, NULL, NULL);
}
