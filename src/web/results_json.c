#include "web/results_json.h"

static void json_sums(vt_text *text, vt_slice name, uint64_t votes, uint64_t points) {
    vt_text_raw(text, "{\"name\":");
    vt_text_json(text, name);
    vt_text_raw(text, ",\"votes\":");
    vt_text_number(text, votes);
    vt_text_raw(text, ",\"points\":");
    vt_text_number(text, points);
}

static void json_band(vt_text *text, const vt_standing_band *band) {
    json_sums(text, band->name, band->votes, band->points);
    vt_text_raw(text, ",\"albums\":[");
    for (uint32_t i = 0; i < band->albums_count; i++) {
        const vt_standing_album *album = &band->albums[i];
        vt_text_raw(text, i == 0 ? "" : ",");
        json_sums(text, album->name, album->votes, album->points);
        vt_text_raw(text, "}");
    }
    vt_text_raw(text, "]}");
}

/* The counts are 0 in a hidden view, whose standings are empty. */
static void json_verdicts(vt_text *text, const uint64_t verdicts[VT_VERDICT_COUNT]) {
    static const vt_verdict shown[] = {VT_VERDICT_COUNTED, VT_VERDICT_CONFLICT, VT_VERDICT_QUOTA, VT_VERDICT_BAD};
    vt_text_raw(text, "{");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        vt_text_json(text, vt_verdict_name(shown[i]));
        vt_text_raw(text, ":");
        vt_text_number(text, verdicts[shown[i]]);
    }
    vt_text_raw(text, "}");
}

static vt_slice json_position(const vt_view *view, char room[VT_POSITIONS_TEXT_MAX]) {
    size_t len = view->is_hidden ? 0 : vt_positions_format(&view->standings.tally.positions, room);
    return vt_slice_of(room, len);
}

void vt_results_json(const vt_view *view, vt_text *text) {
    char room[VT_POSITIONS_TEXT_MAX];
    vt_text_raw(text, "{\"contest\":");
    vt_text_json(text, view->contest->name);
    if (view->is_hidden) {
        vt_text_raw(text, ",\"hidden\":true,\"results_from\":");
        vt_text_json_time(text, vt_phase_results_from_ms(view->contest));
    }
    if (view->stale_since_ms != 0) {
        vt_text_raw(text, ",\"stale_since\":");
        vt_text_json_time(text, view->stale_since_ms);
    }
    vt_text_raw(text, ",\"total\":");
    vt_text_number(text, vt_standings_total(&view->standings));
    vt_text_raw(text, ",\"position\":");
    vt_text_json(text, json_position(view, room));
    vt_text_raw(text, ",\"verdicts\":");
    json_verdicts(text, view->standings.tally.verdicts);
    vt_text_raw(text, ",\"bands\":[");
    for (uint32_t i = 0; i < view->standings.bands_count; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        json_band(text, &view->standings.bands[i]);
    }
    vt_text_raw(text, "]}");
}

void vt_results_event(const vt_view *view, vt_text *text) {
    char room[VT_POSITIONS_TEXT_MAX];
    if (!view->is_hidden) {
        vt_text_raw(text, "id: ");
        vt_text_slice(text, json_position(view, room));
        vt_text_raw(text, "\n");
    }
    vt_text_raw(text, "data: ");
    vt_results_json(view, text);
    vt_text_raw(text, "\n\n");
}
