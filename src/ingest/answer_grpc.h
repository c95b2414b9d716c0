/* The answers of the gRPC methods. `buf` is scratch and is overwritten.
 *
 * A refused vote is a gRPC status with the trailers votaton-error (the machine-readable code), votaton-field (when a
 * field is at fault) and votaton-id (when there is an id). In a batch each receipt tells for itself, and the status is
 * OK.
 */
#ifndef VT_INGEST_ANSWER_GRPC_H
#define VT_INGEST_ANSWER_GRPC_H

#include "ingest/intake.h"

void vt_ingest_answer_cast(vt_reply reply, const vt_item *item);
void vt_ingest_answer_cast_batch(vt_reply reply, vt_buf *buf, const vt_call *call);

/* confproto.replyInfo: info says the status and the id. */
void vt_ingest_answer_return_info(vt_reply reply, const vt_item *item);

void vt_ingest_grpc_error(vt_reply reply, vt_err err, vt_field field);

#endif
