/* GET /v1/contest: the contest's public part, everything that a ballot needs. */
#ifndef VT_WEB_CONTEST_INFO_H
#define VT_WEB_CONTEST_INFO_H

#include "vote/contest.h"
#include "web/text.h"

enum { VT_CONTEST_INFO_BYTES_MAX = 16777216 };

/* Writes the part that does not change: {"name","titles","bands","unknown_bands","opens_at","closes_at",
 * "results_from","limit" – without its closing brace. Never the ledger's id or the secret's check. */
void vt_contest_info_begin(const vt_contest *contest, vt_text *text);

/* Writes what depends on the time: ,"state","results":"shown"|"hidden","now"} */
void vt_contest_info_end(const vt_contest *contest, int64_t now_ms, vt_text *text);

#endif
