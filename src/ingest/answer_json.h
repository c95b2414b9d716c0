/* The answers of the JSON paths. `buf` is scratch and is overwritten. */
#ifndef VT_INGEST_ANSWER_JSON_H
#define VT_INGEST_ANSWER_JSON_H

#include "ingest/intake.h"

/* {"message":"ok","id","position","status"}, or {"error":{…},"id"} with the status of the error. */
void vt_ingest_answer_json_one(vt_reply reply, const vt_item *item);

/* {"message":"ok","votes":[…]} with 200. When no vote at all was taken and each may be retried, 503 with Retry-After
 * and an "error" beside "votes" instead of the message, so that a client that only looks at the status is not misled.
 */
void vt_ingest_answer_json_batch(vt_reply reply, vt_buf *buf, const vt_call *call);

/* {"error":{"code","message","field"?}}. */
void vt_ingest_json_error(vt_reply reply, vt_err err, vt_field field);

#endif
