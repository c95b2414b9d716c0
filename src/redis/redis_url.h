/* A tally's URL: redis://[[user]:password@]host[:port][/database][?key=NAME]. */
#ifndef VT_REDIS_REDIS_URL_H
#define VT_REDIS_REDIS_URL_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

enum { VT_REDIS_TEXT_MAX = 255, VT_REDIS_REASON_MAX = 256, VT_REDIS_PORT_DEFAULT = 6379 };

#define VT_REDIS_KEY_DEFAULT "votaton"

typedef struct vt_redis_url {
    char host[VT_REDIS_TEXT_MAX + 1];
    uint16_t port;
    uint32_t database;
    char user[VT_REDIS_TEXT_MAX + 1];     /* empty: none */
    char password[VT_REDIS_TEXT_MAX + 1]; /* empty: none */
    char key[65];                         /* [a-zA-Z0-9._:-]{1,64}: what all keys of the contest begin with, as {key} */
} vt_redis_url;

/* VT_ERR_BAD_CONFIG, and `reason` says what is wrong, without the password; `rediss://` is refused, as the client
 * library that Debian ships cannot do TLS. */
VT_MUST_CHECK vt_err vt_redis_url_parse(vt_slice text, vt_redis_url *out, char reason[VT_REDIS_REASON_MAX]);

#endif
