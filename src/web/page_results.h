/* The page /: the results, whole without JavaScript and kept live by results.js. */
#ifndef VT_WEB_PAGE_RESULTS_H
#define VT_WEB_PAGE_RESULTS_H

#include "web/lang.h"
#include "web/text.h"
#include "web/view.h"

enum {
    VT_PAGE_BANDS_MAX = 200, /* rows; the whole list is at /v1/results */
    VT_PAGE_ALBUMS_MAX = 50, /* of one band */
};

/* results.js finds its way by the ids and classes: change both together. */
void vt_page_results(const vt_view *view, vt_lang lang, vt_text *text);

#endif
