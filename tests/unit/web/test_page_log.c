#include "web/page_log.h"

#include "fake_stores.h"
#include "web/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static fake_stores stores;
static vt_contest contest;
static vt_read_log ask;
static vt_buf buf;

static int set_up(void **state) {
    (void) state;
    vt_assets_init();
    fake_stores_init(&stores);
    contest = fake_contest();
    ask = (vt_read_log){.shape = VT_LOG_SHAPE_HTML, .lang = VT_LANG_EN, .limit = 2, .before = {.partition = -1}};
    vt_buf_init(&buf, 1048576);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    fake_stores_release(&stores);
    return 0;
}

static const char *rendered(bool is_hidden) {
    vt_votelog_row rows[2];
    vt_log_rows found = {.rows = rows, .is_hidden = is_hidden};
    vt_votelog_query query = {.has_before = ask.has_before, .before = ask.before, .limit = ask.limit};
    if (!is_hidden) {
        assert_int_equal(vt_votelog_list(&stores.votelog, &query, rows, &found.count), VT_OK);
    }
    vt_text text = {.buf = &buf};
    vt_buf_clear(&buf);
    vt_page_log(&contest, &ask, &found, &text);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    return got;
}

static void test_rows(void **state) {
    (void) state;
    fake_stores_add(&stores, "a", "b");
    const char *page = rendered(false);
    assert_non_null(strstr(page,
                           "<time datetime=\"2026-11-18T00:00:01.000Z\">2026-11-18 00:00:01 UTC</time></td>"
                           "<th scope=\"row\"><bdi>a</bdi><span class=\"detail\"><bdi>b</bdi> <bdi>2001</bdi> </span>"
                           "</th><td class=\"rank\"><bdi>5.2</bdi> </td>"));
    assert_non_null(strstr(page, "<a id=\"older\" hidden"));
    assert_non_null(strstr(page, "data-live=\"yes\""));
    assert_non_null(strstr(page, "http-equiv=\"refresh\""));
}

static void test_hostile_names_and_filter(void **state) {
    (void) state;
    fake_stores_add(&stores, "<img src=x onerror=alert(1)>", "'\"");
    const char band[] = "\"><script>&ñ";
    memcpy(ask.band, band, sizeof band - 1);
    ask.band_len = sizeof band - 1;
    const char *page = rendered(false);
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<script>"));
    assert_non_null(strstr(page, "value=\"&quot;&gt;&lt;script&gt;&amp;ñ\""));
    assert_non_null(strstr(page, "?lang=es&amp;band=%22%3E%3Cscript%3E%26%C3%B1\">Español"));
}

static void test_older_page(void **state) {
    (void) state;
    for (int i = 0; i < 5; i++) {
        fake_stores_add(&stores, "a", "b");
    }
    ask.has_before = true;
    ask.before.offset = 5;
    const char *page = rendered(false);
    assert_non_null(strstr(page, "<h1>Older votes</h1>"));
    assert_non_null(strstr(page, "<a id=\"older\" href=\"?lang=en&amp;before=3\">Older votes</a>"));
    assert_non_null(strstr(page, "<a href=\"?lang=en\">Back to the newest</a>"));
    assert_non_null(strstr(page, "data-live=\"no\""));
    assert_null(strstr(page, "http-equiv=\"refresh\""));
}

static void test_hidden(void **state) {
    (void) state;
    fake_stores_add(&stores, "secret", "secret");
    contest.results_shown = VT_RESULTS_AFTER_CLOSE;
    const char *page = rendered(true);
    assert_null(strstr(page, "secret"));
    assert_non_null(strstr(page, "shown here when voting closes."));
    assert_non_null(strstr(page, "<section id=\"log\" hidden"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_names_and_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
