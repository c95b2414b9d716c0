#include "web/viewers.h"

#include "base/clock.h"
#include "web/answer.h"
#include "web/live.h"

#include <stdlib.h>

enum { VIEWERS_FIRST = 16, VIEWERS_NS_PER_MS = 1000000 };

static void viewers_run(vt_task *task);

/* Accounts for a task that is about to be posted, or was run. */
static void audience_count_task(vt_audience *audience, int change) {
    pthread_mutex_lock(&audience->mutex);
    audience->tasks_open += (uint32_t) change;
    if (audience->tasks_open == 0) {
        pthread_cond_broadcast(&audience->idle);
    }
    pthread_mutex_unlock(&audience->mutex);
}

void vt_audience_wait_idle(vt_audience *audience) {
    pthread_mutex_lock(&audience->mutex);
    while (audience->tasks_open > 0) {
        pthread_cond_wait(&audience->idle, &audience->mutex);
    }
    pthread_mutex_unlock(&audience->mutex);
}

static vt_loop *viewers_loop(vt_viewers *viewers) {
    pthread_mutex_lock(&viewers->audience->mutex);
    vt_loop *loop = viewers->loop;
    pthread_mutex_unlock(&viewers->audience->mutex);
    return loop;
}

static void viewers_set_loop(vt_viewers *viewers, vt_loop *loop) {
    pthread_mutex_lock(&viewers->audience->mutex);
    viewers->loop = loop;
    pthread_mutex_unlock(&viewers->audience->mutex);
}

void vt_viewers_notify(vt_viewers *viewers) {
    vt_loop *loop = viewers_loop(viewers);
    if (loop != NULL && !atomic_exchange(&viewers->is_posted, true)) {
        audience_count_task(viewers->audience, 1);
        viewers->task.run = viewers_run;
        vt_loop_post(loop, &viewers->task);
    }
}

static void viewers_drop(vt_viewers *viewers, uint32_t i) {
    viewers->list[i] = viewers->list[--viewers->count];
    atomic_fetch_sub(&viewers->audience->count, 1);
    vt_gauge_add(viewers->audience->gauge, -1);
}

static vt_err viewers_offer(const vt_viewers *viewers, vt_viewer *viewer, const vt_news_issue *issue) {
    viewer->version = issue->version;
    vt_counter_add(viewers->audience->events, 1);
    return vt_stream_offer(viewer->reply, issue->event);
}

/* Sends what a viewer lacks. VT_ERR_GONE when there is nobody. */
static vt_err viewers_serve(const vt_viewers *viewers, vt_viewer *viewer) {
    if (viewer->version < viewers->round.version) {
        return viewers_offer(viewers, viewer, &viewers->round);
    }
    if (!viewers->round_beats) {
        return VT_OK;
    }
    vt_err err = vt_stream_write(viewer->reply, VT_SLICE(": \n\n"));
    return err == VT_ERR_FULL ? VT_OK : err; /* a viewer that slow has bytes to come anyway */
}

static void viewers_begin_round(vt_viewers *viewers) {
    uint64_t beats_before = viewers->round.heartbeats;
    viewers->round = vt_news_take(&viewers->audience->news);
    viewers->round_beats = viewers->round.heartbeats != beats_before;
    viewers->round_next = 0;
    viewers->is_in_round = true;
}

static void viewers_end_round(vt_viewers *viewers) {
    vt_shared_unref(viewers->round.event);
    viewers->round.event = NULL;
    viewers->is_in_round = false;
}

/* Serves the next viewers, as many as one turn allows. */
static void viewers_serve_chunk(vt_viewers *viewers) {
    const vt_news_issue *round = &viewers->round;
    size_t event_bytes = round->event == NULL ? 0 : vt_shared_slice(round->event).len;
    size_t offered = 0;
    for (uint32_t served = 0; served < VT_VIEWERS_CHUNK && offered < VT_VIEWERS_TURN_BYTES; served++) {
        if (viewers->round_next >= viewers->count) {
            return;
        }
        vt_viewer *viewer = &viewers->list[viewers->round_next];
        offered += viewer->version < round->version ? event_bytes : 0;
        if (viewers_serve(viewers, viewer) == VT_OK) {
            viewers->round_next++;
        } else {
            viewers_drop(viewers, viewers->round_next);
        }
    }
}

