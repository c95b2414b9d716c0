/* One request and its answer. The loop's table gives each a slot; a vt_reply names the slot and its generation, so that
 * an answer that comes too late finds nothing. */
#ifndef VT_NET_EXCHANGE_H
#define VT_NET_EXCHANGE_H

#include "net/inbound.h"
#include "net/outbound.h"
#include "net/router.h"
#include "net/wheel.h"

typedef struct vt_conn vt_conn;
typedef struct vt_exchange vt_exchange;

typedef struct vt_exchange_list {
    vt_exchange *first;
    vt_exchange *last;
    uint32_t count;
} vt_exchange_list;

struct vt_exchange {
    vt_loop *loop;
    vt_conn *conn; /* NULL while the slot is free */
    vt_exchange_list *list;
    vt_exchange *prev;
    vt_exchange *next; /* also links free slots */
    uint32_t slot;
    uint32_t generation;
    int32_t stream_id; /* HTTP/2 */
    vt_protocol protocol;
    bool has_headers;    /* all request headers are there */
    bool is_received;    /* the whole request is there */
    bool is_head;        /* the answer has no body */
    bool is_safe;        /* the request changes nothing (RFC 9110 §9.2.1) */
    bool is_started;     /* the answer's headers are on their way */
    bool is_streaming;   /* vt_stream_start or a first vt_stream_write was called */
    bool is_answered;    /* the end of the answer is known: nothing more is taken */
    bool is_ending;      /* GRPC_STREAM: half_close was called */
    bool is_silent;      /* GRPC_STREAM: it may be without messages for as long as it likes */
    bool is_deferred;    /* nghttp2 waits for nghttp2_session_resume_data */
    vt_err refusal;      /* why the request is refused, while the rest of it is still coming */
    int64_t since_ms;    /* when it began to arrive */
    int64_t progress_ms; /* when its peer last took bytes, or the first byte began to wait */
    const vt_route *route;
    void *context;
    vt_inbound *inbound;    /* until the handler has returned */
    vt_wheel_node deadline; /* grpc-timeout */
    vt_outbound outbound;
    vt_buf trailers; /* of an answer under way: see net/fields.h */
    uint8_t note_name_len;
    uint8_t note_value_len;
    char note_name[VT_NOTE_NAME_MAX];
    char note_value[VT_NOTE_VALUE_MAX];
};

enum { VT_EXCHANGES_MAX = 1 << 17, VT_EXCHANGE_CHUNK = 64 };

typedef struct vt_exchange_table {
    vt_exchange **chunks; /* VT_EXCHANGE_CHUNK exchanges each */
    uint32_t chunks_count;
    uint32_t in_use;
    vt_exchange *free;
} vt_exchange_table;

/* Takes a free slot for a request of the connection and links it into the connection's receiving list. NULL when
 * VT_EXCHANGES_MAX are in use, without memory, or without room in the loop's account or in what the connection may send
 * of unfinished requests. */
vt_exchange *vt_exchange_take(vt_conn *conn, vt_protocol protocol);

/* Frees the slot: replies to it are dead from now on. Drops what was not sent. */
void vt_exchange_give(vt_exchange *exchange);

void vt_exchange_table_release(vt_exchange_table *table);

/* The exchange that a reply names, or NULL when it is gone or answered. */
vt_exchange *vt_exchange_find(vt_reply reply);

static inline vt_reply vt_exchange_reply(const vt_exchange *exchange) {
    return (vt_reply){exchange->loop, exchange->slot, exchange->generation};
}

/* Appends to what the exchange has to say, framed as a message for gRPC. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_exchange_append(vt_exchange *exchange, vt_slice bytes);

/* Replaces the newest piece of what it has to say; takes a reference. */
void vt_exchange_offer(vt_exchange *exchange, vt_shared *shared);

/* Moves the exchange to the end of a list. */
void vt_exchange_move(vt_exchange *exchange, vt_exchange_list *list);

#endif
