#include "web/contest_info.h"

#include "web/phase.h"

static void info_band(const vt_band *band, vt_text *text) {
    vt_text_raw(text, "{\"name\":");
    vt_text_json(text, band->name);
    vt_text_raw(text, ",\"color\":");
    if (band->color.len > 0) {
        vt_text_json(text, band->color);
    } else {
        vt_text_raw(text, "null");
    }
    vt_text_raw(text, ",\"albums\":[");
    for (uint32_t i = 0; i < band->albums_count; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        vt_text_json(text, band->albums[i]);
    }
    vt_text_raw(text, "]}");
}

static vt_slice info_limit_name(vt_limit_by limit) {
    switch (limit) {
    case VT_LIMIT_CODE:
        return VT_SLICE("code");
    case VT_LIMIT_ADDRESS:
        return VT_SLICE("address");
    case VT_LIMIT_NONE:
    default:
        return VT_SLICE("none");
    }
}

static void info_limit(const vt_contest *contest, vt_text *text) {
    vt_text_raw(text, ",\"limit\":{\"by\":");
    vt_text_json(text, info_limit_name(contest->limit_by));
    vt_text_raw(text, ",\"votes\":");
    if (contest->limit_by == VT_LIMIT_NONE) {
        vt_text_raw(text, "null}");
        return;
    }
    vt_text_number(text, contest->votes_per_voter);
    vt_text_raw(text, "}");
}

void vt_contest_info_begin(const vt_contest *contest, vt_text *text) {
    vt_text_raw(text, "{\"name\":");
    vt_text_json(text, contest->name);
    vt_text_raw(text, ",\"titles\":{\"es\":");
    vt_text_json(text, contest->title_es);
    vt_text_raw(text, ",\"en\":");
    vt_text_json(text, contest->title_en);
    vt_text_raw(text, "},\"bands\":[");
    for (uint32_t i = 0; i < contest->bands_count; i++) {
        vt_text_raw(text, i == 0 ? "" : ",");
        info_band(&contest->bands[i], text);
    }
    vt_text_raw(text, contest->takes_unknown_bands ? "],\"unknown_bands\":true" : "],\"unknown_bands\":false");
    vt_text_raw(text, ",\"opens_at\":");
    vt_text_json_time(text, contest->opens_at_ms);
    vt_text_raw(text, ",\"closes_at\":");
    vt_text_json_time(text, contest->closes_at_ms);
    vt_text_raw(text, ",\"results_from\":");
    vt_text_json_time(text, vt_phase_results_from_ms(contest));
    info_limit(contest, text);
}

void vt_contest_info_end(const vt_contest *contest, int64_t now_ms, vt_text *text) {
    vt_text_raw(text, ",\"state\":");
    vt_text_json(text, vt_phase_name(vt_phase_at(contest, now_ms)));
    vt_text_raw(text, ",\"results\":");
    vt_text_json(text, vt_contest_results_visible(contest, now_ms) ? VT_SLICE("shown") : VT_SLICE("hidden"));
    vt_text_raw(text, ",\"now\":");
    vt_text_json_time(text, now_ms);
    vt_text_raw(text, "}");
}
