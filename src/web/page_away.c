#include "web/page_away.h"

#include "web/answer.h"
#include "web/assets.h"
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

void vt_page_away_send(const vt_contest *contest, vt_lang lang, vt_word name, vt_err err, vt_reply reply) {
    vt_buf buf;
    vt_buf_init(&buf, VT_PAGE_AWAY_BYTES_MAX);
    vt_text text = {.buf = &buf};
    vt_page_away(contest, lang, name, &text);
    if (text.err == VT_OK) {
        vt_answer_send(reply, &(vt_answer){VT_ANSWER_PAGE, vt_err_http_status(err), .body = vt_buf_slice(&buf)});
    } else {
        vt_answer_error(reply, err, NULL);
    }
    vt_buf_release(&buf);
}

static void serve_too_early(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    const vt_contest nameless = {.name = VT_SLICE("votatón")};
    vt_word name = vt_slice_starts_with(request->path, VT_SLICE("/log")) ? VT_WORD_LOG : VT_WORD_RESULTS;
    vt_page_away_send(&nameless, vt_lang_choose(request), name, VT_ERR_BUSY, reply);
}

vt_route_table vt_page_away_routes(void) {
    static const vt_route routes[] = {
        {.kind = VT_ROUTE_NO_PAGE, .handle = serve_too_early},
        {.kind = VT_ROUTE_HTTP, .method = "GET", .path = "/assets/*", .handle = vt_assets_serve},
    };
    vt_assets_init();
    return (vt_route_table){routes, sizeof routes / sizeof routes[0], NULL};
}
