#include "web/view.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "web/page_results.h"
#include "web/results_json.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct vt_view_rest {
    atomic_uint references;
    pthread_mutex_t mutex; /* of forms */
    vt_shared *forms[VT_FORM_COUNT];
    vt_view *base; /* of a stale view: the one whose standings it shows; else NULL */
} vt_view_rest;

struct vt_views {
    vt_tally *tally;
    const vt_contest *contest;
    pthread_mutex_t
        reading;           /* held while the store is read, so that readers wait for one read instead of repeating it */
    pthread_mutex_t mutex; /* of what follows; never held while a store is read */
    vt_view *newest;       /* the last one that was read, or NULL */
    vt_view *stale;        /* what is shown of it while the tally cannot be read; else NULL */
    int64_t begun_ns;      /* when the reading began that what is shown comes from */
    int64_t confirmed_ms;  /* when the reading began that last confirmed `newest`; wall clock */
    int64_t retry_ns;      /* of `stale`: when somebody is to try the tally again */
};

enum { VIEW_NS_PER_MS = 1000000 };

static void view_free(vt_view *view) {
    for (int i = 0; i < VT_FORM_COUNT; i++) {
        vt_shared_unref(view->rest->forms[i]);
    }
    if (view->rest->base == NULL) {
        vt_standings_release(&view->standings);
    }
    pthread_mutex_destroy(&view->rest->mutex);
    free(view->rest);
    free(view);
}

static vt_view *view_new(const vt_contest *contest, int64_t now_ms) {
    vt_view *view = calloc(1, sizeof *view);
    vt_view_rest *rest = calloc(1, sizeof *rest);
    if (view == NULL || rest == NULL) {
        free(view);
        free(rest);
        return NULL;
    }
    atomic_init(&rest->references, 1);
    pthread_mutex_init(&rest->mutex, NULL);
    view->rest = rest;
    view->contest = contest;
    view->phase = vt_phase_at(contest, now_ms);
    view->is_hidden = !vt_contest_results_visible(contest, now_ms);
    return view;
}

static vt_view *view_ref(vt_view *view) {
    atomic_fetch_add_explicit(&view->rest->references, 1, memory_order_relaxed);
    return view;
}

void vt_view_unref(vt_view *view) {
    while (view != NULL && atomic_fetch_sub_explicit(&view->rest->references, 1, memory_order_acq_rel) == 1) {
        vt_view *base = view->rest->base;
        view_free(view);
        view = base;
    }
}

static void view_write(const vt_view *view, vt_form form, vt_text *text) {
    switch (form) {
    case VT_FORM_JSON:
        vt_results_json(view, text);
        break;
    case VT_FORM_EVENT:
        vt_results_event(view, text);
        break;
    case VT_FORM_PAGE_ES:
        vt_page_results(view, VT_LANG_ES, text);
        break;
    case VT_FORM_PAGE_EN:
        vt_page_results(view, VT_LANG_EN, text);
        break;
    }
}

static vt_err view_render(const vt_view *view, vt_form form, vt_shared **out) {
    vt_buf buf;
    vt_buf_init(&buf, VT_FORM_BYTES_MAX);
    vt_text text = {.buf = &buf};
    view_write(view, form, &text);
    vt_err err = text.err == VT_OK ? vt_shared_new(vt_buf_slice(&buf), out) : text.err;
    vt_buf_release(&buf);
    return err;
}

vt_err vt_view_render(vt_view *view, vt_form form, vt_shared **out) {
    vt_err err = VT_OK;
    pthread_mutex_lock(&view->rest->mutex);
    vt_shared **slot = &view->rest->forms[form];
    if (*slot == NULL) {
        err = view_render(view, form, slot);
    }
    if (err == VT_OK) {
        *out = vt_shared_ref(*slot);
    }
    pthread_mutex_unlock(&view->rest->mutex);
    return err;
}

