#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "obs/health.h"

static int open_health(void **state) {
    vt_health *health = NULL;
    int failed = vt_health_open(&health) != VT_OK;
    *state = health;
    return failed;
}

static int close_health(void **state) {
    vt_health_close(*state);
    return 0;
}

static void assert_renders(vt_health *health, const char *expected) {
    vt_buf out;
    vt_buf_init(&out, 8192);
    const char *text = NULL;
    assert_int_equal(vt_health_render(health, &out), VT_OK);
    assert_int_equal(vt_buf_cstr(&out, &text), VT_OK);
    assert_string_equal(text, expected);
    vt_buf_release(&out);
}

static void test_nothing_is_missing_at_first(void **state) {
    assert_true(vt_health_is_ready(*state));
    assert_renders(*state, "{\"ready\":true,\"missing\":{}}");
}

static void test_every_condition_must_hold(void **state) {
    vt_health_set(*state, "ledger", "not open");
    vt_health_set(*state, "tally", "behind");
    assert_false(vt_health_is_ready(*state));
    assert_renders(*state, "{\"ready\":false,\"missing\":{\"ledger\":\"not open\",\"tally\":\"behind\"}}");
    vt_health_set(*state, "ledger", NULL);
    assert_false(vt_health_is_ready(*state));
    assert_renders(*state, "{\"ready\":false,\"missing\":{\"tally\":\"behind\"}}");
    vt_health_set(*state, "tally", NULL);
    assert_true(vt_health_is_ready(*state));
}

static void test_reasons_are_escaped_and_cut(void **state) {
    vt_health_set(*state, "ledger", "disk \"full\"\n");
    assert_renders(*state, "{\"ready\":false,\"missing\":{\"ledger\":\"disk \\\"full\\\"\\n\"}}");
    char longer[VT_HEALTH_REASON_MAX + 50];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    vt_health_set(*state, "ledger", longer);
    longer[VT_HEALTH_REASON_MAX] = '\0';
    char expected[sizeof longer + 64];
    snprintf(expected, sizeof expected, "{\"ready\":false,\"missing\":{\"ledger\":\"%s\"}}", longer);
    assert_renders(*state, expected);
}

static void test_a_full_buffer_is_left_as_it_was(void **state) {
    vt_health_set(*state, "ledger", "not open");
    vt_buf out;
    vt_buf_init(&out, 40);
    assert_int_equal(vt_buf_append_slice(&out, VT_SLICE("ab")), VT_OK);
    assert_int_equal(vt_health_render(*state, &out), VT_ERR_FULL);
    assert_int_equal(out.len, 2);
    vt_buf_release(&out);
}

static void count_change(void *context) {
    ++*(int *) context;
}

static void test_listener_hears_changes_of_readiness_only(void **state) {
    int changes = 0;
    vt_health_listen(*state, count_change, &changes);
    vt_health_set(*state, "ledger", NULL);
    assert_int_equal(changes, 0);
    vt_health_set(*state, "ledger", "gone");
    vt_health_set(*state, "ledger", "still gone");
    vt_health_set(*state, "tally", "behind");
    assert_int_equal(changes, 1);
    vt_health_set(*state, "ledger", NULL);
    assert_int_equal(changes, 1);
    vt_health_set(*state, "tally", NULL);
    assert_int_equal(changes, 2);
    vt_health_listen(*state, NULL, NULL);
    vt_health_set(*state, "tally", "behind");
    assert_int_equal(changes, 2);
}

static void test_close_accepts_null(void **state) {
    (void) state;
    vt_health_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_missing_at_first, open_health, close_health),
        cmocka_unit_test_setup_teardown(test_every_condition_must_hold, open_health, close_health),
        cmocka_unit_test_setup_teardown(test_reasons_are_escaped_and_cut, open_health, close_health),
        cmocka_unit_test_setup_teardown(test_a_full_buffer_is_left_as_it_was, open_health, close_health),
        cmocka_unit_test_setup_teardown(test_listener_hears_changes_of_readiness_only, open_health, close_health),
        cmocka_unit_test(test_close_accepts_null),
    };
    return cmocka_run_group_tests_name("obs/health", tests, NULL, NULL);
}
