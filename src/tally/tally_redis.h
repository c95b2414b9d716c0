/* The tally in Redis, for readers: the sums over all partitions at one instant.
 *
 * A snapshot's positions are of each partition the next offset minus 1, wherever its fold began. Its pairs may be more
 * than VT_FOLD_PAIRS_MAX + 1: that is the limit of each partition. */
#ifndef VT_TALLY_TALLY_REDIS_H
#define VT_TALLY_TALLY_REDIS_H

#include "redis/redis_client.h"
#include "tally/tally.h"

/* Opens a tally for `partitions` (1..VT_PARTITIONS_MAX) partitions of the ledger. Connections are its own (one for each
 * reading thread, at most VT_TALLY_REDIS_CONNECTIONS_MAX; further threads wait up to `timeout_ms` for one, then
 * VT_ERR_BUSY). `timeout_ms` is also that of vt_redis_open. Borrows the url. Connects nothing yet. The caller owns
 * *out. VT_ERR_NO_MEMORY. vt_tally_read and the others then also fail with VT_ERR_OTHER_LEDGER, and with VT_ERR_BUSY
 * while a partition has no hash (the counters have not begun, or rebuild it), and with VT_ERR_CORRUPT, VT_ERR_SYSTEM
 * (vt_redis_call). */
enum { VT_TALLY_REDIS_CONNECTIONS_MAX = 8 };
VT_MUST_CHECK vt_err vt_tally_redis_open(const vt_redis_url *url, const vt_id *ledger_id, int32_t partitions,
                                         uint32_t timeout_ms, vt_tally **out);

/* Reads the contest's newest version that a counter copied into the tally: appends its JSON and sets *version, 0 when
 * there is none. Errors of vt_redis_call, VT_ERR_CORRUPT, those of vt_buf_append; nothing is changed then. */
VT_MUST_CHECK vt_err vt_tally_redis_contest(vt_redis *redis, vt_buf *json, uint32_t *version);

#endif
