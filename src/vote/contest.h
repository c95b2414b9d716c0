/* The contest as a value that does not change but for its successor, and what it says of one vote. */
#ifndef VT_VOTE_CONTEST_H
#define VT_VOTE_CONTEST_H

#include "vote/identity.h"

#include <stdatomic.h>

enum {
    VT_CONTEST_BANDS_MAX = 1024,
    VT_CONTEST_ALBUMS_MAX = 64, /* of one band */
    VT_CONTEST_NAME_BYTES_MAX = 64,
    VT_CONTEST_TITLE_BYTES_MAX = 200,
    VT_CONTEST_VOTES_PER_VOTER_MAX = 1000,
    VT_SECRET_CHECK_LEN = 16,
};

typedef enum vt_limit_by { VT_LIMIT_NONE = 0, VT_LIMIT_CODE = 1, VT_LIMIT_ADDRESS = 2 } vt_limit_by;

typedef enum vt_results_shown {
    VT_RESULTS_ALWAYS = 0,
    VT_RESULTS_AFTER_CLOSE = 1,
    VT_RESULTS_FROM = 2, /* from results_from_ms on */
} vt_results_shown;

typedef struct vt_band {
    vt_slice name;
    vt_slice color; /* "#rrggbb" or empty */
    vt_slice *albums;
    uint32_t albums_count;
} vt_band;

/* All slices and arrays belong to whoever made the contest (contest/), and live as long as it does. */
typedef struct vt_contest {
    uint32_t version; /* 1, 2, … */
    vt_id ledger_id;
    int32_t partitions; /* 0: SQLite */
    vt_slice name;      /* short name, shown as "contest" in results */
    vt_slice title_es;
    vt_slice title_en;
    vt_band *bands; /* in the file's order */
    uint32_t bands_count;
    const vt_band **bands_by_name; /* sorted by the bytes of the name, for vt_contest_band */
    bool takes_unknown_bands;
    int64_t opens_at_ms;  /* 0: open from the start */
    int64_t closes_at_ms; /* 0: never */
    vt_results_shown results_shown;
    int64_t results_from_ms;
    vt_limit_by limit_by;
    uint32_t votes_per_voter;                  /* 1..VT_CONTEST_VOTES_PER_VOTER_MAX when limit_by is not NONE */
    uint8_t secret_check[VT_SECRET_CHECK_LEN]; /* all zero when limit_by is NONE */
    /* The version that holds instead of this one; NULL: none. It alone changes, once somebody follows the versions. */
    const struct vt_contest *_Atomic newer;
} vt_contest;

/* The version of the contest that holds now. Whoever needs several things of one version asks once. Any thread; lives
 * as long as the contest that was asked does. */
static inline const vt_contest *vt_contest_now(const vt_contest *contest) {
    const vt_contest *newer = atomic_load_explicit(&contest->newer, memory_order_acquire);
    return newer == NULL ? contest : newer;
}

/* Finds a band by its exact name, or NULL. */
const vt_band *vt_contest_band(const vt_contest *contest, vt_slice name);

/* What can be decided of a checked vote from the contest alone, at the server's clock.
 * NOT_OPEN_YET (now < opens), CLOSED (now >= closes), UNKNOWN_BAND. */
VT_MUST_CHECK vt_err vt_contest_check(const vt_contest *contest, const vt_vote *vote, int64_t now_ms);

/* Whether anybody may see results, log and contents now. */
bool vt_contest_results_visible(const vt_contest *contest, int64_t now_ms);

#endif
