#include "web/page_results.h"

#include "web/html.h"

/* Shares are written in thousandths, so that no floating point decides a digit. */
static uint64_t page_thousandths(uint64_t part, uint64_t whole) {
    if (whole == 0) {
        return 0;
    }
    return (uint64_t) ((double) part / (double) whole * 1000.0 + 0.5);
}

static void page_percent(uint64_t thousandths, const char *unit, vt_text *text) {
    vt_text_number(text, thousandths / 10);
    vt_text_raw(text, ".");
    vt_text_number(text, thousandths % 10);
    vt_text_raw(text, unit);
}

/* The bar is an attribute of SVG because the Content-Security-Policy allows no style attribute. */
static void page_bar(const vt_standing_band *band, uint64_t most_votes, vt_text *text) {
    vt_text_raw(text, "<svg class=\"bar\" aria-hidden=\"true\"><rect height=\"100%\" width=\"");
    page_percent(page_thousandths(band->votes, most_votes), "%\"", text);
    if (band->color.len > 0) {
        vt_text_raw(text, " fill=\"");
        vt_text_html(text, band->color);
        vt_text_raw(text, "\"");
    }
    vt_text_raw(text, "></rect></svg>");
}

static void page_albums(const vt_standing_band *band, vt_lang lang, vt_text *text) {
    vt_text_raw(text, band->albums_count == 0 ? "<details hidden><summary>" : "<details><summary>");
    vt_html_word(lang, VT_WORD_ALBUMS, text);
    vt_text_raw(text, "</summary><ul>");
    for (uint32_t i = 0; i < band->albums_count && i < VT_PAGE_ALBUMS_MAX; i++) {
        vt_text_raw(text, "<li><bdi>");
        vt_text_html(text, band->albums[i].name.len > 0 ? band->albums[i].name : VT_SLICE("–"));
        vt_text_raw(text, "</bdi> <span>");
        vt_text_grouped(text, band->albums[i].votes);
        vt_text_raw(text, "</span></li>");
    }
    vt_text_raw(text, "</ul></details>");
}

static void page_band(const vt_view *view, uint32_t i, uint32_t place, vt_lang lang, vt_text *text) {
    const vt_standings *standings = &view->standings;
    const vt_standing_band *band = &standings->bands[i];
    vt_text_raw(text, "<tr><td class=\"place\">");
    vt_text_number(text, place);
    vt_text_raw(text, "</td><th scope=\"row\"><bdi>");
    vt_text_html(text, band->name);
    vt_text_raw(text, "</bdi>");
    page_bar(band, standings->bands[0].votes, text);
    page_albums(band, lang, text);
    vt_text_raw(text, "</th><td class=\"votes\">");
    vt_text_grouped(text, band->votes);
    vt_text_raw(text, "</td><td class=\"share\">");
    page_percent(page_thousandths(band->votes, vt_standings_total(standings)), " %", text);
    vt_text_raw(text, "</td></tr>\n");
}

static void page_table(const vt_view *view, vt_lang lang, vt_text *text) {
    vt_text_raw(text, "<table class=\"bands\">\n<caption class=\"unseen\">");
    vt_html_word(lang, VT_WORD_BY_BAND, text);
    vt_text_raw(text, "</caption>\n<thead><tr>");
    vt_html_column(lang, VT_WORD_PLACE, "place", text);
    vt_html_column(lang, VT_WORD_BAND, "band", text);
    vt_html_column(lang, VT_WORD_VOTES, "votes", text);
    vt_html_column(lang, VT_WORD_SHARE, "share", text);
    vt_text_raw(text, "</tr></thead>\n<tbody id=\"bands\">\n");
    const vt_standing_band *bands = view->standings.bands;
    uint32_t place = 1;
    for (uint32_t i = 0; i < view->standings.bands_count && i < VT_PAGE_BANDS_MAX; i++) {
        /* Equal votes share a place: 1, 1, 3. */
        place = i > 0 && bands[i].votes == bands[i - 1].votes ? place : i + 1;
        page_band(view, i, place, lang, text);
    }
    vt_text_raw(text, "</tbody>\n</table>\n");
}

static void page_phase(const vt_view *view, vt_lang lang, vt_text *text) {
    static const vt_word words[] = {
        [VT_PHASE_NOT_OPEN_YET] = VT_WORD_NOT_OPEN_YET,
        [VT_PHASE_OPEN] = VT_WORD_OPEN,
        [VT_PHASE_CLOSED] = VT_WORD_CLOSED,
    };
    vt_text_raw(text, "<p class=\"state\"><span id=\"phase\" class=\"phase ");
    vt_text_slice(text, vt_phase_name(view->phase));
    vt_text_raw(text, "\">");
    vt_html_word(lang, words[view->phase], text);
    vt_text_raw(text, "</span> <span id=\"connection\"></span></p>\n");
}

/* Always there, so that results.js can show it. */
static void page_stale(const vt_view *view, vt_lang lang, vt_text *text) {
    bool is_stale = view->stale_since_ms != 0;
    vt_text_raw(text, is_stale ? "<p id=\"stale\" class=\"notice\" role=\"status\">"
                               : "<p id=\"stale\" class=\"notice\" role=\"status\" hidden>");
    vt_html_word(lang, VT_WORD_STALE, text);
    vt_text_raw(text, " ");
    if (is_stale) {
        vt_html_time(view->stale_since_ms, text);
    } else {
        vt_text_raw(text, "<time></time>");
    }
    vt_text_raw(text, "</p>\n");
}

static void page_standings(const vt_view *view, vt_lang lang, vt_text *text) {
    const vt_standings *standings = &view->standings;
    vt_text_raw(text, view->is_hidden ? "<section id=\"results\" hidden>\n" : "<section id=\"results\">\n");
    vt_text_raw(text, "<p class=\"total\"><strong id=\"total\">");
    vt_text_grouped(text, vt_standings_total(standings));
    vt_text_raw(text, "</strong> ");
    vt_html_word(lang, VT_WORD_VOTES_COUNTED, text);
    vt_text_raw(text, "</p>\n<p id=\"summary\" class=\"unseen\" role=\"status\"></p>\n");
    vt_text_raw(text, standings->bands_count == 0 ? "<p id=\"empty\">" : "<p id=\"empty\" hidden>");
    vt_html_word(lang, VT_WORD_NO_VOTES, text);
    vt_text_raw(text, "</p>\n");
    page_table(view, lang, text);
    vt_text_raw(text, standings->bands_count > VT_PAGE_BANDS_MAX ? "<p id=\"more\">" : "<p id=\"more\" hidden>");
    vt_html_word(lang, VT_WORD_MORE_BANDS, text);
    vt_text_raw(text, " <a href=\"/v1/results\">/v1/results</a></p>\n</section>\n");
}

void vt_page_results(const vt_view *view, vt_lang lang, vt_text *text) {
    vt_html_page page = {
        .contest = view->contest,
        .lang = lang,
        .name = VT_WORD_RESULTS,
        .script = "results.js",
        .refreshes = true,
    };
    vt_html_begin(&page, text);
    vt_text_raw(text, "<h1 dir=\"auto\">");
    vt_text_html(text, vt_html_title(view->contest, lang));
    vt_text_raw(text, "</h1>\n");
    page_phase(view, lang, text);
    page_stale(view, lang, text);
    vt_html_veil(view->contest, lang, view->is_hidden, text);
    page_standings(view, lang, text);
    vt_html_end(text);
}
