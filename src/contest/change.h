/* What may change from one version of a contest to the next.
 *
 * Before the contest opens, everything but the ledger it belongs to: no vote can have been taken yet.
 * Once it is open, and for ever after:
 *   display texts  title, and the colours of bands
 *   times          closes, results (whether always, after the close or from a time on), and opens as long as the new
 *                  time is not in the future: a contest that was open cannot become one that is not open yet
 * Everything else stands, the lists of bands and albums and their order included. */
#ifndef VT_CONTEST_CHANGE_H
#define VT_CONTEST_CHANGE_H

#include "contest/problem.h"
#include "vote/contest.h"

/* Whether two contests say the same in everything but their version. */
bool vt_contest_same(const vt_contest *a, const vt_contest *b);

/* Whether `newer` may follow `older` at the time `now_ms`. VT_ERR_BAD_CONTEST, and `reason` names the key that must not
 * change. Equal contests may follow each other; use vt_contest_same to keep from storing them twice. */
VT_MUST_CHECK vt_err vt_contest_change(const vt_contest *older, const vt_contest *newer, int64_t now_ms,
                                       char reason[VT_REASON_MAX]);

#endif
