/* GET over one kept-alive HTTP/1.1 connection, blocking: for the few requests before and after sending. */
#ifndef VT_CLIENT_HTTP_GET_H
#define VT_CLIENT_HTTP_GET_H

#include "client/http_reader.h"
#include "client/target.h"

enum { VT_HTTP_GET_BODY_BYTES_MAX = 67108864, VT_HTTP_GET_PATH_BYTES_MAX = 1024 };

typedef struct vt_http_get {
    const vt_target *target; /* resolved; borrowed */
    uint32_t timeout_ms;     /* for each read, write and attempt to connect */
    int fd;                  /* −1: not connected */
    vt_reason trouble;       /* why the last request that failed has no answer */
    vt_http_reader reader;
} vt_http_get;

/* In the caller's storage, which must not move. Connects with the first request. */
void vt_http_get_init(vt_http_get *get, const vt_target *target, uint32_t timeout_ms);
void vt_http_get_release(vt_http_get *get);

/* Asks for `path` (with its query, below VT_HTTP_GET_PATH_BYTES_MAX bytes), once more on a new connection when a kept
 * one turns out to be dead. *body is borrowed until the next call. GONE: no connection or no answer in time;
 * MALFORMED_REQUEST: the answer is no HTTP; TOO_LONG: the path is. `trouble` says more. */
VT_MUST_CHECK vt_err vt_http_get_run(vt_http_get *get, const char *path, int *status, vt_slice *body);

#endif
