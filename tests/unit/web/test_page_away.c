#include "web/page_away.h"

#include "fake_stores.h"
#include "web/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(vt_lang lang, const char *title, const char *heading) {
    vt_contest contest = fake_contest();
    contest.title_es = VT_SLICE("<b>Bandas");
    vt_buf buf;
    vt_buf_init(&buf, VT_PAGE_AWAY_BYTES_MAX);
    vt_text text = {.buf = &buf};
    vt_assets_init();
    vt_page_away(&contest, lang, VT_WORD_LOG, &text);
    const char *page;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &page), VT_OK);
    assert_non_null(strstr(page, title));
    assert_non_null(strstr(page, heading));
    /* The scripts need what only a whole page has, so that the page renews itself, with JavaScript or without. */
    assert_non_null(strstr(page, "\n<meta http-equiv=\"refresh\""));
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<noscript"));
    assert_null(strstr(page, "<b>"));
    vt_buf_release(&buf);
}

static void test_both_languages(void **state) {
    (void) state;
    expect(VT_LANG_ES, "<title>&lt;b&gt;Bandas · Votos</title>", "<h2>Esta página vuelve enseguida</h2>");
    expect(VT_LANG_EN, "<title>Bands of Guatemala · Votes</title>", "<h2>This page will be back shortly</h2>");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_languages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
