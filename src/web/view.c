#include "web/view.h"

#include "base/assert.h"
#include "base/clock.h"
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
} vt_view_rest;

struct vt_views {
    vt_tally *tally;
    const vt_contest *contest;
    pthread_mutex_t
        reading;           /* held while the store is read, so that readers wait for one read instead of repeating it */
    pthread_mutex_t mutex; /* of what follows; never held while a store is read */
    vt_view *newest;
    int64_t begun_ns; /* when the reading began that last confirmed `newest` */
};

static void view_free(vt_view *view) {
    for (int i = 0; i < VT_FORM_COUNT; i++) {
        vt_shared_unref(view->rest->forms[i]);
    }
    vt_standings_release(&view->standings);
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
    if (view != NULL && atomic_fetch_sub_explicit(&view->rest->references, 1, memory_order_acq_rel) == 1) {
        view_free(view);
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

size_t vt_view_etag(const vt_view *view, vt_form form, char out[VT_VIEW_ETAG_BYTES_MAX]) {
    static const char *const names[VT_FORM_COUNT] = {"json", "event", "es", "en"};
    char position[VT_POSITION_TEXT_MAX + 1];
    size_t position_len = view->is_hidden ? 0 : vt_position_format(view->standings.tally.position, position);
    position[position_len] = '\0';
    const uint8_t *ledger = view->contest->ledger_id.bytes;
    int len = snprintf(out, VT_VIEW_ETAG_BYTES_MAX, "\"%02x%02x-%" PRIu32 "-%d-%s-%s\"", ledger[14], ledger[15],
                       view->contest->version, (int) view->phase, view->is_hidden ? "hidden" : position, names[form]);
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

/* Makes `view` the newest, or confirms that it still is; keeps a reference of its own. */
static void views_publish(vt_views *views, vt_view *view, int64_t begun_ns) {
    pthread_mutex_lock(&views->mutex);
    views->begun_ns = begun_ns;
    vt_view *old = NULL;
    if (views->newest != view) {
        old = views->newest;
        views->newest = view_ref(view);
    }
    pthread_mutex_unlock(&views->mutex);
    vt_view_unref(old);
}

/* Whether nothing that shows has changed between two views, of which `now` has read no tally yet. */
static vt_err views_is_current(vt_views *views, const vt_view *newest, const vt_view *now, bool *out) {
    *out = false;
    if (newest == NULL || newest->is_hidden != now->is_hidden || newest->phase != now->phase) {
        return VT_OK;
    }
    if (now->is_hidden) {
        *out = true;
        return VT_OK;
    }
    vt_position position;
    vt_err err = vt_tally_position(views->tally, &position);
    if (err == VT_OK) {
        vt_position known = newest->standings.tally.position;
        *out = position.partition == known.partition && position.offset == known.offset;
    }
    return err;
}

static vt_err views_fill(vt_views *views, vt_view *view) {
    if (view->is_hidden) {
        return VT_OK;
    }
    vt_tally_snapshot tally = {0};
    vt_err err = vt_tally_read(views->tally, &tally);
    return err == VT_OK ? vt_standings_init(views->contest, &tally, &view->standings) : err;
}

/* Under `reading`: replaces *view, the newest one or NULL, by a current one. On error *view is unchanged. */
static vt_err views_refresh(vt_views *views, vt_view **view) {
    int64_t begun_ns = vt_clock_monotonic_ns();
    bool is_current = false;
    vt_view *fresh = view_new(views->contest, vt_clock_wall_ms());
    vt_err err = fresh == NULL ? VT_ERR_NO_MEMORY : views_is_current(views, *view, fresh, &is_current);
    if (err == VT_OK && !is_current) {
        err = views_fill(views, fresh);
    }
    if (err != VT_OK || is_current) {
        vt_view_unref(fresh);
    } else {
        vt_view_unref(*view);
        *view = fresh;
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): *view keeps what was not given back */
    if (err == VT_OK) {
        views_publish(views, *view, begun_ns);
    }
    return err;
}

vt_err vt_views_get(vt_views *views, int64_t since_ns, vt_view **out) {
    vt_err err = VT_OK;
    pthread_mutex_lock(&views->reading);
    pthread_mutex_lock(&views->mutex);
    vt_view *view = views->newest == NULL ? NULL : view_ref(views->newest);
    bool is_new_enough = view != NULL && views->begun_ns >= since_ns;
    pthread_mutex_unlock(&views->mutex);
    if (!is_new_enough) {
        err = views_refresh(views, &view);
    }
    pthread_mutex_unlock(&views->reading);
    if (err != VT_OK) {
        vt_view_unref(view);
        return err;
    }
    *out = view;
    return VT_OK;
}
