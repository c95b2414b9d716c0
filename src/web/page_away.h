/* What a browser gets instead of a page whose store cannot be read now. */
#ifndef VT_WEB_PAGE_AWAY_H
#define VT_WEB_PAGE_AWAY_H

#include "net/router.h"
#include "web/text.h"
#include "web/words.h"

#include "vote/contest.h"

enum { VT_PAGE_AWAY_BYTES_MAX = 65536 };

/* A whole page that loads itself again. `name` is that of the page that was asked for. */
void vt_page_away(const vt_contest *contest, vt_lang lang, vt_word name, vt_text *text);

/* Answers with it, and with the status of `err`. On the reply's loop. */
void vt_page_away_send(const vt_contest *contest, vt_lang lang, vt_word name, vt_err err, vt_reply reply);

/* The routes for who shows pages and cannot yet, before it even knows the contest: such a page, with 503, wherever a
 * browser looks, and what it loads. Before any thread serves. */
vt_route_table vt_page_away_routes(void);

#endif
