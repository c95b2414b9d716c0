#include "web/contest_info.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_buf buf;

static const char *rendered(const vt_contest *contest, int64_t now_ms) {
    vt_text text = {.buf = &buf};
    vt_buf_clear(&buf);
    vt_contest_info_begin(contest, &text);
    vt_contest_info_end(contest, now_ms, &text);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    return got;
}

static int set_up(void **state) {
    (void) state;
    vt_buf_init(&buf, 65536);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    return 0;
}

static void test_open_contest(void **state) {
    (void) state;
    vt_contest contest = fake_contest();
    assert_string_equal(
        rendered(&contest, 5000),
        "{\"name\":\"bandas\",\"titles\":{\"es\":\"Bandas de Guatemala\",\"en\":\"Bands of Guatemala\"},"
        "\"bands\":[],\"unknown_bands\":true,\"opens_at\":null,\"closes_at\":null,\"results_from\":null,"
        "\"limit\":{\"by\":\"none\",\"votes\":null},\"state\":\"open\",\"results\":\"shown\",\"now\":"
        "\"1970-01-01T00:00:05.000Z\"}");
}

static void test_catalogue_and_limits(void **state) {
    (void) state;
    vt_contest contest = fake_contest();
    fake_catalogue catalogue;
    const char *const names[] = {"a\"b", "c"};
    fake_contest_set_bands(&contest, &catalogue, names, 2);
    vt_slice albums[] = {VT_SLICE("x"), VT_SLICE("y")};
    catalogue.bands[0].albums = albums;
    catalogue.bands[0].albums_count = 2;
    catalogue.bands[1].color = (vt_slice){NULL, 0};
    contest.takes_unknown_bands = false;
    contest.opens_at_ms = 1000;
    contest.closes_at_ms = 2000;
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    contest.limit_by = VT_LIMIT_CODE;
    contest.votes_per_voter = 3;
    memset(contest.secret_check, 0x41, sizeof contest.secret_check);
    const char *got = rendered(&contest, 999);
    assert_string_equal(
        got,
        "{\"name\":\"bandas\",\"titles\":{\"es\":\"Bandas de Guatemala\",\"en\":\"Bands of Guatemala\"},"
        "\"bands\":[{\"name\":\"a\\\"b\",\"color\":\"#12ab9f\",\"albums\":[\"x\",\"y\"]},{\"name\":\"c\",\"color\":"
        "null,\"albums\":[]}],\"unknown_bands\":false,\"opens_at\":\"1970-01-01T00:00:01.000Z\",\"closes_at\":"
        "\"1970-01-01T00:00:02.000Z\",\"results_from\":\"1970-01-01T00:00:02.000Z\",\"limit\":{\"by\":\"code\","
        "\"votes\":3},\"state\":\"not_open_yet\",\"results\":\"hidden\",\"now\":\"1970-01-01T00:00:00.999Z\"}");
    assert_non_null(strstr(rendered(&contest, 1000), "\"state\":\"open\",\"results\":\"hidden\""));
    assert_non_null(strstr(rendered(&contest, 2000), "\"state\":\"closed\",\"results\":\"shown\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open_contest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalogue_and_limits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
