#include "web/series.h"

#include "obs/metrics.h"
#include "web/text.h"

static void series_sample(vt_text *text, vt_slice band, uint64_t votes) {
    vt_text_raw(text, "votaton_band_votes{band=\"");
    if (text->err == VT_OK) {
        text->err = vt_metrics_escape_label(text->buf, band);
    }
    vt_text_raw(text, "\"} ");
    vt_text_number(text, votes);
    vt_text_raw(text, "\n");
}

static void series_head(vt_text *text) {
    vt_text_raw(text, "# HELP votaton_band_votes Votes counted, by band\n# TYPE votaton_band_votes gauge\n");
}

vt_err vt_series_write(const vt_view *view, vt_buf *out) {
    vt_text text = {.buf = out};
    series_head(&text);
    const vt_slice other_name = VT_SLICE(VT_FOLD_OTHER);
    uint64_t other = 0;
    bool has_other = false;
    for (uint32_t i = 0; i < view->standings.bands_count; i++) {
        const vt_standing_band *band = &view->standings.bands[i];
        /* The fold has a band of that name as well, and a series must not occur twice. */
        if (i >= VT_SERIES_BANDS_MAX || vt_slice_eq(band->name, other_name)) {
            other += band->votes;
            has_other = true;
        } else {
            series_sample(&text, band->name, band->votes);
        }
    }
    if (has_other) {
        series_sample(&text, other_name, other);
    }
    return text.err;
}

vt_err vt_series_render(void *context, vt_buf *out) {
    vt_view *view = vt_views_newest(context);
    if (view == NULL) {
        vt_text text = {.buf = out};
        series_head(&text);
        return text.err;
    }
    vt_err err = vt_series_write(view, out);
    vt_view_unref(view);
    return err;
}
