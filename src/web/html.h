/* What the pages share: the frame around the content, and the pieces that occur on each. */
#ifndef VT_WEB_HTML_H
#define VT_WEB_HTML_H

#include "web/phase.h"
#include "web/text.h"
#include "web/words.h"

typedef struct vt_html_page {
    const vt_contest *contest;
    vt_lang lang;
    vt_word name;        /* shown in the navigation and the title */
    const char *script;  /* asset that enhances the page; NULL for none */
    vt_slice lang_query; /* what the language link keeps, as HTML: "&amp;band=…", or empty */
    bool is_alone;       /* there are no other pages at this address: without links to them */
    bool refreshes;      /* without JavaScript, or without a script, the page loads itself again */
} vt_html_page;

/* From the doctype up to and with <main>. */
void vt_html_begin(const vt_html_page *page, vt_text *text);

/* From </main> on. */
void vt_html_end(vt_text *text);

/* The contest's title in the language, else in the other one, else its name. */
vt_slice vt_html_title(const vt_contest *contest, vt_lang lang);

void vt_html_word(vt_lang lang, vt_word word, vt_text *text);

/* The head of a table's column. */
void vt_html_column(vt_lang lang, vt_word word, const char *class, vt_text *text);

/* <time> with the machine-readable instant; the text is UTC to the second, which the scripts turn into local time. */
void vt_html_time(int64_t at_ms, vt_text *text);

/* The section that says kindly that results are hidden, and until when. */
void vt_html_veil(const vt_contest *contest, vt_lang lang, bool is_hidden, vt_text *text);

#endif
