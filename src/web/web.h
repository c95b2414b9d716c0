/* The reading side over HTTP: results, live stream, votes, contest, log, and the two pages.
 *
 * Life: vt_web_open, vt_web_routes into a router, the server runs, vt_server_drain, vt_web_stop, vt_server_close,
 * vt_web_close. Everything that touches a store runs on threads of its own; the loops only copy finished answers.
 */
#ifndef VT_WEB_WEB_H
#define VT_WEB_WEB_H

#include "net/router.h"
#include "obs/metrics.h"
#include "tally/tally.h"
#include "vote/contest.h"
#include "votelog/votelog.h"

typedef struct vt_web vt_web;

enum { VT_WEB_LOOPS_MAX = 64 };

typedef struct vt_web_limits {
    uint32_t pool_threads;     /* 1..VT_POOL_THREADS_MAX; 2 */
    uint32_t queue_max;        /* reads that wait; 1,024. Further ones get 503 */
    uint32_t read_deadline_ms; /* a read that waited longer gets 503 without touching a store; 5,000 */
    uint32_t loops_count;      /* loops of the server, 1..VT_WEB_LOOPS_MAX */
    uint32_t viewers_max;      /* of the live stream, over all loops; 10,000. Further ones get 503 */
} vt_web_limits;

/* The limits above for a server of so many loops. */
vt_web_limits vt_web_limits_default(uint32_t loops_count);

/* Everything is borrowed and must outlive the vt_web. */
typedef struct vt_web_options {
    vt_tally *tally;
    vt_votelog *votelog;
    const vt_contest *contest;
    vt_metrics *metrics;
    vt_web_limits limits;
    bool posts_elsewhere; /* votes are taken by another service behind the same name: POSTs on the paths that the pages
                           * share with it are sent there by 308 */
} vt_web_options;

/* Starts the reading threads and registers the metrics (the collector of votaton_band_votes included, so `metrics` must
 * not be rendered after vt_web_close). The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM; VT_ERR_FULL when the
 * contest's names are too much for one answer. */
VT_MUST_CHECK vt_err vt_web_open(const vt_web_options *options, vt_web **out);

/* The routes; they live as long as the vt_web. */
vt_route_table vt_web_routes(vt_web *web);

/* Ends the live streams' ticker, answers what was taken and waits until nothing of it is posted to a loop any more;
 * requests that still come get 503. The loops must be running. Before vt_server_close. */
void vt_web_stop(vt_web *web);

/* Frees. The server is closed, and vt_web_stop was called if it ever served. Accepts NULL. */
void vt_web_close(vt_web *web);

#endif
