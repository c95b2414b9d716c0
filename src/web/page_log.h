/* The page /log: the newest votes, whole without JavaScript and kept live by log.js. */
#ifndef VT_WEB_PAGE_LOG_H
#define VT_WEB_PAGE_LOG_H

#include "web/read.h"
#include "web/record_log.h"

enum { VT_PAGE_CHOICES_MAX = 200 }; /* bands that the filter suggests */

/* log.js finds its way by the ids, classes and data attributes: change both together. */
void vt_page_log(const vt_contest *contest, const vt_read_log *ask, const vt_log_rows *found, vt_text *text);

#endif