static void viewers_run(vt_task *task) {
    vt_viewers *viewers = (vt_viewers *) ((char *) task - offsetof(vt_viewers, task));
    vt_audience *audience = viewers->audience;
    if (!viewers->is_in_round) {
        viewers_begin_round(viewers);
    }
    viewers_serve_chunk(viewers);
    if (viewers->round_next >= viewers->count) {
        viewers_end_round(viewers);
    }
    atomic_store(&viewers->is_posted, false);
    /* While the task was posted, a newer event did not post it again. */
    if (viewers->is_in_round || vt_news_has_other(&audience->news, viewers->round.version)) {
        vt_viewers_notify(viewers);
    }
    audience_count_task(audience, -1);
}

/* Forgets viewers whose connection has ended; otherwise that is noticed at the next event or heartbeat. */
static void viewers_sweep(vt_viewers *viewers) {
    for (uint32_t i = 0; i < viewers->count;) {
        if (vt_reply_is_open(viewers->list[i].reply)) {
            i++;
        } else {
            viewers_drop(viewers, i);
        }
    }
}

static vt_err viewers_make_room(vt_viewers *viewers) {
    if (viewers->count < viewers->cap) {
        return VT_OK;
    }
    uint32_t cap = viewers->cap == 0 ? VIEWERS_FIRST : viewers->cap * 2;
    vt_viewer *list = realloc(viewers->list, cap * sizeof *list);
    if (list == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    viewers->list = list;
    viewers->cap = cap;
    return VT_OK;
}

/* Counts one more viewer over all loops. VT_ERR_BUSY when there are too many. */
static vt_err viewers_admit(vt_viewers *viewers) {
    vt_audience *audience = viewers->audience;
    if (atomic_load(&audience->count) >= audience->count_max) {
        viewers_sweep(viewers);
    }
    if (atomic_fetch_add(&audience->count, 1) >= audience->count_max) {
        atomic_fetch_sub(&audience->count, 1);
        return VT_ERR_BUSY;
    }
    vt_gauge_add(audience->gauge, 1);
    return VT_OK;
}

static vt_err viewers_start(vt_reply reply) {
    vt_answer answer = {.kind = VT_ANSWER_EVENTS, .status = 200};
    vt_header room[VT_REPLY_HEADERS_MAX];
    vt_http_answer http;
    vt_answer_lay_out(&answer, room, &http);
    vt_err err = vt_stream_start(reply, &http);
    return err == VT_OK ? vt_stream_write(reply, VT_SLICE("retry: " VT_LIVE_RETRY_MS_TEXT "\n\n")) : err;
}

/* The first event, at once when it is known to be current; else the ticker looks now and notifies. */
static vt_err viewers_greet(const vt_viewers *viewers, vt_viewer *viewer) {
    int64_t oldest_ns = vt_clock_monotonic_ns() - (int64_t) VT_LIVE_TICK_MS * VIEWERS_NS_PER_MS;
    vt_news_issue issue;
    if (!vt_news_take_current(&viewers->audience->news, oldest_ns, &issue)) {
        return VT_OK;
    }
    vt_err err = viewers_offer(viewers, viewer, &issue);
    vt_shared_unref(issue.event);
    return err;
}

vt_err vt_viewers_add(vt_viewers *viewers, vt_reply reply) {
    if (viewers->loop == NULL) {
        viewers_set_loop(viewers, reply.loop);
    }
    vt_err err = viewers_make_room(viewers);
    err = err == VT_OK ? viewers_admit(viewers) : err;
    if (err != VT_OK) {
        return err;
    }
    vt_viewer *viewer = &viewers->list[viewers->count++];
    *viewer = (vt_viewer){.reply = reply};
    if (viewers_start(reply) != VT_OK || viewers_greet(viewers, viewer) != VT_OK) {
        viewers_drop(viewers, viewers->count - 1);
    }
    return VT_OK;
}

void vt_viewers_release(vt_viewers *viewers) {
    vt_shared_unref(viewers->round.event);
    free(viewers->list);
}
