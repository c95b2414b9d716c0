/* What the count said of rows that come from a log which does not know it. */
#ifndef VT_WEB_VERDICTS_H
#define VT_WEB_VERDICTS_H

#include "tally/tally.h"
#include "votelog/votelog.h"

/* Asks the tally for the verdict of every row that has none; one that is not folded yet keeps VT_VERDICT_NONE. Asks
 * nothing when all rows have one. `count` is at most VT_VOTELOG_ROWS_MAX. Errors of vt_tally_verdicts; then the rows
 * are unchanged. */
VT_MUST_CHECK vt_err vt_verdicts_fill(vt_tally *tally, vt_votelog_row *rows, uint32_t count);

/* The verdict on the record at `position` for who knows the vote's id, but not what it says.
 *
 * COUNTED or QUOTA: it is the id's first record, so nothing else can be said of it. NONE: it is not folded yet, or only
 * its content would tell whether it repeats or contradicts the first. VT_ERR_NOT_FOUND: that record is folded, and no
 * vote of that id was. Errors of vt_tally_verdicts. */
VT_MUST_CHECK vt_err vt_verdicts_at(vt_tally *tally, const vt_id *id, vt_position position, vt_verdict *out);

#endif
