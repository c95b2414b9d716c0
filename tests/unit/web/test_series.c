#include "web/series.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static vt_views *views;
static vt_buf buf;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    vt_buf_init(&buf, 65536);
    return (int) vt_views_open(&stores.tally, &contest, &views);
}

static int tear_down(void **state) {
    (void) state;
    vt_views_close(views);
    vt_buf_release(&buf);
    fake_stores_release(&stores);
    return 0;
}

static const char *rendered(void) {
    vt_view *view;
    assert_int_equal(vt_views_get(views, INT64_MAX, &view), VT_OK);
    vt_view_unref(view);
    vt_buf_clear(&buf);
    assert_int_equal(vt_series_render(views, &buf), VT_OK);
    const char *text;
    assert_int_equal(vt_buf_cstr(&buf, &text), VT_OK);
    return text;
}

#define HEAD "# HELP votaton_band_votes Votes counted, by band\n# TYPE votaton_band_votes gauge\n"

static void test_escapes_names(void **state) {
    (void) state;
    fake_stores_add(&stores, "a\"b\\c", "");
    assert_string_equal(rendered(), HEAD "votaton_band_votes{band=\"a\\\"b\\\\c\"} 1\n");
}

static void test_nothing_before_the_first_read(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "");
    assert_int_equal(vt_series_render(views, &buf), VT_OK);
    assert_int_equal(buf.len, strlen(HEAD));
}

static void test_nothing_while_hidden(void **state) {
    (void) state;
    fake_catalogue catalogue;
    const char *const names[] = {"secret"};
    fake_contest_set_bands(&contest, &catalogue, names, 1);
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    fake_stores_add(&stores, "secret", "");
    assert_string_equal(rendered(), HEAD);
}

static void test_further_bands_are_summed_up(void **state) {
    (void) state;
    fake_stores_add(&stores, VT_FOLD_OTHER, VT_FOLD_OTHER);
    for (int i = 0; i < VT_SERIES_BANDS_MAX + 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "band%03d", i);
        fake_stores_add(&stores, name, "");
    }
    const char *text = rendered();
    int samples = 0;
    for (const char *line = text; (line = strstr(line, "\nvotaton_band_votes{")) != NULL; line++) {
        samples++;
    }
    /* The fold's own (other) sorts first and takes the place of one band: 199 bands, and 5 with it in the rest. */
    assert_int_equal(samples, VT_SERIES_BANDS_MAX);
    assert_non_null(strstr(text, "votaton_band_votes{band=\"(other)\"} 6\n"));
    assert_null(strstr(text, "band203"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_escapes_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_before_the_first_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_while_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_further_bands_are_summed_up, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
