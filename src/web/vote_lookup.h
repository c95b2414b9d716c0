/* GET /v1/votes/{id}: one recorded vote, for whoever holds its id. */
#ifndef VT_WEB_VOTE_LOOKUP_H
#define VT_WEB_VOTE_LOOKUP_H

#include "web/read.h"
#include "web/text.h"

/* Answers {"id","position","status","vote":{name,album,year,rank},"points","at"}; while results are hidden
 * {"id","position","status","hidden":true}.
 *
 * A vote that the log lacks is looked for by the parameter `position` in the tally of a ledger with partitions, and
 * answered as {"id","position","status"}: with its verdict when that can be told from id and position alone, else
 * "pending". A position that is not folded yet is taken at its word.
 *
 * 400 `bad_id`, 400 `malformed_request` (position), 404 `not_found`, 503 `busy` when the log or the tally cannot be
 * read: a verdict is never guessed. */
void vt_vote_lookup_serve(vt_reader *reader, const vt_request *request, vt_reply reply);

/* {"name","album","year","rank"} */
void vt_vote_json(const vt_record *record, vt_text *text);

typedef struct vt_found_vote {
    vt_id id;
    vt_position position;
    vt_verdict verdict;
    bool is_hidden;
    const vt_record *record; /* borrowed; NULL when the log lacks it */
} vt_found_vote;

/* The whole answer above. */
void vt_vote_lookup_json(const vt_found_vote *found, vt_text *text);

#endif
