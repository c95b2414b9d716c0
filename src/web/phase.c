#include "web/phase.h"

vt_phase vt_phase_at(const vt_contest *contest, int64_t now_ms) {
    if (now_ms < contest->opens_at_ms) {
        return VT_PHASE_NOT_OPEN_YET;
    }
    bool has_end = contest->closes_at_ms != 0;
    return has_end && now_ms >= contest->closes_at_ms ? VT_PHASE_CLOSED : VT_PHASE_OPEN;
}

vt_slice vt_phase_name(vt_phase phase) {
    switch (phase) {
    case VT_PHASE_NOT_OPEN_YET:
        return VT_SLICE("not_open_yet");
    case VT_PHASE_CLOSED:
        return VT_SLICE("closed");
    case VT_PHASE_OPEN:
    default:
        return VT_SLICE("open");
    }
}

int64_t vt_phase_results_from_ms(const vt_contest *contest) {
    switch (contest->results_shown) {
    case VT_RESULTS_AFTER_CLOSE:
        return contest->closes_at_ms;
    case VT_RESULTS_FROM:
        return contest->results_from_ms;
    case VT_RESULTS_ALWAYS:
    default:
        return 0;
    }
}
