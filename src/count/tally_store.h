/* The tally in Redis as a derived store of a worker (count/worker.h): the fences of its partitions.
 *
 * A partition without a hash is never simply made anew once there is something to count, because the public would see
 * its sums begin at zero: it is rebuilt in the shadow up to the end of the log, then put in place. Several workers may
 * do so at once, as each step of the shadow is fenced like the live one. */
#ifndef VT_COUNT_TALLY_STORE_H
#define VT_COUNT_TALLY_STORE_H

#include "count/worker.h"
#include "redis/redis_url.h"
#include "tally/tally_views.h"
#include "vote/contest.h"

enum { VT_TALLY_STORE_CONTEST_BYTES_MAX = 4194304 }; /* of its JSON */

typedef struct vt_tally_store_options {
    const vt_redis_url *url; /* borrowed until close */
    uint32_t timeout_ms;     /* 10..60,000: for connecting and each answer */
    vt_id ledger_id;
    /* Its newest version (vt_contest_now) is copied into the tally, limits the votes, and holds views back while
     * results are hidden; borrowed until close. */
    const vt_contest *contest;
    vt_err (*write_contest)(const vt_contest *contest, vt_buf *out); /* appends its JSON; errors as vt_buf_append */
    vt_tally_views *views; /* published at most 4 times a second; of this store alone, borrowed until close; or NULL */
    vt_metrics *metrics;
} vt_tally_store_options;

/* Connects nothing yet. The caller owns *out, or a worker takes it over. On error `reason` says why.
 * VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_tally_store_open(const vt_tally_store_options *options, vt_derived **out,
                                         char reason[VT_REDIS_REASON_MAX]);

#endif
