/* GET /v1/results and GET /: the newest view, read after the request came. */
#ifndef VT_WEB_RESULTS_H
#define VT_WEB_RESULTS_H

#include "web/read.h"

/* Answers the view in this form, or 304 when If-None-Match names it. */
void vt_results_serve(vt_reader *reader, vt_form form, const vt_request *request, vt_reply reply);

#endif
