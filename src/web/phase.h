/* Where a contest stands at an instant. */
#ifndef VT_WEB_PHASE_H
#define VT_WEB_PHASE_H

#include "vote/contest.h"

typedef enum vt_phase { VT_PHASE_NOT_OPEN_YET, VT_PHASE_OPEN, VT_PHASE_CLOSED } vt_phase;

/* Not open yet before opens_at_ms, closed from closes_at_ms on. */
vt_phase vt_phase_at(const vt_contest *contest, int64_t now_ms);

/* "not_open_yet", "open", "closed". Static. */
vt_slice vt_phase_name(vt_phase phase);

/* When hidden results will show, in ms; 0 when that is not known (a contest without an end). */
int64_t vt_phase_results_from_ms(const vt_contest *contest);

#endif
