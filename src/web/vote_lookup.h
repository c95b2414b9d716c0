/* GET /v1/votes/{id}: one recorded vote, for whoever holds its id. */
#ifndef VT_WEB_VOTE_LOOKUP_H
#define VT_WEB_VOTE_LOOKUP_H

#include "web/read.h"
#include "web/text.h"

/* Answers {"id","position","status","vote":{name,album,year,rank},"points","at"}; while results are hidden
 * {"id","position","status","hidden":true}. 400 `bad_id`, 400 `malformed_request` (position), 404 `not_found`. */
void vt_vote_lookup_serve(vt_reader *reader, const vt_request *request, vt_reply reply);

/* {"name","album","year","rank"} */
void vt_vote_json(const vt_record *record, vt_text *text);

/* The whole answer above. */
void vt_vote_lookup_json(const vt_votelog_row *row, bool is_hidden, vt_text *text);

#endif
