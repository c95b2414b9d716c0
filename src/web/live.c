#include "web/live.h"

#include "base/assert.h"
#include "base/clock.h"
#include "obs/log.h"
#include "web/answer.h"
#include "web/viewers.h"

#include <stdlib.h>

enum { LIVE_NS_PER_MS = 1000000 };

struct vt_live {
    vt_views *views;
    vt_counter *refused;
    vt_gauge *stale;
    vt_audience audience;
    uint32_t loops_count;
    vt_viewers *loops; /* by vt_loop_index */
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopped;
    /* The ticker's own: */
    vt_view *shown;    /* what the newest event shows */
    bool is_failing;   /* the store could not be read at the last tick */
    int64_t looked_ns; /* when the store was looked at last */
    int64_t sent_ns;   /* when there was an event or a heartbeat last */
};

/* Logs only the change, as a store that is down stays so for many ticks. */
static void live_note_failure(vt_live *live, vt_err err) {
    bool is_failing = err != VT_OK;
    if (is_failing && !live->is_failing) {
        vt_log(VT_LOG_WARN, "results_unreadable", VT_LOG_STR("error", vt_err_text(err)));
    } else if (!is_failing && live->is_failing) {
        vt_log(VT_LOG_INFO, "results_readable_again");
    }
    live->is_failing = is_failing;
    vt_gauge_set(live->stale, is_failing);
}

/* Reads the newest view and, if it is not the one shown, publishes its event; *is_news tells. Also gives the error that
 * made the view stale. */
static vt_err live_look(vt_live *live, bool *is_news) {
    int64_t now_ns = vt_clock_monotonic_ns();
    live->looked_ns = now_ns;
    *is_news = false;
    vt_view *view = NULL;
    vt_err err = vt_views_get(live->views, now_ns, &view);
    if (err != VT_OK) {
        return err;
    }
    vt_err stale_err = view->stale_err;
    if (view == live->shown) {
        vt_view_unref(view);
        vt_news_confirm(&live->audience.news, now_ns);
        return stale_err;
    }
    vt_shared *event = NULL;
    err = vt_view_render(view, VT_FORM_EVENT, &event);
    if (err != VT_OK) {
        vt_view_unref(view);
        return err;
    }
    vt_news_publish(&live->audience.news, event, now_ns);
    vt_view_unref(live->shown);
    live->shown = view;
    *is_news = true;
    return stale_err;
}

/* One look, then whoever lacks something is told. */
static void live_tick(vt_live *live, bool is_wanted) {
    bool is_news;
    live_note_failure(live, live_look(live, &is_news));
    int64_t now_ns = vt_clock_monotonic_ns();
    bool is_beat = !is_news && now_ns - live->sent_ns >= (int64_t) VT_LIVE_HEARTBEAT_MS * LIVE_NS_PER_MS;
    if (is_beat) {
        vt_news_beat(&live->audience.news);
    }
    if (is_news || is_beat) {
        live->sent_ns = now_ns;
    }
    if (is_news || is_beat || is_wanted) {
        for (uint32_t i = 0; i < live->loops_count; i++) {
            vt_viewers_notify(&live->loops[i]);
        }
    }
}

/* Whether it is time to look: never sooner than a tick after the last look, be there viewers who want an event or not.
 */
static bool live_is_due(const vt_live *live, bool is_wanted) {
    bool is_watched = is_wanted || atomic_load(&live->audience.count) > 0;
    int64_t pause_ms = is_watched ? VT_LIVE_TICK_MS : VT_LIVE_IDLE_TICK_MS;
    return vt_clock_monotonic_ns() - live->looked_ns >= pause_ms * LIVE_NS_PER_MS;
}

static void *live_thread(void *context) {
    vt_live *live = context;
    bool is_wanted = false;
    vt_news_call call = VT_NEWS_TIME;
    while (call != VT_NEWS_STOPPED) {
        if (live_is_due(live, is_wanted)) {
            live_tick(live, is_wanted);
            is_wanted = false;
        }
        call = vt_news_wait(&live->audience.news, VT_LIVE_TICK_MS);
        is_wanted = is_wanted || call == VT_NEWS_WANTED;
    }
    return NULL;
}

static void audience_init(vt_audience *audience, const vt_live_options *options) {
    vt_metrics *metrics = options->metrics;
    vt_news_init(&audience->news);
    pthread_mutex_init(&audience->mutex, NULL);
    pthread_cond_init(&audience->idle, NULL);
    audience->count_max = options->viewers_max;
    audience->gauge = vt_metrics_gauge(metrics, "votaton_web_viewers", "", "Viewers of the live stream");
    audience->events = vt_metrics_counter(metrics, "votaton_web_events_total", "", "Results offered to live viewers");
}

vt_err vt_live_open(const vt_live_options *options, vt_live **out) {
    vt_live *live = calloc(1, sizeof *live);
    if (live == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = VT_ERR_NO_MEMORY;
    live->views = options->views;
    audience_init(&live->audience, options);
    live->refused = vt_metrics_counter(options->metrics, "votaton_web_viewers_refused_total", "",
                                       "Live streams answered with 503 because there were too many");
    live->stale = vt_metrics_gauge(options->metrics, "votaton_web_stale", "",
                                   "1 while the tally cannot be read and only the last known results are shown");
    live->loops = calloc(options->loops_count, sizeof *live->loops);
    if (live->loops == NULL) {
        goto out;
    }
    live->loops_count = options->loops_count;
    for (uint32_t i = 0; i < live->loops_count; i++) {
        live->loops[i].audience = &live->audience;
    }
    if (pthread_create(&live->thread, NULL, live_thread, live) != 0) {
        err = VT_ERR_SYSTEM;
        goto out;
    }
    live->has_thread = true;
    *out = live;
    return VT_OK;
out:
    vt_live_close(live);
    return err;
}

void vt_live_serve(vt_live *live, const vt_request *request, vt_reply reply) {
    if (vt_slice_eq(request->method, VT_SLICE("HEAD"))) {
        vt_answer_send(reply, &(vt_answer){.kind = VT_ANSWER_EVENTS, .status = 200});
        return;
    }
    uint32_t index = vt_loop_index(reply.loop);
    VT_ASSERT(index < live->loops_count);
    vt_err err = atomic_load(&live->is_stopped) ? VT_ERR_BUSY : vt_viewers_add(&live->loops[index], reply);
    if (err != VT_OK) {
        vt_counter_add(live->refused, 1);
        vt_answer_error(reply, err, NULL);
    }
}

static void live_join(vt_live *live) {
    atomic_store(&live->is_stopped, true);
    vt_news_stop(&live->audience.news);
    if (live->has_thread) {
        pthread_join(live->thread, NULL);
        live->has_thread = false;
    }
}

void vt_live_stop(vt_live *live) {
    live_join(live);
    vt_audience_wait_idle(&live->audience);
}

void vt_live_close(vt_live *live) {
    if (live == NULL) {
        return;
    }
    live_join(live);
    for (uint32_t i = 0; i < live->loops_count; i++) {
        vt_viewers_release(&live->loops[i]);
    }
    free(live->loops);
    vt_view_unref(live->shown);
    vt_news_release(&live->audience.news);
    pthread_cond_destroy(&live->audience.idle);
    pthread_mutex_destroy(&live->audience.mutex);
    free(live);
}
