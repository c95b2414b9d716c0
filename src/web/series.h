/* The votes by band as metrics: votaton_band_votes{band="…"}. */
#ifndef VT_WEB_SERIES_H
#define VT_WEB_SERIES_H

#include "web/view.h"

enum { VT_SERIES_BANDS_MAX = 200 }; /* further bands are summed up under VT_FOLD_OTHER */

/* Appends the family from the newest view, waiting for no store; without a sample while results are hidden or nothing
 * was read yet. A collector of vt_metrics_collect; `context` is the vt_views. Errors of vt_buf_append. */
vt_err vt_series_render(void *context, vt_buf *out);

/* The same of one view. */
VT_MUST_CHECK vt_err vt_series_write(const vt_view *view, vt_buf *out);

#endif
