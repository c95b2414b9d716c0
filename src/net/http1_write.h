/* The answers of HTTP/1.1: status line, headers, bodies and chunks. */
#ifndef VT_NET_HTTP1_WRITE_H
#define VT_NET_HTTP1_WRITE_H

#include "net/conn.h"

/* Moves what a streamed answer has ready into the connection's output, and its end when that is reached. */
void vt_http1_write_stream(vt_conn *conn);

#endif
