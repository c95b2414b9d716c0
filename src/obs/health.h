/* Whether this process is alive and ready, and what is missing. */
#ifndef VT_OBS_HEALTH_H
#define VT_OBS_HEALTH_H

#include "base/buf.h"
#include "base/err.h"

enum { VT_HEALTH_CONDITIONS_MAX = 8, VT_HEALTH_REASON_MAX = 640 };

typedef struct vt_health vt_health;

/* The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_health_open(vt_health **out);
void vt_health_close(vt_health *health); /* accepts NULL */

/* Says that the condition `name` (static text, at most VT_HEALTH_CONDITIONS_MAX of them) holds, reason NULL, or why it
 * does not (copied, cut to VT_HEALTH_REASON_MAX bytes). Any thread. */
void vt_health_set(vt_health *health, const char *name, const char *reason);

/* Ready when every condition that was ever named holds. Any thread. */
bool vt_health_is_ready(vt_health *health);

/* Calls `changed` whenever readiness changes, on the thread that changed it; it must not block, nor call this module.
 * One listener: a second call replaces the first, NULL ends it, and the old one is not being called on return. Any
 * thread. */
void vt_health_listen(vt_health *health, void (*changed)(void *context), void *context);

/* Appends {"ready":true|false,"missing":{"name":"reason",…}}. Errors of vt_buf_append, which
 * leave `out` as it was. Any thread. */
VT_MUST_CHECK vt_err vt_health_render(vt_health *health, vt_buf *out);

#endif