/* Positions over many partitions are long, so a tag carries 64 bits of a digest of them and the generation. */
static void view_position_tag(const vt_view *view, char out[17]) {
    const vt_tally_snapshot *tally = &view->standings.tally;
    uint8_t digest[VT_SHA256_LEN];
    char text[VT_POSITIONS_TEXT_MAX];
    vt_sha256 hash;
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, &tally->generation, sizeof tally->generation);
    vt_sha256_update(&hash, text, vt_positions_format(&tally->positions, text));
    vt_sha256_final(&hash, digest);
    for (int i = 0; i < 8; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

size_t vt_view_etag(const vt_view *view, vt_form form, char out[VT_VIEW_ETAG_BYTES_MAX]) {
    static const char *const names[VT_FORM_COUNT] = {"json", "event", "es", "en"};
    char position[17] = "hidden";
    if (!view->is_hidden) {
        view_position_tag(view, position);
    }
    char stale[20] = "";
    if (view->stale_since_ms != 0) {
        snprintf(stale, sizeof stale, "-%" PRIx64, (uint64_t) view->stale_since_ms);
    }
    const uint8_t *ledger = view->contest->ledger_id.bytes;
    int len = snprintf(out, VT_VIEW_ETAG_BYTES_MAX, "\"%02x%02x-%" PRIu32 "-%d-%s%s-%s\"", ledger[14], ledger[15],
                       view->contest->version, (int) view->phase, position, stale, names[form]);
    VT_ASSERT(len > 0 && len < VT_VIEW_ETAG_BYTES_MAX);
    return (size_t) len;
}

vt_err vt_views_open(vt_tally *tally, const vt_contest *contest, vt_views **out) {
    vt_views *views = calloc(1, sizeof *views);
    if (views == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    views->tally = tally;
    views->contest = contest;
    pthread_mutex_init(&views->reading, NULL);
    pthread_mutex_init(&views->mutex, NULL);
    *out = views;
    return VT_OK;
}

void vt_views_close(vt_views *views) {
    if (views == NULL) {
        return;
    }
    vt_view_unref(views->stale);
    vt_view_unref(views->newest);
    pthread_mutex_destroy(&views->mutex);
    pthread_mutex_destroy(&views->reading);
    free(views);
}

vt_view *vt_views_newest(vt_views *views) {
    pthread_mutex_lock(&views->mutex);
    vt_view *view = views->newest == NULL ? NULL : view_ref(views->newest);
    pthread_mutex_unlock(&views->mutex);
    return view;
}

/* Whether the view says what is so now, but for the votes. */
static bool view_suits(const vt_view *view, const vt_contest *contest, vt_phase phase, bool is_hidden) {
    return view->contest == contest && view->phase == phase && view->is_hidden == is_hidden;
}

/* A reference to what can be shown without reading: what was read since then, or what is stale while somebody else
 * tries the tally or has just done so. Else NULL. */
static vt_view *views_peek(vt_views *views, int64_t since_ns) {
    int64_t now_ms = vt_clock_wall_ms();
    const vt_contest *contest = vt_contest_now(views->contest);
    vt_phase phase = vt_phase_at(contest, now_ms);
    bool is_hidden = !vt_contest_results_visible(contest, now_ms);
    pthread_mutex_lock(&views->mutex);
    vt_view *view = views->stale != NULL ? views->stale : views->newest;
    bool is_good = view != NULL && views->begun_ns >= since_ns;
    if (views->stale != NULL && vt_clock_monotonic_ns() < views->retry_ns) {
        is_good = is_good || view_suits(view, contest, phase, is_hidden);
    }
    view = is_good ? view_ref(view) : NULL;
    pthread_mutex_unlock(&views->mutex);
    return view;
}

/* A reference to the newest view, or NULL. From now on nobody waits for the tally who may show something stale. */
static vt_view *views_begin(vt_views *views) {
    pthread_mutex_lock(&views->mutex);
    views->retry_ns = INT64_MAX;
    vt_view *view = views->newest == NULL ? NULL : view_ref(views->newest);
    pthread_mutex_unlock(&views->mutex);
    return view;
}

/* Makes `view` the newest, or confirms that it still is; keeps a reference of its own. */
static void views_publish(vt_views *views, vt_view *view, int64_t begun_ns, int64_t begun_ms) {
    pthread_mutex_lock(&views->mutex);
    views->begun_ns = begun_ns;
    views->confirmed_ms = begun_ms;
    vt_view *stale = views->stale;
    vt_view *old = NULL;
    views->stale = NULL;
    if (views->newest != view) {
        old = views->newest;
        views->newest = view_ref(view);
    }
    pthread_mutex_unlock(&views->mutex);
    vt_view_unref(stale);
    vt_view_unref(old);
}

/* The tally could not be read: shows the newest view on, by way of the still empty `fresh` unless what is stale already
 * suits. The result is borrowed from `views` until the next reading. */
static vt_view *views_go_stale(vt_views *views, vt_view *newest, vt_view *fresh, vt_err err, int64_t begun_ns) {
    vt_view *old = NULL;
    pthread_mutex_lock(&views->mutex);
    views->begun_ns = begun_ns;
    views->retry_ns = vt_clock_monotonic_ns() + (int64_t) VT_VIEW_RETRY_MS * VIEW_NS_PER_MS;
    if (views->stale == NULL || !view_suits(views->stale, fresh->contest, fresh->phase, fresh->is_hidden)) {
        fresh->rest->base = view_ref(newest);
        fresh->standings = newest->standings;
        fresh->stale_since_ms = views->confirmed_ms;
        fresh->stale_err = err;
        old = views->stale;
        views->stale = view_ref(fresh);
    }
    vt_view *stale = views->stale;
    pthread_mutex_unlock(&views->mutex);
    vt_view_unref(old);
    return stale;
}

/* Whether nothing that shows has changed between two views, of which `now` has read no tally yet. */
static vt_err views_is_current(vt_views *views, const vt_view *newest, const vt_view *now, bool *out) {
    *out = false;
    if (newest == NULL || !view_suits(newest, now->contest, now->phase, now->is_hidden)) {
        return VT_OK;
    }
    if (now->is_hidden) {
        *out = true;
        return VT_OK;
    }
    vt_positions positions;
    uint64_t generation;
    vt_err err = vt_tally_positions(views->tally, &positions, &generation);
    if (err == VT_OK) {
        const vt_tally_snapshot *shown = &newest->standings.tally;
        *out = generation == shown->generation && vt_positions_eq(&positions, &shown->positions);
    }
    return err;
}

static vt_err views_fill(vt_views *views, vt_view *view) {
    if (view->is_hidden) {
        return VT_OK;
    }
    vt_tally_snapshot tally = {0};
    vt_err err = vt_tally_read(views->tally, &tally);
    return err == VT_OK ? vt_standings_init(view->contest, &tally, &view->standings) : err;
}

/* Under `reading`: a reference to a view that is current, or stale. */
static vt_err views_refresh(vt_views *views, vt_view **out) {
    int64_t begun_ns = vt_clock_monotonic_ns();
    int64_t begun_ms = vt_clock_wall_ms();
    vt_view *fresh = view_new(vt_contest_now(views->contest), begun_ms);
    if (fresh == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_view *newest = views_begin(views);
    vt_view *shown = NULL;
    bool is_current = false;
    vt_err err = views_is_current(views, newest, fresh, &is_current);
    if (err == VT_OK && !is_current) {
        err = views_fill(views, fresh);
    }
    if (err == VT_OK) {
        shown = is_current ? newest : fresh;
        views_publish(views, shown, begun_ns, begun_ms);
    } else if (newest != NULL && !newest->is_hidden) {
        /* What is hidden is never read, so it is a shown view that failed. */
        shown = views_go_stale(views, newest, fresh, err, begun_ns);
    }
    if (shown != NULL) {
        *out = view_ref(shown);
        err = VT_OK;
    }
    vt_view_unref(newest);
    vt_view_unref(fresh);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): who shows `fresh` holds a reference of its own */
    return err;
}

vt_err vt_views_get(vt_views *views, int64_t since_ns, vt_view **out) {
    vt_err err = VT_OK;
    vt_view *view = views_peek(views, since_ns);
    if (view == NULL) {
        pthread_mutex_lock(&views->reading);
        view = views_peek(views, since_ns);
        if (view == NULL) {
            err = views_refresh(views, &view);
        }
        pthread_mutex_unlock(&views->reading);
    }
    if (err == VT_OK) {
        *out = view;
    }
    return err;
}
