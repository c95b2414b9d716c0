#include "web_fixture.h"

#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

fake_stores stores;
vt_contest contest;
vt_metrics *metrics;
static vt_web *web;
static vt_router *router;
vt_server *server;
http_client client;
http_client second;
bool posts_elsewhere;

int web_set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    posts_elsewhere = false;
    return (int) vt_metrics_open(&metrics);
}

void web_start(vt_web_limits limits, uint32_t threads) {
    vt_web_options options = {&stores.tally, &stores.votelog, &contest, metrics, limits, posts_elsewhere};
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

void web_start_default(void) {
    web_start(vt_web_limits_default(2), 2);
}

int web_tear_down(void **state) {
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

int web_fetch_with(const char *target, const char *headers) {
    return http_client_fetch(&client, vt_server_address(server), target, headers);
}

int web_fetch(const char *target) {
    return web_fetch_with(target, "");
}

const char *web_body(void) {
    return http_client_body(&client);
}

bool web_has_header(const char *line) {
    return http_client_has_header(&client, line);
}

void web_open_stream(http_client *viewer, int receive_bytes) {
    http_client_open(viewer, vt_server_address(server), "GET", "/v1/results/stream", "", receive_bytes);
    assert_non_null(http_client_wait(viewer, "\r\n\r\n"));
}

void web_expect_total(http_client *viewer, int total) {
    char text[24];
    snprintf(text, sizeof text, "\"total\":%d,", total);
    assert_non_null(http_client_wait(viewer, text));
}

/* Waits until this line stands in the metrics. */
void web_wait_for_metric(const char *line) {
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

void web_ask(http_client *asker, const char *target) {
    http_client_open(asker, vt_server_address(server), "GET", target, "Connection: close\r\n", 0);
}

int web_answered(http_client *asker) {
    int status = 0;
    assert_non_null(http_client_wait(asker, "\r\n\r\n"));
    assert_int_equal(sscanf(asker->bytes, "HTTP/1.1 %d", &status), 1);
    http_client_close(asker);
    return status;
}
