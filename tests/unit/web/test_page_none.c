#include "web/page_none.h"

#include "fake_stores.h"
#include "web/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static vt_buf buf;

static const char *page_of(vt_lang lang, vt_page_none_place place) {
    vt_contest contest = fake_contest();
    contest.title_es = VT_SLICE("<b>Bandas");
    vt_text text = {.buf = &buf};
    const char *page;
    vt_buf_release(&buf);
    vt_buf_init(&buf, VT_PAGE_NONE_BYTES_MAX);
    vt_assets_init();
    vt_page_none(&contest, lang, place, &text);
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &page), VT_OK);
    assert_null(strstr(page, "<b>"));
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http-equiv"));
    return page;
}

static void test_among_pages_it_leads_to_them(void **state) {
    (void) state;
    const char *page = page_of(VT_LANG_ES, VT_PAGE_NONE_AMONG_PAGES);
    assert_non_null(strstr(page, "<title>&lt;b&gt;Bandas · Aquí no hay ninguna página</title>"));
    assert_non_null(strstr(page, "<a href=\"/?lang=es\">Ver los resultados</a>"));
    assert_non_null(strstr(page, "<a href=\"/log?lang=es\">Votos</a>"));
    page = page_of(VT_LANG_EN, VT_PAGE_NONE_AMONG_PAGES);
    assert_non_null(strstr(page, "<h2>There is no page here</h2>"));
    assert_non_null(strstr(page, "<a href=\"/?lang=en\">See the results</a>"));
}

static void test_at_the_entry_it_leads_nowhere(void **state) {
    (void) state;
    const char *page = page_of(VT_LANG_ES, VT_PAGE_NONE_AT_ENTRY);
    assert_non_null(strstr(page, "<h2>Aquí se reciben votos</h2>"));
    assert_null(strstr(page, "href=\"/?"));
    assert_null(strstr(page, "href=\"/log"));
    page = page_of(VT_LANG_EN, VT_PAGE_NONE_AT_ENTRY);
    assert_non_null(strstr(page, "<h2>Votes are taken here</h2>"));
    assert_non_null(strstr(page, "href=\"?lang=es\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_among_pages_it_leads_to_them),
        cmocka_unit_test(test_at_the_entry_it_leads_nowhere),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    vt_buf_release(&buf);
    return failed;
}
