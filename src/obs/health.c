#include "obs/health.h"

#include "base/assert.h"
#include "obs/escape.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct condition {
    const char *name;
    bool holds;
    char reason[VT_HEALTH_REASON_MAX + 1];
} condition;

struct vt_health {
    pthread_mutex_t lock;
    condition conditions[VT_HEALTH_CONDITIONS_MAX];
    size_t conditions_count;
    void (*changed)(void *context);
    void *context;
};

vt_err vt_health_open(vt_health **out) {
    vt_health *health = calloc(1, sizeof *health);
    if (health == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    pthread_mutex_init(&health->lock, NULL);
    *out = health;
    return VT_OK;
}

void vt_health_close(vt_health *health) {
    if (health != NULL) {
        pthread_mutex_destroy(&health->lock);
        free(health);
    }
}

static condition *find_or_add(vt_health *health, const char *name) {
    for (size_t i = 0; i < health->conditions_count; i++) {
        if (strcmp(health->conditions[i].name, name) == 0) {
            return &health->conditions[i];
        }
    }
    VT_ASSERT(health->conditions_count < VT_HEALTH_CONDITIONS_MAX);
    condition *added = &health->conditions[health->conditions_count++];
    added->name = name;
    return added;
}

static bool all_hold(const vt_health *health) {
    for (size_t i = 0; i < health->conditions_count; i++) {
        if (!health->conditions[i].holds) {
            return false;
        }
    }
    return true;
}

void vt_health_set(vt_health *health, const char *name, const char *reason) {
    pthread_mutex_lock(&health->lock);
    bool was_ready = all_hold(health);
    condition *named = find_or_add(health, name);
    named->holds = reason == NULL;
    snprintf(named->reason, sizeof named->reason, "%s", reason == NULL ? "" : reason);
    /* Called under the lock, so that nobody is inside `changed` any more once vt_health_listen has replaced it. */
    if (health->changed != NULL && all_hold(health) != was_ready) {
        health->changed(health->context);
    }
    pthread_mutex_unlock(&health->lock);
}

bool vt_health_is_ready(vt_health *health) {
    pthread_mutex_lock(&health->lock);
    bool is_ready = all_hold(health);
    pthread_mutex_unlock(&health->lock);
    return is_ready;
}

void vt_health_listen(vt_health *health, void (*changed)(void *context), void *context) {
    pthread_mutex_lock(&health->lock);
    health->changed = changed;
    health->context = context;
    pthread_mutex_unlock(&health->lock);
}

static vt_err render_missing(const condition *named, bool is_first, vt_buf *out) {
    vt_err err = vt_buf_append_slice(out, is_first ? VT_SLICE("\"") : VT_SLICE(",\""));
    if (err == VT_OK) {
        err = vt_escape_json(out, vt_slice_str(named->name));
    }
    if (err == VT_OK) {
        err = vt_buf_append_slice(out, VT_SLICE("\":\""));
    }
    if (err == VT_OK) {
        err = vt_escape_json(out, vt_slice_str(named->reason));
    }
    return err == VT_OK ? vt_buf_append_char(out, '"') : err;
}

static vt_err render_locked(const vt_health *health, vt_buf *out) {
    vt_err err = vt_buf_appendf(out, "{\"ready\":%s,\"missing\":{", all_hold(health) ? "true" : "false");
    bool is_first = true;
    for (size_t i = 0; err == VT_OK && i < health->conditions_count; i++) {
        if (!health->conditions[i].holds) {
            err = render_missing(&health->conditions[i], is_first, out);
            is_first = false;
        }
    }
    return err == VT_OK ? vt_buf_append_slice(out, VT_SLICE("}}")) : err;
}

vt_err vt_health_render(vt_health *health, vt_buf *out) {
    size_t len_before = out->len;
    pthread_mutex_lock(&health->lock);
    vt_err err = render_locked(health, out);
    pthread_mutex_unlock(&health->lock);
    if (err != VT_OK) {
        out->len = len_before;
    }
    return err;
}
