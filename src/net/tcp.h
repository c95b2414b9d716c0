/* A connection's socket: libuv's side of net/conn.h. */
#ifndef VT_NET_TCP_H
#define VT_NET_TCP_H

#include "net/conn.h"
#include "net/worker.h"

enum { VT_TCP_DISCARD_BYTES_MAX = 4 << 20 };

struct vt_tcp {
    uv_tcp_t handle;
    uv_write_t write;
    uv_shutdown_t shutdown;
    vt_worker *worker;
    vt_tcp *prev;
    vt_tcp *next; /* also links spare ones */
    vt_conn conn;
    vt_output sending; /* what libuv is writing */
    size_t queue_seen; /* its size when progress was last looked for */
    uint32_t discarded;
    bool is_writing;
    bool is_reading;
    bool is_shut; /* nothing more is sent; lingering or closing */
    bool is_turned_away;
};

static inline vt_tcp *vt_tcp_of(vt_conn *conn) {
    return (vt_tcp *) (void *) ((char *) conn - offsetof(vt_tcp, conn));
}

/* Begins a connection on an accepted socket, which is owned from then on but not after an error. It does something at
 * the worker's next vt_worker_flush. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_tcp_open(vt_worker *worker, int fd);

/* Sends what the connection has to say and closes it if it is over. */
void vt_tcp_flush(vt_tcp *tcp);

/* Closes at once. Replies to its requests are dead. */
void vt_tcp_close(vt_tcp *tcp);

/* Looks which blocked sockets have taken something, so that only those that take nothing are cut. */
void vt_tcp_note_progress(vt_worker *worker);

/* Frees the memory of connections that have ended. */
void vt_tcp_free_spare(vt_worker *worker);

#endif
