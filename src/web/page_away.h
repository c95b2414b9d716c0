/* What a browser gets instead of a page whose store cannot be read now. */
#ifndef VT_WEB_PAGE_AWAY_H
#define VT_WEB_PAGE_AWAY_H

#include "web/text.h"
#include "web/words.h"

#include "vote/contest.h"

enum { VT_PAGE_AWAY_BYTES_MAX = 65536 };

/* A whole page that loads itself again. `name` is that of the page that was asked for. */
void vt_page_away(const vt_contest *contest, vt_lang lang, vt_word name, vt_text *text);

#endif
