#include "web/view.h"

#include "base/clock.h"
#include "fake_stores.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

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

/* Sums that were mended by a rebuild stand at the old positions. */
static void test_another_fold_at_the_same_position_is_read(void **state) {
    (void) state;
    char tags[2][VT_VIEW_ETAG_BYTES_MAX];
    fake_stores_part(&stores, 1, 1);
    fake_stores_add(&stores, "a", "b");
    vt_view *first = get_now();
    tags[0][vt_view_etag(first, VT_FORM_JSON, tags[0])] = '\0';
    fake_stores_add(&stores, "a", "b"); /* its position is not folded */
    vt_view *same = get_now();
    assert_ptr_equal(first, same);
    stores.generation++;
    vt_view *mended = get_now();
    tags[1][vt_view_etag(mended, VT_FORM_JSON, tags[1])] = '\0';
    assert_int_equal(vt_standings_total(&mended->standings), 2);
    assert_string_not_equal(tags[0], tags[1]);
    vt_view_unref(first);
    vt_view_unref(same);
    vt_view_unref(mended);
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

static void test_an_error_before_the_first_view(void **state) {
    (void) state;
    assert_null(vt_views_newest(views));
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    vt_view *view = NULL;
    assert_int_equal(vt_views_get(views, INT64_MAX, &view), VT_ERR_IO);
    assert_null(view);
    assert_null(vt_views_newest(views));
}

/* The first view that is not stale any more: the tally is tried again only now and then. */
static vt_view *get_fresh(void) {
    for (int i = 0; i < 20000; i++) {
        vt_view *view = get_now();
        if (view->stale_since_ms == 0) {
            return view;
        }
        vt_view_unref(view);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail();
    return NULL;
}

static void test_an_error_makes_the_view_stale(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    int64_t before_ms = vt_clock_wall_ms();
    vt_view *first = get_now();
    int64_t after_ms = vt_clock_wall_ms();
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    fake_stores_add(&stores, "a", "b");
    vt_view *stale = get_now();
    assert_in_range(stale->stale_since_ms, before_ms, after_ms);
    assert_int_equal(stale->stale_err, VT_ERR_IO);
    assert_int_equal(vt_standings_total(&stale->standings), 1);
    assert_ptr_equal(stale->standings.bands, first->standings.bands);
    vt_view *again = get_now();
    assert_ptr_equal(again, stale);
    vt_view *newest = vt_views_newest(views);
    assert_ptr_equal(newest, first);
    vt_view_unref(newest);
    vt_view_unref(first);
    vt_view_unref(again);
    fake_stores_fail_tally(&stores, VT_OK);
    vt_view *fresh = get_fresh();
    assert_int_equal(vt_standings_total(&fresh->standings), 2);
    /* Who still holds the stale one may still look at it. */
    assert_int_equal(vt_standings_total(&stale->standings), 1);
    vt_view_unref(stale);
    vt_view_unref(fresh);
}

static void test_an_unmoved_tally_comes_back_as_it_was(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    vt_view *first = get_now();
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    vt_view *stale = get_now();
    assert_ptr_not_equal(first, stale);
    fake_stores_fail_tally(&stores, VT_OK);
    vt_view *fresh = get_fresh();
    assert_ptr_equal(first, fresh);
    assert_int_equal(fake_stores_reads(&stores), 1);
    vt_view_unref(first);
    vt_view_unref(stale);
    vt_view_unref(fresh);
}

static void test_the_close_shows_in_a_stale_view(void **state) {
    (void) state;
    vt_view *open = get_now();
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    vt_view *stale = get_now();
    contest.closes_at_ms = 1;
    vt_view *closed = get_now();
    assert_int_equal(stale->phase, VT_PHASE_OPEN);
    assert_int_equal(closed->phase, VT_PHASE_CLOSED);
    assert_int_equal(closed->stale_since_ms, stale->stale_since_ms);
    vt_view_unref(open);
    vt_view_unref(stale);
    vt_view_unref(closed);
}

/* Nobody has seen what was hidden until now, so that there is nothing to show on. */
static void test_what_was_hidden_cannot_be_stale(void **state) {
    (void) state;
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = INT64_MAX;
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    vt_view *hidden = get_now();
    assert_int_equal(hidden->stale_since_ms, 0);
    contest.results_from_ms = 1;
    vt_view *view = NULL;
    assert_int_equal(vt_views_get(views, INT64_MAX, &view), VT_ERR_BUSY);
    vt_view_unref(hidden);
}

static void expire(void) {
    nanosleep(&(struct timespec){.tv_nsec = (VT_VIEW_RETRY_MS + 1) * 1000000L}, NULL); /* the pause itself */
}

/* While somebody tries a tally that hangs, the others go on with what is stale. */
static void test_nobody_waits_for_a_tally_that_hangs(void **state) {
    (void) state;
    vt_view *first = get_now();
    fake_stores_add(&stores, "a", "b");
    fake_stores_fail_tally(&stores, VT_ERR_BUSY);
    vt_view *stale = get_now();
    fake_stores_fail_tally(&stores, VT_OK);
    fake_stores_hold(&stores, true);
    expire();
    pthread_t thread;
    vt_view *retried = NULL;
    assert_int_equal(pthread_create(&thread, NULL, reader_run, &retried), 0);
    assert_true(fake_stores_wait_waiting(&stores, 1));
    vt_view *meanwhile = get_now();
    assert_ptr_equal(meanwhile, stale);
    fake_stores_hold(&stores, false);
    pthread_join(thread, NULL);
    assert_int_equal(retried->stale_since_ms, 0);
    assert_int_equal(vt_standings_total(&retried->standings), 1);
    vt_view_unref(first);
    vt_view_unref(stale);
    vt_view_unref(meanwhile);
    vt_view_unref(retried);
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
    char tags[6][VT_VIEW_ETAG_BYTES_MAX];
    etag_now(VT_FORM_JSON, tags[0]);
    etag_now(VT_FORM_PAGE_ES, tags[1]);
    fake_stores_add(&stores, "a", "b");
    etag_now(VT_FORM_JSON, tags[2]);
    contest.closes_at_ms = 1;
    etag_now(VT_FORM_JSON, tags[3]);
    fake_stores_fail_tally(&stores, VT_ERR_IO);
    etag_now(VT_FORM_JSON, tags[5]);
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = INT64_MAX;
    etag_now(VT_FORM_JSON, tags[4]);
    for (int i = 0; i < 6; i++) {
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
        cmocka_unit_test_setup_teardown(test_another_fold_at_the_same_position_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_waits_shares_one_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_asker_takes_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_error_before_the_first_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_error_makes_the_view_stale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unmoved_tally_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_close_shows_in_a_stale_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_hidden_cannot_be_stale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_waits_for_a_tally_that_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_results_are_not_even_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_close_makes_a_new_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renders_each_form_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_etag_follows_what_shows, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
