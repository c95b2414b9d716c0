#include "vote/contest.h"

const vt_band *vt_contest_band(const vt_contest *contest, vt_slice name) {
    uint32_t low = 0;
    uint32_t high = contest->bands_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = vt_slice_cmp(name, contest->bands_by_name[middle]->name);
        if (order == 0) {
            return contest->bands_by_name[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static bool is_closed(const vt_contest *contest, int64_t now_ms) {
    return contest->closes_at_ms != 0 && now_ms >= contest->closes_at_ms;
}

vt_err vt_contest_check(const vt_contest *contest, const vt_vote *vote, int64_t now_ms) {
    if (contest->opens_at_ms != 0 && now_ms < contest->opens_at_ms) {
        return VT_ERR_NOT_OPEN_YET;
    }
    if (is_closed(contest, now_ms)) {
        return VT_ERR_CLOSED;
    }
    if (!contest->takes_unknown_bands && vt_contest_band(contest, vote->text[VT_FIELD_NAME]) == NULL) {
        return VT_ERR_UNKNOWN_BAND;
    }
    return VT_OK;
}

bool vt_contest_results_visible(const vt_contest *contest, int64_t now_ms) {
    switch (contest->results_shown) {
    case VT_RESULTS_AFTER_CLOSE:
        return is_closed(contest, now_ms);
    case VT_RESULTS_FROM:
        return now_ms >= contest->results_from_ms;
    case VT_RESULTS_ALWAYS:
        return true;
    }
    return false;
}
