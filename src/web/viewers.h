/* The viewers of the live stream that are connected to one loop. */
#ifndef VT_WEB_VIEWERS_H
#define VT_WEB_VIEWERS_H

#include "net/loop.h"
#include "obs/metrics.h"
#include "web/news.h"

/* What is served in one turn of a loop, so that votes never wait for viewers: so many of them, and until so many bytes
 * were offered (an event of more goes to one viewer a turn, as the kernel may take all of it at once). */
enum { VT_VIEWERS_CHUNK = 256, VT_VIEWERS_TURN_BYTES = 1048576 };

/* What the viewers of all loops share. */
typedef struct vt_audience {
    vt_news news;
    atomic_uint count;
    uint32_t count_max;
    vt_gauge *gauge; /* follows `count` */
    vt_counter *events;
    pthread_mutex_t mutex; /* of tasks_open and of every vt_viewers.loop */
    pthread_cond_t idle;   /* tasks_open became 0 */
    uint32_t tasks_open;
} vt_audience;

typedef struct vt_viewer {
    vt_reply reply;
    uint64_t version; /* of the event offered last; 0: none */
} vt_viewer;

/* All but the first four is used on the loop's thread only. Starts zeroed but for `audience`. */
typedef struct vt_viewers {
    vt_task task; /* in use while is_posted */
    atomic_bool is_posted;
    vt_audience *audience;
    vt_loop *loop; /* NULL until the first viewer; then it stays */
    vt_viewer *list;
    uint32_t count;
    uint32_t cap;
    /* A round serves every viewer once, some in each turn of the loop. */
    bool is_in_round;
    uint32_t round_next; /* the first viewer not served yet */
    bool round_beats;    /* viewers who have the event get a heartbeat */
    vt_news_issue round;
} vt_viewers;

/* Adds a viewer, whose stream has not started: starts it and offers the newest event, or asks the ticker for one.
 * VT_ERR_BUSY when there are too many, VT_ERR_NO_MEMORY: then the reply is still to be answered. On the loop's thread.
 */
VT_MUST_CHECK vt_err vt_viewers_add(vt_viewers *viewers, vt_reply reply);

/* Makes the loop serve its viewers with what is new; does nothing when it has had none or is about to. Any thread. */
void vt_viewers_notify(vt_viewers *viewers);

/* Waits until no loop has a task of the audience. Nobody may notify any more; the loops must be running. */
void vt_audience_wait_idle(vt_audience *audience);

void vt_viewers_release(vt_viewers *viewers);

#endif
