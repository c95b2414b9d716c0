/* The newest event of the live stream: the ticker leaves it here, the loops pick it up. Never waits for a store. */
#ifndef VT_WEB_NEWS_H
#define VT_WEB_NEWS_H

#include "net/stream.h"

#include <pthread.h>
#include <stdint.h>

typedef struct vt_news {
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t wake;   /* the ticker: stopped or wanted */
    bool is_stopped;
    bool is_wanted;   /* a viewer waits for an event */
    vt_shared *event; /* or NULL before the first */
    uint64_t version; /* of `event`, from 1; 0 before the first */
    uint64_t heartbeats;
    int64_t checked_ns; /* when `event` was last known to be current */
} vt_news;

/* What a loop takes at once. It holds a reference to the event. */
typedef struct vt_news_issue {
    vt_shared *event;
    uint64_t version;
    uint64_t heartbeats;
} vt_news_issue;

void vt_news_init(vt_news *news);
void vt_news_release(vt_news *news);

/* The newest issue. */
vt_news_issue vt_news_take(vt_news *news);

/* As vt_news_take when the event was current at `oldest_ns` or later; else the ticker is woken and *out is unchanged.
 */
bool vt_news_take_current(vt_news *news, int64_t oldest_ns, vt_news_issue *out);

/* Whether there is another issue than this version. */
bool vt_news_has_other(vt_news *news, uint64_t version);

/* Ticker: makes `event`, whose reference it takes over, the newest. */
void vt_news_publish(vt_news *news, vt_shared *event, int64_t checked_ns);

/* Ticker: the newest event is still current. */
void vt_news_confirm(vt_news *news, int64_t checked_ns);

/* Ticker: everybody who has the event gets a heartbeat. */
void vt_news_beat(vt_news *news);

typedef enum vt_news_call { VT_NEWS_TIME, VT_NEWS_WANTED, VT_NEWS_STOPPED } vt_news_call;

/* Ticker: waits until a viewer wants an event, vt_news_stop, or `timeout_ms` have passed. */
vt_news_call vt_news_wait(vt_news *news, int64_t timeout_ms);

/* Ends the ticker's waiting for good. */
void vt_news_stop(vt_news *news);

#endif
