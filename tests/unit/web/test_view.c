#include "web/view.h"

#include "base/clock.h"
#include "fake_stores.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { READERS = 8 };

static fake_stores stores;
static vt_contest contest;
static vt_views *views;

static int set_up(void **state) {
    (void) state;
    fake_stores_init(&stores);
    contest = fake_contest();
    return (int) vt_views_open(&stores.tally, &contest, &views);
}

static int tear_down(void **state) {
    (void) state;
    vt_views_close(views);
    fake_stores_release(&stores);
    return 0;
}

static vt_view *get_now(void) {
    vt_view *view = NULL;
    assert_int_equal(vt_views_get(views, vt_clock_monotonic_ns(), &view), VT_OK);
    assert_non_null(view);
    return view;
}

static void test_sees_what_was_acknowledged_before(void **state) {
    (void) state;
    for (uint64_t i = 1; i <= 3; i++) {
        fake_stores_add(&stores, "a", "b");
        vt_view *view = get_now();
        assert_int_equal(vt_standings_total(&view->standings), i);
        vt_view_unref(view);
    }
}

static void test_an_unmoved_position_needs_no_read(void **state) {
    (void) state;
    vt_view *first = get_now();
    vt_view *second = get_now();
    assert_ptr_equal(first, second);
    assert_int_equal(fake_stores_reads(&stores), 1);
    fake_stores_add(&stores, "a", "b");
    vt_view *third = get_now();
    assert_ptr_not_equal(third, first);
    assert_int_equal(fake_stores_reads(&stores), 2);
    vt_view_unref(first);
    vt_view_unref(second);
    vt_view_unref(third);
}

static void *reader_run(void *out) {
    vt_view **view = out;
    assert_int_equal(vt_views_get(views, vt_clock_monotonic_ns(), view), VT_OK);
    return NULL;
}

/* All who come while a read is going on share the next one. */
static void test_who_waits_shares_one_read(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    fake_stores_hold(&stores, true);
    pthread_t threads[READERS];
    vt_view *seen[READERS] = {NULL};
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reader_run, &seen[i]), 0);
    }
    assert_true(fake_stores_wait_waiting(&stores, 1));
    fake_stores_hold(&stores, false);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_ptr_equal(seen[i], seen[0]);
    }
    assert_int_equal(fake_stores_reads(&stores), 1);
    for (int i = 0; i < READERS; i++) {
        vt_view_unref(seen[i]);
    }
}

static void test_an_older_asker_takes_the_newest(void **state) {
    (void) state;
    int64_t earlier_ns = vt_clock_monotonic_ns();
    vt_view *first = get_now();
    fake_stores_add(&stores, "a", "b");
    vt_view *second = NULL;
    assert_int_equal(vt_views_get(views, earlier_ns, &second), VT_OK);
    assert_ptr_equal(first, second);
    vt_view_unref(first);
    vt_view_unref(second);
}

static void test_an_error_leaves_the_newest(void **state) {
    (void) state;
    assert_null(vt_views_newest(views));
    vt_view *first = get_now();
    fake_stores_fail(&stores, VT_ERR_IO);
    vt_view *view = NULL;
    assert_int_equal(vt_views_get(views, INT64_MAX, &view), VT_ERR_IO);
    assert_null(view);
    vt_view *newest = vt_views_newest(views);
    assert_ptr_equal(newest, first);
    vt_view_unref(newest);
    vt_view_unref(first);
}

static void test_hidden_results_are_not_even_read(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = INT64_MAX;
    vt_view *hidden = get_now();
    assert_true(hidden->is_hidden);
    assert_int_equal(hidden->standings.bands_count, 0);
    assert_int_equal(fake_stores_reads(&stores), 0);
    fake_stores_add(&stores, "a", "b");
    vt_view *again = get_now();
    assert_ptr_equal(hidden, again); /* so that nobody can tell that votes arrive */
    contest.results_from_ms = 1;
    vt_view *shown = get_now();
    assert_false(shown->is_hidden);
    assert_int_equal(vt_standings_total(&shown->standings), 2);
    vt_view_unref(hidden);
    vt_view_unref(again);
    vt_view_unref(shown);
}

static void test_the_close_makes_a_new_view(void **state) {
    (void) state;
    vt_view *open = get_now();
    contest.closes_at_ms = 1;
    vt_view *closed = get_now();
    assert_int_equal(open->phase, VT_PHASE_OPEN);
    assert_int_equal(closed->phase, VT_PHASE_CLOSED);
    vt_view_unref(open);
    vt_view_unref(closed);
}

static void test_renders_each_form_once(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    vt_view *view = get_now();
    for (int form = 0; form < VT_FORM_COUNT; form++) {
        vt_shared *first = NULL;
        vt_shared *second = NULL;
        assert_int_equal(vt_view_render(view, (vt_form) form, &first), VT_OK);
        assert_int_equal(vt_view_render(view, (vt_form) form, &second), VT_OK);
        assert_ptr_equal(first, second);
        vt_shared_unref(first);
        vt_shared_unref(second);
    }
    vt_view_unref(view);
}

static size_t etag_now(vt_form form, char out[VT_VIEW_ETAG_BYTES_MAX]) {
    vt_view *view = get_now();
    size_t len = vt_view_etag(view, form, out);
    vt_view_unref(view);
    out[len] = '\0';
    return len;
}

static void test_the_etag_follows_what_shows(void **state) {
    (void) state;
    char tags[5][VT_VIEW_ETAG_BYTES_MAX];
    etag_now(VT_FORM_JSON, tags[0]);
    etag_now(VT_FORM_PAGE_ES, tags[1]);
    fake_stores_add(&stores, "a", "b");
    etag_now(VT_FORM_JSON, tags[2]);
    contest.closes_at_ms = 1;
    etag_now(VT_FORM_JSON, tags[3]);
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = INT64_MAX;
    etag_now(VT_FORM_JSON, tags[4]);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(tags[i], tags[j]);
        }
    }
    fake_stores_add(&stores, "a", "b");
    char again[VT_VIEW_ETAG_BYTES_MAX];
    etag_now(VT_FORM_JSON, again);
    assert_string_equal(again, tags[4]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sees_what_was_acknowledged_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unmoved_position_needs_no_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_waits_shares_one_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_asker_takes_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_error_leaves_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_results_are_not_even_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_close_makes_a_new_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renders_each_form_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_etag_follows_what_shows, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
