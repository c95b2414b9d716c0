/* GET /v1/results/stream: server-sent events that carry the whole result whenever it has moved.
 *
 * One thread, the ticker, looks 4 times a second whether anything moved (once a second when nobody watches, for the
 * metrics), renders one event for all viewers and wakes the loops that have some; each loop offers it to its own. A
 * viewer that is slower than that skips to the newest. There is an event, too, when the result becomes stale and when
 * it is current again. Every 15 s without an event there is a comment, which keeps proxies from closing and finds dead
 * peers.
 */
#ifndef VT_WEB_LIVE_H
#define VT_WEB_LIVE_H

#include "net/http.h"
#include "obs/metrics.h"
#include "web/view.h"

enum {
    VT_LIVE_TICK_MS = 250,
    VT_LIVE_IDLE_TICK_MS = 1000,
    VT_LIVE_HEARTBEAT_MS = 15000,
};

/* What clients are told to wait before they connect again. */
#define VT_LIVE_RETRY_MS_TEXT "1000"

typedef struct vt_live vt_live;

typedef struct vt_live_options {
    vt_views *views; /* borrowed */
    vt_metrics *metrics;
    uint32_t loops_count;
    uint32_t viewers_max; /* over all loops */
} vt_live_options;

/* Starts the ticker. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_live_open(const vt_live_options *options, vt_live **out);

/* Makes the request a viewer; 503 when there are too many. On its loop's thread. */
void vt_live_serve(vt_live *live, const vt_request *request, vt_reply reply);

/* Ends the ticker and waits until nothing is posted to a loop any more. The loops must be running. */
void vt_live_stop(vt_live *live);

void vt_live_close(vt_live *live); /* accepts NULL */

#endif
