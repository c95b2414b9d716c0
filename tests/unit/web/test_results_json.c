#include "web/results_json.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static vt_buf buf;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    vt_buf_init(&buf, 65536);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    fake_stores_release(&stores);
    return 0;
}

/* A view of what the stores hold, or a hidden one. */
static void expect(bool is_hidden, void (*render)(const vt_view *, vt_text *), const char *wanted) {
    vt_view view = {.contest = &contest, .phase = VT_PHASE_OPEN, .is_hidden = is_hidden};
    if (!is_hidden) {
        vt_tally_snapshot tally = {0};
        assert_int_equal(vt_tally_read(&stores.tally, &tally), VT_OK);
        assert_int_equal(vt_standings_init(&contest, &tally, &view.standings), VT_OK);
    }
    vt_text text = {.buf = &buf};
    render(&view, &text);
    vt_standings_release(&view.standings);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    assert_string_equal(got, wanted);
}

static void test_shape(void **state) {
    (void) state;
    fake_stores_add(&stores, "Viernes Verde", "Remedios");
    fake_stores_add(&stores, "Viernes Verde", "Abril");
    fake_stores_add(&stores, "a\"b\\", "<i>");
    expect(
        false, vt_results_json,
        "{\"contest\":\"bandas\",\"total\":3,\"position\":\"3\",\"verdicts\":{\"counted\":3,\"conflict\":0,\"quota\":0,"
        "\"bad\":0},\"bands\":[{\"name\":\"Viernes Verde\",\"votes\":2,\"points\":2,\"albums\":[{\"name\":\"Abril\","
        "\"votes\":1,\"points\":1},{\"name\":\"Remedios\",\"votes\":1,\"points\":1}]},{\"name\":\"a\\\"b\\\\\","
        "\"votes\":"
        "1,\"points\":1,\"albums\":[{\"name\":\"<i>\",\"votes\":1,\"points\":1}]}]}");
}

static void test_empty(void **state) {
    (void) state;
    expect(
        false, vt_results_json,
        "{\"contest\":\"bandas\",\"total\":0,\"position\":\"0\",\"verdicts\":{\"counted\":0,\"conflict\":0,\"quota\":0,"
        "\"bad\":0},\"bands\":[]}");
}

static void test_hidden_has_no_number(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    expect(true, vt_results_json,
           "{\"contest\":\"bandas\",\"hidden\":true,\"results_from\":null,\"total\":0,\"position\":\"\",\"verdicts\":{"
           "\"counted\":0,\"conflict\":0,\"quota\":0,\"bad\":0},\"bands\":[]}");
}

static void test_hidden_says_until_when(void **state) {
    (void) state;
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = 1000;
    expect(true, vt_results_json,
           "{\"contest\":\"bandas\",\"hidden\":true,\"results_from\":\"1970-01-01T00:00:01.000Z\",\"total\":0,"
           "\"position\":"
           "\"\",\"verdicts\":{\"counted\":0,\"conflict\":0,\"quota\":0,\"bad\":0},\"bands\":[]}");
}

static void test_event(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    expect(false, vt_results_event,
           "id: 1\ndata: "
           "{\"contest\":\"bandas\",\"total\":1,\"position\":\"1\",\"verdicts\":{\"counted\":1,\"conflict\":0,"
           "\"quota\":0,\"bad\":0},\"bands\":[{\"name\":\"a\",\"votes\":1,\"points\":1,\"albums\":[{\"name\":\"b\","
           "\"votes\":1,"
           "\"points\":1}]}]}\n\n");
}

static void test_hidden_event_has_no_id(void **state) {
    (void) state;
    expect(true, vt_results_event,
           "data: "
           "{\"contest\":\"bandas\",\"hidden\":true,\"results_from\":null,\"total\":0,\"position\":\"\",\"verdicts\":{"
           "\"counted\":0,\"conflict\":0,\"quota\":0,\"bad\":0},\"bands\":[]}\n\n");
}

static void render_stale(const vt_view *view, vt_text *text) {
    vt_view stale = *view;
    stale.stale_since_ms = 1794960000000;
    vt_results_json(&stale, text);
}

static void test_stale(void **state) {
    (void) state;
    expect(false, render_stale,
           "{\"contest\":\"bandas\",\"stale_since\":\"2026-11-18T00:00:00.000Z\",\"total\":0,\"position\":\"0\","
           "\"verdicts\":{\"counted\":0,\"conflict\":0,\"quota\":0,\"bad\":0},\"bands\":[]}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_has_no_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_says_until_when, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_event_has_no_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
