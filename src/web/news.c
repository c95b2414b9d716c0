#include "web/news.h"

#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { NEWS_NS_PER_MS = 1000000, NEWS_NS_PER_S = 1000000000 };

void vt_news_init(vt_news *news) {
    *news = (vt_news){.event = NULL};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&news->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&news->mutex, NULL);
}

void vt_news_release(vt_news *news) {
    vt_shared_unref(news->event);
    pthread_cond_destroy(&news->wake);
    pthread_mutex_destroy(&news->mutex);
}

/* Under the mutex. */
static vt_news_issue news_issue(const vt_news *news) {
    return (vt_news_issue){
        .event = news->event == NULL ? NULL : vt_shared_ref(news->event),
        .version = news->version,
        .heartbeats = news->heartbeats,
    };
}

vt_news_issue vt_news_take(vt_news *news) {
    pthread_mutex_lock(&news->mutex);
    vt_news_issue issue = news_issue(news);
    pthread_mutex_unlock(&news->mutex);
    return issue;
}

bool vt_news_take_current(vt_news *news, int64_t oldest_ns, vt_news_issue *out) {
    pthread_mutex_lock(&news->mutex);
    bool is_current = news->event != NULL && news->checked_ns >= oldest_ns;
    if (is_current) {
        *out = news_issue(news);
    } else {
        news->is_wanted = true;
        pthread_cond_signal(&news->wake);
    }
    pthread_mutex_unlock(&news->mutex);
    return is_current;
}

bool vt_news_has_other(vt_news *news, uint64_t version) {
    pthread_mutex_lock(&news->mutex);
    bool has_other = news->version != version;
    pthread_mutex_unlock(&news->mutex);
    return has_other;
}

void vt_news_publish(vt_news *news, vt_shared *event, int64_t checked_ns) {
    pthread_mutex_lock(&news->mutex);
    vt_shared *old = news->event;
    news->event = event;
    news->version++;
    news->checked_ns = checked_ns;
    pthread_mutex_unlock(&news->mutex);
    vt_shared_unref(old);
}

void vt_news_confirm(vt_news *news, int64_t checked_ns) {
    pthread_mutex_lock(&news->mutex);
    news->checked_ns = checked_ns;
    pthread_mutex_unlock(&news->mutex);
}

void vt_news_beat(vt_news *news) {
    pthread_mutex_lock(&news->mutex);
    news->heartbeats++;
    pthread_mutex_unlock(&news->mutex);
}

vt_news_call vt_news_wait(vt_news *news, int64_t timeout_ms) {
    int64_t until_ns = vt_clock_monotonic_ns() + timeout_ms * NEWS_NS_PER_MS;
    struct timespec until = {.tv_sec = until_ns / NEWS_NS_PER_S, .tv_nsec = until_ns % NEWS_NS_PER_S};
    int waited = 0;
    pthread_mutex_lock(&news->mutex);
    while (!news->is_stopped && !news->is_wanted && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&news->wake, &news->mutex, &until);
    }
    vt_news_call call = news->is_stopped ? VT_NEWS_STOPPED : news->is_wanted ? VT_NEWS_WANTED : VT_NEWS_TIME;
    news->is_wanted = false;
    pthread_mutex_unlock(&news->mutex);
    return call;
}

void vt_news_stop(vt_news *news) {
    pthread_mutex_lock(&news->mutex);
    news->is_stopped = true;
    pthread_cond_broadcast(&news->wake);
    pthread_mutex_unlock(&news->mutex);
}
