/* Between the protocols and the handlers: finds the route of a request, runs its handler, answers what the engine
 * itself refuses. */
#ifndef VT_NET_DISPATCH_H
#define VT_NET_DISPATCH_H

#include "net/exchange.h"

/* All headers are there: finds the route. The exchange becomes a gRPC one if its headers say so. On an error the
 * request is to be refused with it. */
VT_MUST_CHECK vt_err vt_dispatch_headers(vt_exchange *exchange);

/* Body bytes have arrived (without HTTP framing). Handlers of streaming gRPC may run inside, and the exchange may be
 * gone afterwards. On an error the request is to be refused with it. */
VT_MUST_CHECK vt_err vt_dispatch_body(vt_exchange *exchange, vt_slice bytes);

/* The whole request is there: runs its handler. The exchange may be gone afterwards. */
void vt_dispatch_end(vt_exchange *exchange);

/* Calls half_close of a streaming gRPC route unless that was done. The exchange may be gone afterwards. */
void vt_dispatch_half_close(vt_exchange *exchange);

/* Answers the exchange with an error that the engine itself found. */
void vt_dispatch_refuse(vt_exchange *exchange, vt_err err);

#endif
