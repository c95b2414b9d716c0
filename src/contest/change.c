#include "contest/change.h"

#include <stdio.h>

/* One key of a contest, for comparing two versions. */
typedef struct part {
    const char *key;
    bool fixed_once_open;
    bool (*same)(const vt_contest *a, const vt_contest *b);
} part;

static bool same_ledger(const vt_contest *a, const vt_contest *b) {
    return vt_id_eq(&a->ledger_id, &b->ledger_id) && a->partitions == b->partitions;
}

static bool same_name(const vt_contest *a, const vt_contest *b) {
    return vt_slice_eq(a->name, b->name);
}

static bool same_title(const vt_contest *a, const vt_contest *b) {
    return vt_slice_eq(a->title_es, b->title_es) && vt_slice_eq(a->title_en, b->title_en);
}

static bool same_unknown_bands(const vt_contest *a, const vt_contest *b) {
    return a->takes_unknown_bands == b->takes_unknown_bands;
}

static bool same_times(const vt_contest *a, const vt_contest *b) {
    return a->opens_at_ms == b->opens_at_ms && a->closes_at_ms == b->closes_at_ms;
}

static bool same_results(const vt_contest *a, const vt_contest *b) {
    return a->results_shown == b->results_shown &&
           (a->results_shown != VT_RESULTS_FROM || a->results_from_ms == b->results_from_ms);
}

static bool same_limit(const vt_contest *a, const vt_contest *b) {
    return a->limit_by == b->limit_by && a->votes_per_voter == b->votes_per_voter &&
           memcmp(a->secret_check, b->secret_check, sizeof a->secret_check) == 0;
}

static bool same_band(const vt_band *a, const vt_band *b) {
    if (!vt_slice_eq(a->name, b->name) || a->albums_count != b->albums_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->albums_count; i++) {
        if (!vt_slice_eq(a->albums[i], b->albums[i])) {
            return false;
        }
    }
    return true;
}

static bool same_bands(const vt_contest *a, const vt_contest *b) {
    if (a->bands_count != b->bands_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->bands_count; i++) {
        if (!same_band(&a->bands[i], &b->bands[i])) {
            return false;
        }
    }
    return true;
}

/* After same_bands. */
static bool same_colors(const vt_contest *a, const vt_contest *b) {
    for (uint32_t i = 0; i < a->bands_count; i++) {
        if (!vt_slice_eq(a->bands[i].color, b->bands[i].color)) {
            return false;
        }
    }
    return true;
}

static const part parts[] = {
    {"contest", true, same_name},          {"unknown_bands", true, same_unknown_bands},
    {"votes_per_voter", true, same_limit}, {"bands", true, same_bands},
    {"color", false, same_colors},         {"title", false, same_title},
    {"opens", false, same_times},          {"results", false, same_results},
};

enum { PARTS_COUNT = sizeof parts / sizeof parts[0] };

bool vt_contest_same(const vt_contest *a, const vt_contest *b) {
    bool same = same_ledger(a, b);
    for (size_t i = 0; same && i < PARTS_COUNT; i++) {
        same = parts[i].same(a, b);
    }
    return same;
}

static vt_err check_once_open(const vt_contest *older, const vt_contest *newer, int64_t now_ms,
                              char reason[VT_REASON_MAX]) {
    for (size_t i = 0; i < PARTS_COUNT; i++) {
        if (parts[i].fixed_once_open && !parts[i].same(older, newer)) {
            snprintf(reason, VT_REASON_MAX,
                     "the contest has opened: \"%s\" can no longer change, only title, color, "
                     "opens, closes and results; another contest needs another --data directory or another topic",
                     parts[i].key);
            return VT_ERR_BAD_CONTEST;
        }
    }
    if (newer->opens_at_ms > now_ms) {
        snprintf(reason, VT_REASON_MAX, "the contest has opened: \"opens\" cannot move into the future");
        return VT_ERR_BAD_CONTEST;
    }
    return VT_OK;
}

vt_err vt_contest_change(const vt_contest *older, const vt_contest *newer, int64_t now_ms, char reason[VT_REASON_MAX]) {
    if (!same_ledger(older, newer)) {
        snprintf(reason, VT_REASON_MAX, "a contest cannot move to another ledger");
        return VT_ERR_BAD_CONTEST;
    }
    bool has_opened = older->opens_at_ms <= now_ms;
    return has_opened ? check_once_open(older, newer, now_ms, reason) : VT_OK;
}
