/* A view as JSON: the answer of GET /v1/results and the data of the live stream. */
#ifndef VT_WEB_RESULTS_JSON_H
#define VT_WEB_RESULTS_JSON_H

#include "web/text.h"
#include "web/view.h"

/* {"contest","total","position","verdicts","bands"}; while results are hidden the same shape without a single number of
 * the contest, and "hidden":true and "results_from" (ISO 8601 or null) besides. A stale view has "stale_since" (ISO
 * 8601) besides. */
void vt_results_json(const vt_view *view, vt_text *text);

/* One server-sent event (HTML Living Standard §9.2.6) with that JSON as its data and the position as its id. */
void vt_results_event(const vt_view *view, vt_text *text);

#endif
