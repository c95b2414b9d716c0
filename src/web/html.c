#include "web/html.h"

#include "base/clock.h"
#include "web/assets.h"

void vt_html_word(vt_lang lang, vt_word word, vt_text *text) {
    vt_text_html(text, vt_slice_str(vt_word_text(lang, word)));
}

vt_slice vt_html_title(const vt_contest *contest, vt_lang lang) {
    vt_slice wanted = lang == VT_LANG_EN ? contest->title_en : contest->title_es;
    vt_slice other = lang == VT_LANG_EN ? contest->title_es : contest->title_en;
    if (wanted.len > 0) {
        return wanted;
    }
    return other.len > 0 ? other : contest->name;
}

static void html_asset(const char *name, vt_text *text) {
    vt_text_raw(text, "/assets/");
    vt_text_raw(text, name);
    vt_text_raw(text, "?v=");
    vt_text_raw(text, vt_asset_version(name));
}

#define HTML_REFRESH "<meta http-equiv=\"refresh\" content=\"5\">"

/* What keeps the page up to date. */
static void html_renewal(const vt_html_page *page, vt_text *text) {
    if (page->script == NULL) {
        vt_text_raw(text, page->refreshes ? HTML_REFRESH "\n" : "");
        return;
    }
    vt_text_raw(text, page->refreshes ? "<noscript>" HTML_REFRESH "</noscript>\n" : "");
    vt_text_raw(text, "<script src=\"");
    html_asset(page->script, text);
    vt_text_raw(text, "\" defer></script>\n");
}

static void html_head(const vt_html_page *page, vt_text *text) {
    vt_text_raw(text, "<head>\n<meta charset=\"utf-8\">\n<title>");
    vt_text_html(text, vt_html_title(page->contest, page->lang));
    vt_text_raw(text, " · ");
    vt_html_word(page->lang, page->name, text);
    vt_text_raw(text, "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<link rel=\"icon\" type=\"image/svg+xml\" href=\"");
    html_asset("favicon.svg", text);
    vt_text_raw(text, "\">\n<link rel=\"stylesheet\" href=\"");
    html_asset("style.css", text);
    vt_text_raw(text, "\">\n");
    html_renewal(page, text);
    vt_text_raw(text, "</head>\n");
}

static void html_link(const vt_html_page *page, vt_word name, const char *path, vt_text *text) {
    vt_text_raw(text, "<a href=\"");
    vt_text_raw(text, path);
    vt_text_raw(text, "?lang=");
    vt_text_raw(text, vt_lang_code(page->lang));
    vt_text_raw(text, page->name == name ? "\" aria-current=\"page\">" : "\">");
    vt_html_word(page->lang, name, text);
    vt_text_raw(text, "</a>\n");
}

static void html_header(const vt_html_page *page, vt_text *text) {
    const char *other = vt_lang_code(page->lang == VT_LANG_EN ? VT_LANG_ES : VT_LANG_EN);
    vt_text_raw(text, "<header class=\"top\">\n<span class=\"brand\" translate=\"no\">votatón</span>\n");
    if (!page->is_alone) {
        vt_text_raw(text, "<nav>\n");
        html_link(page, VT_WORD_RESULTS, "/", text);
        html_link(page, VT_WORD_LOG, "/log", text);
        vt_text_raw(text, "</nav>\n");
    }
    vt_text_raw(text, "<a class=\"language\" lang=\"");
    vt_text_raw(text, other);
    vt_text_raw(text, "\" hreflang=\"");
    vt_text_raw(text, other);
    vt_text_raw(text, "\" href=\"?lang=");
    vt_text_raw(text, other);
    vt_text_slice(text, page->lang_query);
    vt_text_raw(text, "\">");
    vt_html_word(page->lang, VT_WORD_OTHER_LANGUAGE, text);
    vt_text_raw(text, "</a>\n</header>\n");
}

void vt_html_begin(const vt_html_page *page, vt_text *text) {
    vt_text_raw(text, "<!DOCTYPE html>\n<html lang=\"");
    vt_text_raw(text, vt_lang_code(page->lang));
    vt_text_raw(text, "\">\n");
    html_head(page, text);
    vt_text_raw(text, "<body>\n<a class=\"skip\" href=\"#main\">");
    vt_html_word(page->lang, VT_WORD_SKIP, text);
    vt_text_raw(text, "</a>\n");
    html_header(page, text);
    vt_text_raw(text, "<main id=\"main\">\n");
}

void vt_html_end(vt_text *text) {
    vt_text_raw(text, "</main>\n</body>\n</html>\n");
}

void vt_html_column(vt_lang lang, vt_word word, const char *class, vt_text *text) {
    vt_text_raw(text, "<th scope=\"col\" class=\"");
    vt_text_raw(text, class);
    vt_text_raw(text, "\">");
    vt_html_word(lang, word, text);
    vt_text_raw(text, "</th>");
}

void vt_html_time(int64_t at_ms, vt_text *text) {
    char time[VT_ISO8601_LEN + 1];
    vt_clock_format_iso8601(at_ms, time);
    vt_text_raw(text, "<time datetime=\"");
    vt_text_raw(text, time);
    vt_text_raw(text, "\">");
    vt_text_slice(text, vt_slice_of(time, 10));
    vt_text_raw(text, " ");
    vt_text_slice(text, vt_slice_of(time + 11, 8));
    vt_text_raw(text, " UTC</time>");
}

void vt_html_veil(const vt_contest *contest, vt_lang lang, bool is_hidden, vt_text *text) {
    int64_t from_ms = vt_phase_results_from_ms(contest);
    vt_text_raw(text, is_hidden ? "<section id=\"veil\" class=\"veil\">\n<h2>"
                                : "<section id=\"veil\" class=\"veil\" hidden>\n<h2>");
    vt_html_word(lang, VT_WORD_HIDDEN_TITLE, text);
    vt_text_raw(text, "</h2>\n<p>");
    if (from_ms == 0) {
        vt_html_word(lang, VT_WORD_HIDDEN_UNTIL_CLOSE, text);
    } else {
        vt_html_word(lang, VT_WORD_HIDDEN_FROM, text);
        vt_text_raw(text, " ");
        vt_html_time(from_ms, text);
        vt_text_raw(text, ".");
    }
    vt_text_raw(text, "</p>\n</section>\n");
}
