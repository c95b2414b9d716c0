/* Listening sockets: one for each thread, sharing a port by SO_REUSEPORT. */
#ifndef VT_NET_LISTEN_H
#define VT_NET_LISTEN_H

#include "net/server.h"

#include <sys/socket.h>

enum { VT_LISTEN_TEXT_MAX = 64 };

typedef struct vt_listen_address {
    struct sockaddr_storage storage;
    socklen_t len;
} vt_listen_address;

/* Reads "HOST:PORT", "[IPv6]:PORT" or ":PORT" (every interface); HOST may be a name. VT_ERR_BAD_CONFIG. */
VT_MUST_CHECK vt_err vt_listen_parse(const char *text, vt_listen_address *out, char reason[VT_SERVER_REASON_MAX]);

/* Checks that nobody else has the port, by binding without SO_REUSEPORT. Port 0 is always free. VT_ERR_IN_USE,
 * VT_ERR_BAD_CONFIG (not an address of this machine), VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_listen_probe(const vt_listen_address *address, char reason[VT_SERVER_REASON_MAX]);

/* Binds a socket with SO_REUSEPORT (not listening yet; the caller closes it) and writes the port that was picked back
 * into `address`. Errors as vt_listen_probe. */
VT_MUST_CHECK vt_err vt_listen_bind(vt_listen_address *address, int *out_fd, char reason[VT_SERVER_REASON_MAX]);

/* Writes "127.0.0.1:8080" or "[::1]:8080". */
void vt_listen_format(const vt_listen_address *address, char out[VT_LISTEN_TEXT_MAX]);

#endif
