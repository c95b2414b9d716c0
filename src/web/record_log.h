/* The log of votes: GET /v1/log, its older names (/data, /logs, /api/logs, /votos, /datos) and the page /log. */
#ifndef VT_WEB_RECORD_LOG_H
#define VT_WEB_RECORD_LOG_H

#include "web/read.h"
#include "web/text.h"

enum { VT_LOG_LIMIT_DEFAULT = 20 };

/* Answers the newest votes in this shape. The parameters before, band and limit count for all but the aliases; 400
 * when one of them cannot be read. */
void vt_record_log_serve(vt_reader *reader, vt_log_shape shape, const vt_request *request, vt_reply reply);

/* Reads the parameters. VT_ERR_MALFORMED_REQUEST, or what vt_vote_check says of the band; *what then names the fault.
 */
VT_MUST_CHECK vt_err vt_record_log_parse(vt_slice query, vt_read_log *out, const char **what);

/* The rows that were found. */
typedef struct vt_log_rows {
    const vt_votelog_row *rows;
    uint32_t count;
    bool is_hidden;   /* results are hidden, so there are no rows */
    bool is_unjudged; /* the tally cannot be read: of rows without a verdict it is only known that they are recorded */
} vt_log_rows;

/* "counted", "pending" …, as vt_verdict_name; "recorded" for an unjudged row. Static. */
vt_slice vt_log_status(const vt_log_rows *found, const vt_votelog_row *row);

/* {"votes":[{"id","position","status","vote","at"}],"next":"position"|null}; "hidden":true besides when it is so. There
 * is a next page to ask for when as many rows were found as were wanted. */
void vt_record_log_json(const vt_log_rows *found, uint32_t limit, vt_text *text);

/* [{"message","data","timestamp","id"}], the shape of older log services. */
void vt_record_log_alias_json(const vt_log_rows *found, vt_text *text);

#endif
