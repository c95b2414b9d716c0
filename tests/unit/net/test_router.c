#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "net/router.h"

static void handle(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    (void) reply;
}

enum { ROOT_GET, ROOT_POST, VOTES, VOTE, VOTE_NEWEST, LOG, CAST, WATCH, ROUTES_COUNT };

static const vt_route routes[ROUTES_COUNT] = {
    [ROOT_GET] = {VT_ROUTE_HTTP, "GET", "/", 0, handle, NULL},
    [ROOT_POST] = {VT_ROUTE_HTTP, "POST", "/", 0, handle, NULL},
    [VOTES] = {VT_ROUTE_HTTP, "POST", "/v1/votes", 0, handle, NULL},
    [VOTE] = {VT_ROUTE_HTTP, "GET", "/v1/votes/*", 0, handle, NULL},
    [VOTE_NEWEST] = {VT_ROUTE_HTTP, "GET", "/v1/votes/newest", 0, handle, NULL},
    [LOG] = {VT_ROUTE_HTTP, "GET", "/log", 0, handle, NULL},
    [CAST] = {VT_ROUTE_GRPC, NULL, "/v.V/Cast", 0, handle, NULL},
    [WATCH] = {VT_ROUTE_GRPC_STREAM, NULL, "/log", 0, handle, handle},
};

static vt_router *router;
static int first_context;
static int second_context;

static int open_router(void **state) {
    (void) state;
    /* The two tables both have routes of "/". */
    static const uint32_t in_first = ROOT_POST;
    const vt_route_table tables[] = {
        {routes + in_first, ROUTES_COUNT - in_first, &second_context},
        {routes, in_first, &first_context},
    };
    return vt_router_open(tables, 2, &router) != VT_OK;
}

static int close_router(void **state) {
    (void) state;
    vt_router_close(router);
    return 0;
}

static vt_route_match find(bool is_grpc, const char *method, const char *path) {
    vt_route_match match;
    memset(&match, 0xAA, sizeof match);
    vt_router_find(router, is_grpc, vt_slice_str(method), vt_slice_str(path), &match);
    return match;
}

static void assert_route(bool is_grpc, const char *method, const char *path, uint32_t expected) {
    vt_route_match match = find(is_grpc, method, path);
    assert_int_equal(match.err, VT_OK);
    assert_ptr_equal(match.route, &routes[expected]);
    assert_ptr_equal(match.context, expected == ROOT_GET ? &first_context : &second_context);
}

static void assert_no_route(bool is_grpc, const char *method, const char *path, vt_err expected) {
    vt_route_match match = find(is_grpc, method, path);
    assert_int_equal(match.err, expected);
    assert_null(match.route);
}

static void test_finds_routes(void **state) {
    (void) state;
    assert_route(false, "GET", "/", ROOT_GET);
    assert_route(false, "POST", "/", ROOT_POST);
    assert_route(false, "POST", "/v1/votes", VOTES);
    assert_route(false, "GET", "/log", LOG);
}

static void test_one_slash_more(void **state) {
    (void) state;
    assert_route(false, "POST", "/v1/votes/", VOTES);
    assert_route(false, "GET", "/v1/votes/abc/", VOTE);
    assert_no_route(false, "POST", "/v1/votes//", VT_ERR_NOT_FOUND);
    assert_no_route(false, "GET", "/v1/votes/abc//", VT_ERR_NOT_FOUND);
}

static void test_wildcard_is_one_segment(void **state) {
    (void) state;
    assert_route(false, "GET", "/v1/votes/abc", VOTE);
    assert_route(false, "GET", "/v1/votes/*", VOTE);
    assert_route(false, "GET", "/v1/votes/newest", VOTE_NEWEST);
    assert_no_route(false, "GET", "/v1/votes/", VT_ERR_METHOD_NOT_ALLOWED); /* is /v1/votes */
    assert_no_route(false, "GET", "/v1/votes/a/b", VT_ERR_NOT_FOUND);
    assert_no_route(false, "GET", "/v1/other/a", VT_ERR_NOT_FOUND);
}

static void test_unknown_paths(void **state) {
    (void) state;
    const char *const paths[] = {"", "/v1", "/v1/vote", "/v1/votesx", "/LOG", "log", "*", "/log?", "//log"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_no_route(false, "GET", paths[i], VT_ERR_NOT_FOUND);
    }
}

