/* Where votes are sent, or results asked for: the URL behind --to or --results, taken apart (RFC 3986 §3). */
#ifndef VT_CLIENT_TARGET_H
#define VT_CLIENT_TARGET_H

#include "base/err.h"
#include "client/reason.h"

#include <stdint.h>
#include <sys/socket.h>

enum {
    VT_TARGET_HOST_BYTES = 256,
    VT_TARGET_PATH_BYTES = 1024,
    VT_TARGET_AUTHORITY_BYTES = VT_TARGET_HOST_BYTES + 8,
    VT_TARGET_ADDRESSES_MAX = 8,
};

typedef enum vt_target_scheme { VT_TARGET_HTTP, VT_TARGET_GRPC } vt_target_scheme;

typedef struct vt_target {
    vt_target_scheme scheme;
    char host[VT_TARGET_HOST_BYTES];           /* a name or an address, without the brackets of IPv6 */
    char authority[VT_TARGET_AUTHORITY_BYTES]; /* host and port as the Host header carries them */
    char path[VT_TARGET_PATH_BYTES];           /* for HTTP: with its query; "/v1/votes" when the URL names none */
    uint16_t port;
    uint32_t addresses_count; /* 0 until vt_target_resolve */
    struct sockaddr_storage addresses[VT_TARGET_ADDRESSES_MAX];
} vt_target;

/* Reads `http://HOST[:PORT][/path]` (port 80 when left out) or `grpc://HOST:PORT`. On error *out is unchanged and
 * *reason says what is wrong with `setting`. BAD_CONFIG. */
VT_MUST_CHECK vt_err vt_target_parse(const char *setting, const char *url, vt_target *out, vt_reason *reason);

/* Looks the host up, once and blocking, and keeps at most VT_TARGET_ADDRESSES_MAX addresses. NOT_FOUND. */
VT_MUST_CHECK vt_err vt_target_resolve(vt_target *target, vt_reason *reason);

#endif
