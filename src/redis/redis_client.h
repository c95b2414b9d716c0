/* One connection to Redis that comes back by itself. One thread at a time.
 *
 * A call connects when there is no connection. After a failure the connection is closed, and calls fail at once, with
 * VT_ERR_BUSY or as the password was refused, until a pause (100 ms, doubling up to 1 s) is over: callers decide how
 * often they ask. The program ignores SIGPIPE, which writing to a connection that the server has closed would raise.
 */
#ifndef VT_REDIS_REDIS_CLIENT_H
#define VT_REDIS_REDIS_CLIENT_H

#include "redis/redis_url.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

typedef struct vt_redis vt_redis;

/* Makes a client; connects nothing yet. Borrows the url until close. `timeout_ms` (10..60,000) is for connecting and
 * for each answer. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_redis_open(const vt_redis_url *url, uint32_t timeout_ms, vt_redis **out);
void vt_redis_close(vt_redis *redis); /* accepts NULL */

/* One command; arguments may hold any bytes. The caller owns *out (freeReplyObject).
 * VT_ERR_BUSY      no connection, a timeout, a connection that broke: whether it was executed is not known; also
 *                  LOADING, BUSY, READONLY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN, NOREPLICAS, MISCONF, too many clients:
 *                  it was not executed; and a wrong or missing password, once a command had been answered before
 * VT_ERR_FULL      OOM: it was not executed
 * VT_ERR_NOT_FOUND NOSCRIPT, an unknown function, RENAME of no key: it was not executed
 * VT_ERR_SYSTEM    any other error of the server (wrong password, no permission, wrong type …)
 * vt_redis_reason then has the server's or the system's words. *out is set on VT_OK only. */
VT_MUST_CHECK vt_err vt_redis_call(vt_redis *redis, const vt_slice *arguments, size_t count, redisReply **out);

/* Several commands in one flight: adds one; vt_redis_flush sends them all and hands the answers over, in order. A
 * command's own error is VT_ERR_* in the slot, with a NULL reply; the whole call fails only as VT_ERR_BUSY. At most
 * VT_REDIS_PIPELINE_MAX. The caller owns each reply. `count` is how many were added; after an error of vt_redis_add
 * (VT_ERR_BUSY; while connecting also those that AUTH and SELECT are refused with, as above) all that were added before
 * are gone, and nothing is left to flush. */
enum { VT_REDIS_PIPELINE_MAX = 2 * 256 + 16 };
typedef struct vt_redis_answer {
    vt_err err;
    redisReply *reply;
} vt_redis_answer;
VT_MUST_CHECK vt_err vt_redis_add(vt_redis *redis, const vt_slice *arguments, size_t count);
VT_MUST_CHECK vt_err vt_redis_flush(vt_redis *redis, vt_redis_answer *answers, size_t count);

/* For who knows that the server is back: the next call connects anew, whatever stands open and whatever pause there is.
 * Nothing may be added and not flushed. */
void vt_redis_renew(vt_redis *redis);

/* Why the last call failed: one line, no secrets; lives until the next call. */
const char *vt_redis_reason(const vt_redis *redis);

/* What all keys of the contest begin with, from the URL. Lives as long as the URL. */
const char *vt_redis_key(const vt_redis *redis);

/* Counts the connections that were made: another number than before means that anything may have changed meanwhile. */
uint64_t vt_redis_connections(const vt_redis *redis);

#endif
