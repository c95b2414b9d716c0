/* The end of an answer, shared by whole and streamed ones. */
#ifndef VT_NET_REPLY_END_H
#define VT_NET_REPLY_END_H

#include "net/exchange.h"
#include "net/meter.h"

enum { VT_REPLY_TEXT_MAX = 512 }; /* bytes of grpc-message before encoding; longer texts are cut */

/* Nothing more is taken for this exchange; counts it. */
void vt_reply_mark_answered(vt_exchange *exchange, vt_outcome outcome);

/* Ends a gRPC exchange with its trailers, after the message if its ptr is not NULL. */
void vt_reply_end_grpc(vt_exchange *exchange, const vt_grpc_answer *answer, vt_slice message);

#endif
