#include "web/page_log.h"

#include "web/html.h"

enum { PAGE_LINK_BYTES_MAX = 1024 };

/* The filter as a part of a link in HTML: "&amp;band=…", or nothing. */
static void page_band_query(const vt_read_log *ask, vt_text *text) {
    if (ask->band_len > 0) {
        vt_text_raw(text, "&amp;band=");
        vt_text_query(text, vt_slice_of(ask->band, ask->band_len));
    }
}

static void page_filter(const vt_contest *contest, const vt_read_log *ask, vt_text *text) {
    vt_text_raw(text, "<form class=\"filter\" action=\"/log\" method=\"get\" role=\"search\">\n<label for=\"band\">");
    vt_html_word(ask->lang, VT_WORD_BAND, text);
    vt_text_raw(text,
                "</label>\n<input id=\"band\" name=\"band\" list=\"choices\" maxlength=\"128\" autocomplete=\"off\" "
                "dir=\"auto\" placeholder=\"");
    vt_html_word(ask->lang, VT_WORD_ALL_BANDS, text);
    vt_text_raw(text, "\" value=\"");
    vt_text_html(text, vt_slice_of(ask->band, ask->band_len));
    vt_text_raw(text, "\">\n<datalist id=\"choices\">");
    for (uint32_t i = 0; i < contest->bands_count && i < VT_PAGE_CHOICES_MAX; i++) {
        vt_text_raw(text, "<option value=\"");
        vt_text_html(text, contest->bands[i].name);
        vt_text_raw(text, "\"></option>");
    }
    vt_text_raw(text, "</datalist>\n<input type=\"hidden\" name=\"lang\" value=\"");
    vt_text_raw(text, vt_lang_code(ask->lang));
    vt_text_raw(text, "\">\n<button>");
    vt_html_word(ask->lang, VT_WORD_FILTER, text);
    vt_text_raw(text, "</button>\n</form>\n");
}

static void page_detail(const vt_record *record, vt_field field, vt_text *text) {
    vt_slice value = vt_record_text(record, field);
    if (value.len > 0) {
        vt_text_raw(text, "<bdi>");
        vt_text_html(text, value);
        vt_text_raw(text, "</bdi> ");
    }
}

static void page_row(const vt_votelog_row *row, vt_text *text) {
    vt_text_raw(text, "<tr><td class=\"time\">");
    vt_html_time(row->record.at_ms, text);
    vt_text_raw(text, "</td><th scope=\"row\"><bdi>");
    vt_text_html(text, vt_record_text(&row->record, VT_FIELD_NAME));
    vt_text_raw(text, "</bdi><span class=\"detail\">");
    page_detail(&row->record, VT_FIELD_ALBUM, text);
    page_detail(&row->record, VT_FIELD_YEAR, text);
    vt_text_raw(text, "</span></th><td class=\"rank\">");
    page_detail(&row->record, VT_FIELD_RANK, text);
    vt_text_raw(text, "</td></tr>\n");
}

static void page_table(const vt_read_log *ask, const vt_log_rows *found, vt_text *text) {
    vt_text_raw(text, found->count == 0 ? "<p id=\"empty\">" : "<p id=\"empty\" hidden>");
    vt_html_word(ask->lang, VT_WORD_NO_VOTES, text);
    vt_text_raw(text, "</p>\n<table class=\"log\">\n<caption class=\"unseen\">");
    vt_html_word(ask->lang, ask->has_before ? VT_WORD_OLDER_VOTES : VT_WORD_NEWEST_VOTES, text);
    vt_text_raw(text, "</caption>\n<thead><tr>");
    vt_html_column(ask->lang, VT_WORD_TIME, "time", text);
    vt_html_column(ask->lang, VT_WORD_VOTE, "band", text);
    vt_html_column(ask->lang, VT_WORD_RANK, "rank", text);
    vt_text_raw(text, "</tr></thead>\n<tbody id=\"votes\">\n");
    for (uint32_t i = 0; i < found->count; i++) {
        page_row(&found->rows[i], text);
    }
    vt_text_raw(text, "</tbody>\n</table>\n");
}

static void page_pager(const vt_read_log *ask, const vt_log_rows *found, vt_text *text) {
    vt_text_raw(text, "<p class=\"pager\">\n");
    if (ask->has_before) {
        vt_text_raw(text, "<a href=\"?lang=");
        vt_text_raw(text, vt_lang_code(ask->lang));
        page_band_query(ask, text);
        vt_text_raw(text, "\">");
        vt_html_word(ask->lang, VT_WORD_TO_NEWEST, text);
        vt_text_raw(text, "</a>\n");
    }
    bool has_more = found->count > 0 && found->count == ask->limit;
    vt_text_raw(text, has_more ? "<a id=\"older\" href=\"?lang=" : "<a id=\"older\" hidden href=\"?lang=");
    vt_text_raw(text, vt_lang_code(ask->lang));
    page_band_query(ask, text);
    if (has_more) {
        char room[VT_POSITION_TEXT_MAX];
        vt_text_raw(text, "&amp;before=");
        vt_text_query(text, vt_slice_of(room, vt_position_format(found->rows[found->count - 1].position, room)));
    }
    vt_text_raw(text, "\">");
    vt_html_word(ask->lang, VT_WORD_OLDER_VOTES, text);
    vt_text_raw(text, "</a>\n</p>\n");
}

static void page_content(const vt_contest *contest, const vt_read_log *ask, const vt_log_rows *found, vt_text *text) {
    vt_text_raw(text, "<h1>");
    vt_html_word(ask->lang, ask->has_before ? VT_WORD_OLDER_VOTES : VT_WORD_NEWEST_VOTES, text);
    vt_text_raw(text, "</h1>\n<p class=\"state\"><span id=\"connection\"></span></p>\n");
    vt_html_veil(contest, ask->lang, found->is_hidden, text);
    vt_text_raw(text,
                found->is_hidden ? "<section id=\"log\" hidden data-live=\"" : "<section id=\"log\" data-live=\"");
    vt_text_raw(text, ask->has_before ? "no\">\n" : "yes\">\n");
    page_filter(contest, ask, text);
    page_table(ask, found, text);
    page_pager(ask, found, text);
    vt_text_raw(text, "</section>\n");
}

void vt_page_log(const vt_contest *contest, const vt_read_log *ask, const vt_log_rows *found, vt_text *text) {
    vt_buf link;
    vt_buf_init(&link, PAGE_LINK_BYTES_MAX);
    vt_text link_text = {.buf = &link};
    page_band_query(ask, &link_text);
    vt_html_page page = {
        .contest = contest,
        .lang = ask->lang,
        .name = VT_WORD_LOG,
        .script = "log.js",
        .lang_query = vt_buf_slice(&link),
        .refreshes = !ask->has_before,
    };
    vt_html_begin(&page, text);
    page_content(contest, ask, found, text);
    vt_html_end(text);
    if (text->err == VT_OK) {
        text->err = link_text.err;
    }
    vt_buf_release(&link);
}
