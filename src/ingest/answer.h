/* What a client is told: the answers of all protocols, from the outcome of each item. */
#ifndef VT_INGEST_ANSWER_H
#define VT_INGEST_ANSWER_H

#include "ingest/intake.h"

/* Seconds in Retry-After of every 503. */
#define VT_RETRY_AFTER_SECONDS "1"

/* Answers a call whose items are all done, in the shape of its kind. */
void vt_ingest_answer(vt_intake *intake, const vt_call *call);

/* Answers a request that has no items: refused as a whole. `kind` tells the shape. */
void vt_ingest_refuse(vt_reply reply, vt_call_kind kind, vt_err err, vt_field field);

/* "counted", "duplicate" or "recorded". */
vt_slice vt_ingest_status(const vt_append *append);

#endif