static void test_head_is_get(void **state) {
    (void) state;
    assert_route(false, "HEAD", "/", ROOT_GET);
    assert_route(false, "HEAD", "/v1/votes/abc", VOTE);
    assert_no_route(false, "HEAD", "/v1/votes", VT_ERR_METHOD_NOT_ALLOWED);
}

static void test_405_has_allow(void **state) {
    (void) state;
    assert_no_route(false, "DELETE", "/", VT_ERR_METHOD_NOT_ALLOWED);
    assert_string_equal(find(false, "DELETE", "/").allow, "GET, HEAD, POST");
    assert_string_equal(find(false, "GET", "/v1/votes").allow, "POST");
    assert_string_equal(find(false, "POST", "/v1/votes/abc").allow, "GET, HEAD");
    assert_int_equal(find(false, "get", "/").err, VT_ERR_METHOD_NOT_ALLOWED);
}

static void test_options(void **state) {
    (void) state;
    assert_no_route(false, "OPTIONS", "/", VT_OK);
    assert_string_equal(find(false, "OPTIONS", "/").allow, "GET, HEAD, POST");
    assert_no_route(false, "OPTIONS", "/nothing", VT_ERR_NOT_FOUND);
}

static void test_grpc_is_apart(void **state) {
    (void) state;
    assert_route(true, "POST", "/v.V/Cast", CAST);
    assert_route(true, "POST", "/log", WATCH);
    assert_no_route(true, "POST", "/v.V/Cast/", VT_ERR_UNIMPLEMENTED);
    assert_no_route(true, "POST", "/v.V/Other", VT_ERR_UNIMPLEMENTED);
    assert_no_route(true, "GET", "/", VT_ERR_UNIMPLEMENTED);
    assert_no_route(true, "POST", "/v1/votes/abc", VT_ERR_UNIMPLEMENTED);
    assert_no_route(false, "POST", "/v.V/Cast", VT_ERR_NOT_FOUND);
}

static void assert_refused(const vt_route *bad, uint32_t count) {
    vt_router *made = NULL;
    const vt_route_table table = {bad, count, NULL};
    assert_int_equal(vt_router_open(&table, 1, &made), VT_ERR_INTERNAL);
    assert_null(made);
}

static void test_bad_tables_are_refused(void **state) {
    (void) state;
    const vt_route twice[] = {{VT_ROUTE_HTTP, "GET", "/a", 0, handle, NULL},
                              {VT_ROUTE_HTTP, "POST", "/a", 0, handle, NULL},
                              {VT_ROUTE_HTTP, "GET", "/a", 0, handle, NULL}};
    assert_refused(twice, 3);
    const vt_route grpc_twice[] = {{VT_ROUTE_GRPC, NULL, "/a/B", 0, handle, NULL},
                                   {VT_ROUTE_GRPC_STREAM, NULL, "/a/B", 0, handle, handle}};
    assert_refused(grpc_twice, 2);
    const vt_route no_slash[] = {{VT_ROUTE_HTTP, "GET", "a", 0, handle, NULL}};
    assert_refused(no_slash, 1);
    const vt_route five[] = {{VT_ROUTE_HTTP, "A", "/a", 0, handle, NULL},
                             {VT_ROUTE_HTTP, "B", "/a", 0, handle, NULL},
                             {VT_ROUTE_HTTP, "C", "/a", 0, handle, NULL},
                             {VT_ROUTE_HTTP, "D", "/a", 0, handle, NULL},
                             {VT_ROUTE_HTTP, "E", "/a", 0, handle, NULL}};
    assert_refused(five, 5);
    const vt_route long_allow[] = {{VT_ROUTE_HTTP, "METHODMETHODMETHODMETHODMETHODME", "/a", 0, handle, NULL}};
    assert_refused(long_allow, 1);
}

static void test_empty_router_finds_nothing(void **state) {
    (void) state;
    vt_router *made = NULL;
    vt_route_match match;
    assert_int_equal(vt_router_open(NULL, 0, &made), VT_OK);
    vt_router_find(made, false, VT_SLICE("GET"), VT_SLICE("/"), &match);
    assert_int_equal(match.err, VT_ERR_NOT_FOUND);
    vt_router_close(made);
    vt_router_close(NULL);
}

