/* Public views: what dashboards read from Redis. Plain hashes and counters, absolute sums, nothing else in them.
 *
 * A list of views is a text "KIND KEY [TEMPLATE]; …": `hash votos_banda {name}; hash votos_album {album};
 * hash albums {name}:{album}:{year}; string total`. KIND hash: a field for each value of the template, whose value is
 * the votes of all pairs that have it; string: all votes. `votos_banda` and `votos_album` are the default. A template
 * holds at least one of {name}, {album}, {year}, each once, and other texts around them. Keys stand in Redis as they
 * are written here, without a hash tag (Redis Cluster is not supported), and belong to the views alone.
 */
#ifndef VT_TALLY_TALLY_VIEWS_H
#define VT_TALLY_TALLY_VIEWS_H

#include "redis/redis_client.h"
#include "vote/positions.h"

#define VT_VIEWS_DEFAULT "hash votos_banda {name}; hash votos_album {album}"

enum {
    VT_VIEWS_MAX = 16,
    VT_VIEW_FIELDS_MAX = 3900,  /* those with the fewest votes are summed under "(other)" */
    VT_VIEWS_REWRITE_MS = 5000, /* so that a view that somebody changed comes back, even if no vote does */
};

typedef struct vt_tally_views vt_tally_views;

/* Reads the list. The caller owns *out. VT_ERR_BAD_CONFIG, and `reason` says why; VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_tally_views_open(vt_slice list, const vt_id *ledger_id, int32_t partitions,
                                         vt_tally_views **out, char reason[VT_REDIS_REASON_MAX]);
void vt_tally_views_close(vt_tally_views *views); /* accepts NULL */

/* Reads all partitions at one instant and writes each view by one command: atomic, and never backwards, however many
 * processes publish at once. Nothing is written while a partition has no hash, and when nothing moved since this object
 * wrote last, less than VT_VIEWS_REWRITE_MS ago. Fields that have vanished are deleted. Results that are hidden are
 * published all the same by whoever asks: the caller decides. VT_ERR_OTHER_LEDGER, VT_ERR_CORRUPT, VT_ERR_NO_MEMORY,
 * errors of vt_redis_call (VT_ERR_SYSTEM when a view's key holds something of another type). */
VT_MUST_CHECK vt_err vt_tally_views_publish(vt_tally_views *views, vt_redis *redis);

#endif
