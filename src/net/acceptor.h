/* Takes the connections that arrive at a worker's listening socket.
 *
 * libuv's own listener asks the kernel again and again when there is no descriptor or no memory for a connection, and
 * serves nobody meanwhile. This one tells the clients that wait (503), rests, and tries again.
 */
#ifndef VT_NET_ACCEPTOR_H
#define VT_NET_ACCEPTOR_H

#include <stdbool.h>
#include <uv.h>

typedef struct vt_worker vt_worker; /* net/worker.h */

enum {
    VT_ACCEPTOR_REST_MS = 100, /* without descriptors or memory */
    VT_ACCEPTOR_SHED_MAX = 64, /* connections that are turned away before each rest */
};

typedef struct vt_acceptor {
    vt_worker *worker;
    uv_poll_t poll;
    uv_timer_t rest;
    int fd;      /* the listening socket */
    int reserve; /* a descriptor to do without when there is no other; -1 while it is given up */
    bool is_open;
} vt_acceptor;

/* Listens on the bound socket `fd`, which is owned from then on, also on an error. 0, or an errno. After an error, as
 * before the loop is closed, vt_acceptor_close is called. */
int vt_acceptor_open(vt_acceptor *acceptor, vt_worker *worker, int fd);

/* Takes no more connections; the kernel refuses those that wait. A second call does nothing. */
void vt_acceptor_close(vt_acceptor *acceptor);

#endif
