/* The derived stores as the settings name them. */
#ifndef VT_CMD_STORE_URL_H
#define VT_CMD_STORE_URL_H

#include "cmd/service.h"
#include "mongo/mongo_url.h"
#include "redis/redis_url.h"

/* Reads --tally and --log. VT_ERR_BAD_CONFIG: `reason` names the setting and says what is wrong, without secrets. Both
 * hold passwords: to be wiped. */
VT_MUST_CHECK vt_err vt_store_url_tally(const vt_config *config, vt_redis_url *out, char reason[VT_SERVICE_REASON_MAX]);
VT_MUST_CHECK vt_err vt_store_url_log(const vt_config *config, vt_mongo_url *out, char reason[VT_SERVICE_REASON_MAX]);

/* Looks up the servers behind mongodb+srv://, which opening the log needs, so that a start waits for the name server:
 * VT_ERR_BUSY, and `reason` says so; other errors of vt_mongo_open. Nothing to do for other URLs. */
VT_MUST_CHECK vt_err vt_store_url_find_log(const vt_mongo_url *url, uint32_t timeout_ms,
                                           char reason[VT_SERVICE_REASON_MAX]);

#endif
