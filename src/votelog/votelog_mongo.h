/* The vote log in MongoDB, for readers. One document for each ledger record:
 *
 *   _id         binary: ledger id, partition, offset (log_key.h)
 *   message     "vote recorded"
 *   data        {name, album, year, rank}
 *   timestamp   Date: the ledger's append time
 *   position    "3:1234", for people
 *   vote_id     16 bytes (binary subtype 4)
 *   fp          16 bytes
 *   points      long
 *   at          Date: when ingest took it
 *
 * Indexes: {timestamp: -1, _id: -1}; {"data.name": 1, timestamp: -1, _id: -1}; {vote_id: 1, _id: 1}. Repeated records
 * of one vote (same vote_id) are shown once, the first: pages collapse them. Documents of other ledgers, or of others,
 * may lie in the same collection: they are not seen. */
#ifndef VT_VOTELOG_VOTELOG_MONGO_H
#define VT_VOTELOG_VOTELOG_MONGO_H

#include "mongo/mongo_url.h"
#include "votelog/votelog.h"

enum { VT_LOG_CONNECTIONS_MAX = 8, VT_LOG_QUERIES_MAX = 100 };

/* vt_votelog_list may return fewer rows than its limit, or VT_ERR_FULL and none, where more than VT_LOG_QUERIES_MAX
 * queries would be needed to get past repeated records: tens of thousands in a row. What is stored and no vote is
 * VT_ERR_CORRUPT; what MongoDB refuses is VT_ERR_IO.
 *
 * Borrows nothing. Connections are pooled (at most VT_LOG_CONNECTIONS_MAX), each answer has `timeout_ms`. Waits for no
 * server. Rows come with verdict NONE; they are durable on a majority. The caller owns *out. On error `reason` says
 * why: VT_ERR_BAD_CONFIG, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_votelog_mongo_open(const vt_mongo_url *url, const vt_id *ledger_id, uint32_t timeout_ms,
                                           vt_votelog **out, char reason[VT_MONGO_REASON_MAX]);

#endif
