/* Answers that go on: server-sent events, streamed bodies, streaming gRPC. On the reply's loop thread only, but for
 * vt_shared_*. */
#ifndef VT_NET_STREAM_H
#define VT_NET_STREAM_H

#include "net/http.h"

/* Immutable bytes that many connections send at once; counted references, any thread. */
typedef struct vt_shared vt_shared;

/* Copies `bytes`; the caller holds one reference. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_shared_new(vt_slice bytes, vt_shared **out);
vt_shared *vt_shared_ref(vt_shared *shared);
void vt_shared_unref(vt_shared *shared); /* accepts NULL */
vt_slice vt_shared_slice(const vt_shared *shared);

/* Starts an HTTP answer whose body follows piece by piece (chunked for HTTP/1.1). `answer->body` is ignored.
 * VT_ERR_GONE when the peer is. */
VT_MUST_CHECK vt_err vt_stream_start(vt_reply reply, const vt_http_answer *answer);

/* Offers the newest state. A viewer that is still sending keeps its piece, drops what waited behind it and sends this
 * one next: a blocked viewer skips to the newest. For gRPC the bytes are one message, which is framed here. A viewer
 * that takes nothing for 30 s is cut. Takes its own reference. VT_ERR_GONE. */
VT_MUST_CHECK vt_err vt_stream_offer(vt_reply reply, vt_shared *shared);

/* Queues a piece behind what waits (copied): one message of a gRPC stream, which is framed here, or bytes of a streamed
 * body. A gRPC answer needs no vt_stream_start: its first piece starts it.
 * VT_ERR_FULL when more than VT_STREAM_QUEUE_BYTES_MAX would wait, or the loop has no memory left for it;
 * VT_ERR_GONE. */
enum { VT_STREAM_QUEUE_BYTES_MAX = 1048576 };
VT_MUST_CHECK vt_err vt_stream_write(vt_reply reply, vt_slice bytes);

/* Lets a streaming gRPC call be without messages for as long as it likes. Others end with DEADLINE_EXCEEDED when none
 * has come or gone for vt_server_limits.idle_ms. */
void vt_stream_allow_silence(vt_reply reply);

/* Ends the body, or the gRPC stream with its trailers (`answer->message` is ignored), after what waits. */
void vt_stream_end(vt_reply reply);
void vt_stream_end_grpc(vt_reply reply, const vt_grpc_answer *answer);

#endif
