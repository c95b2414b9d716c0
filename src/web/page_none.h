/* What a browser gets where there is no page. */
#ifndef VT_WEB_PAGE_NONE_H
#define VT_WEB_PAGE_NONE_H

#include "net/router.h"
#include "web/text.h"
#include "web/words.h"

#include "vote/contest.h"

enum { VT_PAGE_NONE_BYTES_MAX = 65536 };

typedef enum vt_page_none_place {
    VT_PAGE_NONE_AMONG_PAGES, /* leads to the others */
    VT_PAGE_NONE_AT_ENTRY,    /* votes are taken there and nothing is shown: says so */
} vt_page_none_place;

/* A whole page. vt_assets_init was called. */
void vt_page_none(const vt_contest *contest, vt_lang lang, vt_page_none_place place, vt_text *text);

/* Answers with it, of the contest's version that holds now, and 404. As VT_ROUTE_NO_PAGE: on the reply's loop. */
void vt_page_none_serve(const vt_contest *contest, vt_page_none_place place, const vt_request *request, vt_reply reply);

/* The routes for who takes votes and has no pages: such a page wherever a browser looks, and what it loads. Borrows the
 * contest. Before any thread serves. */
vt_route_table vt_page_none_routes(const vt_contest *contest);

#endif
