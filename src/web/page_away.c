#include "web/page_away.h"

#include "web/html.h"

void vt_page_away(const vt_contest *contest, vt_lang lang, vt_word name, vt_text *text) {
    vt_html_page page = {.contest = contest, .lang = lang, .name = name, .refreshes = true};
    vt_html_begin(&page, text);
    vt_text_raw(text, "<h1 dir=\"auto\">");
    vt_text_html(text, vt_html_title(contest, lang));
    vt_text_raw(text, "</h1>\n<section class=\"veil\">\n<h2>");
    vt_html_word(lang, VT_WORD_AWAY_TITLE, text);
    vt_text_raw(text, "</h2>\n<p>");
    vt_html_word(lang, VT_WORD_AWAY_TEXT, text);
    vt_text_raw(text, "</p>\n</section>\n");
    vt_html_end(text);
}
