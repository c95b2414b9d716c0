/* What http2.c (requests), http2_write.c (answers) and http2_expire.c (deadlines) share. */
#ifndef VT_NET_HTTP2_SESSION_H
#define VT_NET_HTTP2_SESSION_H

#include "net/bucket.h"
#include "net/http2.h"

#include <nghttp2/nghttp2.h>

struct vt_http2 {
    nghttp2_session *session;
    vt_bucket resets;
    vt_bucket controls;
    int32_t block_stream_id; /* whose header block arrives */
    vt_exchange *block;
    bool is_last_announced; /* the final GOAWAY is on its way */
};

/* The exchange of a stream, or NULL when it is gone. */
vt_exchange *vt_http2_exchange(vt_http2 *http2, int32_t stream_id);

/* Resets a stream with an error code of RFC 9113 §7; without memory the connection is dead. */
void vt_http2_reset_stream(vt_conn *conn, int32_t stream_id, uint32_t code);

/* Ends the connection with GOAWAY; what still comes in is ignored. */
void vt_http2_terminate(vt_conn *conn, uint32_t code);

#endif
