#include "web/page_results.h"

#include "fake_stores.h"
#include "web/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static vt_buf buf;
static int64_t stale_since_ms;

static int set_up(void **state) {
    (void) state;
    vt_assets_init();
    fake_stores_init(&stores);
    contest = fake_contest();
    stale_since_ms = 0;
    vt_buf_init(&buf, 1048576);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    fake_stores_release(&stores);
    return 0;
}

static const char *rendered(bool is_hidden, vt_lang lang) {
    vt_view view = {.contest = &contest, .phase = VT_PHASE_OPEN, .is_hidden = is_hidden};
    view.stale_since_ms = stale_since_ms;
    if (!is_hidden) {
        vt_tally_snapshot tally = {0};
        assert_int_equal(vt_tally_read(&stores.tally, &tally), VT_OK);
        assert_int_equal(vt_standings_init(&contest, &tally, &view.standings), VT_OK);
    }
    vt_text text = {.buf = &buf};
    vt_buf_clear(&buf);
    vt_page_results(&view, lang, &text);
    vt_standings_release(&view.standings);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    return got;
}

static void test_both_languages(void **state) {
    (void) state;
    const char *spanish = rendered(false, VT_LANG_ES);
    assert_non_null(strstr(spanish, "<html lang=\"es\">"));
    assert_non_null(strstr(spanish, "<h1 dir=\"auto\">Bandas de Guatemala</h1>"));
    assert_non_null(strstr(spanish, "href=\"?lang=en\">English</a>"));
    const char *english = rendered(false, VT_LANG_EN);
    assert_non_null(strstr(english, "<html lang=\"en\">"));
    assert_non_null(strstr(english, "<h1 dir=\"auto\">Bands of Guatemala</h1>"));
    assert_non_null(strstr(english, "href=\"?lang=es\">Español</a>"));
}

static void test_rows(void **state) {
    (void) state;
    fake_catalogue catalogue;
    const char *const names[] = {"a"};
    fake_contest_set_bands(&contest, &catalogue, names, 1);
    fake_stores_add(&stores, "a", "x");
    fake_stores_add(&stores, "a", "x");
    fake_stores_add(&stores, "b", "");
    const char *page = rendered(false, VT_LANG_EN);
    assert_non_null(strstr(page, "<strong id=\"total\">3</strong>"));
    assert_non_null(
        strstr(page, "<tr><td class=\"place\">1</td><th scope=\"row\"><bdi>a</bdi><svg class=\"bar\" "
                     "aria-hidden=\"true\"><rect height=\"100%\" width=\"100.0%\" fill=\"#12ab9f\"></rect></svg>"));
    assert_non_null(strstr(page, "<td class=\"votes\">2</td><td class=\"share\">66.7 %</td>"));
    assert_non_null(strstr(page, "width=\"50.0%\"></rect>"));
}

static void expect_place(const char *page, int place, const char *name) {
    char row[128];
    snprintf(row, sizeof row, "<td class=\"place\">%d</td><th scope=\"row\"><bdi>%s</bdi>", place, name);
    assert_non_null(strstr(page, row));
}

static void test_equal_votes_share_a_place(void **state) {
    (void) state;
    const char *const votes[] = {"a", "b", "b", "c", "c", "d"};
    for (size_t i = 0; i < sizeof votes / sizeof votes[0]; i++) {
        fake_stores_add(&stores, votes[i], "");
    }
    const char *page = rendered(false, VT_LANG_ES);
    expect_place(page, 1, "b");
    expect_place(page, 1, "c");
    expect_place(page, 3, "a");
    expect_place(page, 3, "d");
}

static void test_stale(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "");
    assert_non_null(strstr(rendered(false, VT_LANG_EN), "<p id=\"stale\" class=\"notice\" role=\"status\" hidden>"));
    stale_since_ms = 1794960000000;
    const char *page = rendered(false, VT_LANG_ES);
    assert_non_null(strstr(page,
                           "<p id=\"stale\" class=\"notice\" role=\"status\">Los resultados no se pueden actualizar en "
                           "este momento. Última actualización: <time datetime=\"2026-11-18T00:00:00.000Z\">"
                           "2026-11-18 00:00:00 UTC</time></p>"));
    expect_place(page, 1, "a");
    assert_non_null(
        strstr(rendered(false, VT_LANG_EN), "The results cannot be updated right now. Last updated: <time "));
}

static void test_escapes_hostile_names(void **state) {
    (void) state;
    fake_stores_add(&stores, "<script>alert(1)</script>", "\"'><img src=x>");
    contest.title_es = VT_SLICE("</title><b>");
    const char *page = rendered(false, VT_LANG_ES);
    assert_null(strstr(page, "<script>"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "</title><b>"));
    assert_non_null(strstr(page, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"));
    assert_non_null(strstr(page, "<bdi>&quot;&#39;&gt;&lt;img src=x&gt;</bdi>"));
}

static void test_fits_the_content_security_policy(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    const char *page = rendered(false, VT_LANG_ES);
    assert_null(strstr(page, " style="));
    assert_null(strstr(page, "<style"));
    assert_null(strstr(page, " on"));
    assert_null(strstr(page, "javascript:"));
    assert_null(strstr(page, "://"));
}

static void test_hidden(void **state) {
    (void) state;
    fake_stores_add(&stores, "secret band", "secret album");
    contest.results_shown = VT_RESULTS_FROM;
    contest.results_from_ms = 1794960000000;
    const char *page = rendered(true, VT_LANG_EN);
    assert_null(strstr(page, "secret"));
    assert_non_null(strstr(page, "<section id=\"veil\" class=\"veil\">"));
    assert_non_null(strstr(page, "<time datetime=\"2026-11-18T00:00:00.000Z\">2026-11-18 00:00:00 UTC</time>"));
    assert_non_null(strstr(page, "<section id=\"results\" hidden>"));
    assert_non_null(strstr(rendered(false, VT_LANG_EN), "<section id=\"veil\" class=\"veil\" hidden>"));
}

static void test_many_bands_are_cut(void **state) {
    (void) state;
    for (int i = 0; i <= VT_PAGE_BANDS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "band%03d", i);
        fake_stores_add(&stores, name, "");
    }
    const char *page = rendered(false, VT_LANG_EN);
    assert_non_null(strstr(page, "band199"));
    assert_null(strstr(page, "band200"));
    assert_non_null(strstr(page, "<p id=\"more\">"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_languages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_votes_share_a_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escapes_hostile_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fits_the_content_security_policy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_bands_are_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