/* Enough routes for long chains in the table, of paths that another space has too. */
static void test_many_routes(void **state) {
    (void) state;
    enum { MANY = 500, PATH_BYTES = 24 };
    static char paths[MANY][PATH_BYTES];
    static vt_route many[2 * MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(paths[i], PATH_BYTES, "/path/number/%d", i);
        many[i] = (vt_route){VT_ROUTE_HTTP, "GET", paths[i], 0, handle, NULL};
        many[MANY + i] = (vt_route){VT_ROUTE_GRPC, NULL, paths[i], 0, handle, NULL};
    }
    const vt_route_table table = {many, 2 * MANY, NULL};
    vt_router *made = NULL;
    assert_int_equal(vt_router_open(&table, 1, &made), VT_OK);
    for (int i = 0; i < MANY; i++) {
        vt_route_match match;
        vt_router_find(made, false, VT_SLICE("GET"), vt_slice_str(paths[i]), &match);
        assert_ptr_equal(match.route, &many[i]);
        vt_router_find(made, true, VT_SLICE("POST"), vt_slice_str(paths[i]), &match);
        assert_ptr_equal(match.route, &many[MANY + i]);
    }
    vt_router_close(made);
}

static void assert_unknown(const vt_router *by, bool is_grpc, const char *path, vt_err expected) {
    vt_route_match match;
    vt_router_find(by, is_grpc, VT_SLICE("POST"), vt_slice_str(path), &match);
    assert_int_equal(match.err, expected);
    assert_null(match.route);
}

static void test_a_waiting_router_hands_over(void **state) {
    (void) state;
    const vt_route_table table = {&routes[LOG], 1, &first_context};
    vt_router *waiting = NULL;
    assert_int_equal(vt_router_open_waiting(&table, 1, &waiting), VT_OK);
    assert_unknown(waiting, false, "/v1/votes", VT_ERR_BUSY);
    assert_unknown(waiting, true, "/v.V/Cast", VT_ERR_BUSY);
    assert_unknown(waiting, false, "/log", VT_ERR_METHOD_NOT_ALLOWED);
    vt_router_hand_over(waiting, router);
    assert_unknown(waiting, false, "/v1/vote", VT_ERR_NOT_FOUND);
    assert_unknown(waiting, true, "/v.V/Cost", VT_ERR_UNIMPLEMENTED);
    vt_route_match match;
    vt_router_find(waiting, false, VT_SLICE("GET"), VT_SLICE("/log"), &match);
    assert_ptr_equal(match.context, &second_context);
    vt_router_close(waiting);
}

static void test_who_answers_where_no_page_is(void **state) {
    (void) state;
    const vt_route routes_of_page[] = {{.kind = VT_ROUTE_NO_PAGE, .handle = handle}};
    const vt_route_table tables[] = {{routes, ROUTES_COUNT, &first_context}, {routes_of_page, 1, &second_context}};
    vt_route_match match = {.err = VT_ERR_NOT_FOUND, .allow = "GET"};
    assert_false(vt_router_find_no_page(router, &match));
    assert_int_equal(match.err, VT_ERR_NOT_FOUND);
    assert_string_equal(match.allow, "GET");
    vt_router *with_page = NULL;
    assert_int_equal(vt_router_open(tables, 2, &with_page), VT_OK);
    assert_unknown(with_page, false, "/nothing", VT_ERR_NOT_FOUND);
    vt_router_hand_over(router, with_page);
    assert_true(vt_router_find_no_page(router, &match));
    assert_int_equal(match.err, VT_OK);
    assert_ptr_equal(match.route, routes_of_page);
    assert_ptr_equal(match.context, &second_context);
    vt_router_close(with_page);
    const vt_route_table twice[] = {tables[1], tables[1]};
    assert_int_equal(vt_router_open(twice, 2, &with_page), VT_ERR_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_router, close_router)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_finds_routes),
        TEST(test_one_slash_more),
        TEST(test_wildcard_is_one_segment),
        TEST(test_unknown_paths),
        TEST(test_head_is_get),
        TEST(test_405_has_allow),
        TEST(test_options),
        TEST(test_grpc_is_apart),
        TEST(test_a_waiting_router_hands_over),
        TEST(test_who_answers_where_no_page_is),
        cmocka_unit_test(test_bad_tables_are_refused),
        cmocka_unit_test(test_empty_router_finds_nothing),
        cmocka_unit_test(test_many_routes),
    };
    return cmocka_run_group_tests_name("net/router", tests, NULL, NULL);
}
