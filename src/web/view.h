/* What the public may see at one moment, and the one cache that every reader of results shares.
 *
 * A view is immutable and counted by references. Asking for one that is at least as new as an instant reads the tally
 * at most once for all who ask meanwhile: a view whose reading began after a request arrived answers that request, and
 * a view whose fold and position are still the same is used again with all that was rendered of it.
 *
 * When the tally cannot be read, the last view goes on being shown, marked with the instant up to which it was current.
 * Then one asker in VT_VIEW_RETRY_MS tries the tally again and nobody else waits for it.
 */
#ifndef VT_WEB_VIEW_H
#define VT_WEB_VIEW_H

#include "net/stream.h"
#include "web/phase.h"
#include "web/standings.h"

/* The forms that a view is rendered in, each at most once. */
typedef enum vt_form {
    VT_FORM_JSON,    /* GET /v1/results */
    VT_FORM_EVENT,   /* one server-sent event with that JSON */
    VT_FORM_PAGE_ES, /* GET / */
    VT_FORM_PAGE_EN,
} vt_form;

enum { VT_FORM_COUNT = 4, VT_FORM_BYTES_MAX = 16777216, VT_VIEW_ETAG_BYTES_MAX = 64, VT_VIEW_RETRY_MS = 250 };

typedef struct vt_view {
    const vt_contest *contest;
    vt_phase phase;
    bool is_hidden;
    int64_t stale_since_ms; /* 0: current; else the tally cannot be read, and this is what it said up to then */
    vt_err stale_err;       /* why it cannot be read; VT_OK when current */
    vt_standings standings; /* empty when hidden; of another view when stale */
    struct vt_view_rest *rest;
} vt_view;

/* The view in a form, which is rendered now if it was not yet; the caller gets a reference. Any thread, but not a
 * loop's. VT_ERR_NO_MEMORY, VT_ERR_FULL beyond VT_FORM_BYTES_MAX. */
VT_MUST_CHECK vt_err vt_view_render(vt_view *view, vt_form form, vt_shared **out);

/* An entity tag for the form, with its quotes; the number of characters. */
size_t vt_view_etag(const vt_view *view, vt_form form, char out[VT_VIEW_ETAG_BYTES_MAX]);

void vt_view_unref(vt_view *view); /* accepts NULL */

typedef struct vt_views vt_views;

/* Borrows both. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_views_open(vt_tally *tally, const vt_contest *contest, vt_views **out);
void vt_views_close(vt_views *views); /* accepts NULL */

/* A view whose reading began at `since_ns` (vt_clock_monotonic_ns) or later, or a stale one; the caller gets a
 * reference. May read the store, so not on a loop. Errors of vt_tally_read when there is nothing that may be shown. */
VT_MUST_CHECK vt_err vt_views_get(vt_views *views, int64_t since_ns, vt_view **out);

/* A reference to the newest view that was read, never a stale one, or NULL when there is none. Waits for no store. Any
 * thread. */
vt_view *vt_views_newest(vt_views *views);

#endif
