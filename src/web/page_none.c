#include "web/page_none.h"

#include "web/answer.h"
#include "web/assets.h"
#include "web/html.h"

static void write_way_out(vt_lang lang, vt_text *text) {
    vt_text_raw(text, "</p>\n<p><a href=\"/?lang=");
    vt_text_raw(text, vt_lang_code(lang));
    vt_text_raw(text, "\">");
    vt_html_word(lang, VT_WORD_TO_RESULTS, text);
    vt_text_raw(text, "</a>");
}

void vt_page_none(const vt_contest *contest, vt_lang lang, vt_page_none_place place, vt_text *text) {
    bool is_entry = place == VT_PAGE_NONE_AT_ENTRY;
    vt_word title = is_entry ? VT_WORD_ENTRY_TITLE : VT_WORD_NO_PAGE_TITLE;
    vt_html_page page = {.contest = contest, .lang = lang, .name = title, .is_alone = is_entry};
    vt_html_begin(&page, text);
    vt_text_raw(text, "<h1 dir=\"auto\">");
    vt_text_html(text, vt_html_title(contest, lang));
    vt_text_raw(text, "</h1>\n<section class=\"veil\">\n<h2>");
    vt_html_word(lang, title, text);
    vt_text_raw(text, "</h2>\n<p>");
    vt_html_word(lang, is_entry ? VT_WORD_ENTRY_TEXT : VT_WORD_NO_PAGE_TEXT, text);
    if (!is_entry) {
        write_way_out(lang, text);
    }
    vt_text_raw(text, "</p>\n</section>\n");
    vt_html_end(text);
}

void vt_page_none_serve(const vt_contest *contest, vt_page_none_place place, const vt_request *request,
                        vt_reply reply) {
    vt_buf buf;
    vt_buf_init(&buf, VT_PAGE_NONE_BYTES_MAX);
    vt_text text = {.buf = &buf};
    vt_page_none(vt_contest_now(contest), vt_lang_choose(request), place, &text);
    if (text.err == VT_OK) {
        vt_answer_send(reply, &(vt_answer){VT_ANSWER_PAGE, 404, .body = vt_buf_slice(&buf)});
    } else {
        vt_answer_error(reply, VT_ERR_NOT_FOUND, NULL);
    }
    vt_buf_release(&buf);
}

static void serve_at_entry(void *context, const vt_request *request, vt_reply reply) {
    vt_page_none_serve(context, VT_PAGE_NONE_AT_ENTRY, request, reply);
}

vt_route_table vt_page_none_routes(const vt_contest *contest) {
    static const vt_route routes[] = {
        {.kind = VT_ROUTE_NO_PAGE, .handle = serve_at_entry},
        {.kind = VT_ROUTE_HTTP, .method = "GET", .path = "/assets/*", .handle = vt_assets_serve},
    };
    vt_assets_init();
    return (vt_route_table){routes, sizeof routes / sizeof routes[0], (void *) (uintptr_t) contest};
}
