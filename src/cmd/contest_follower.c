#include "cmd/contest_follower.h"

#include "base/clock.h"
#include "obs/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASK_MS = 2000 };

struct vt_contest_follower {
    vt_contest_follower_options options;
    vt_definition *versions[VT_CONTEST_FOLLOWER_VERSIONS_MAX];
    size_t versions_count;
    char said[VT_SERVICE_REASON_MAX]; /* why the last question was not answered */
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    bool stops;
    bool is_running; /* the owner's */
};

/* False: stop. */
static bool wait_to_ask(vt_contest_follower *follower) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ASK_MS / 1000;
    pthread_mutex_lock(&follower->mutex);
    int code = 0;
    while (!follower->stops && code == 0) {
        code = pthread_cond_timedwait(&follower->changed, &follower->mutex, &until);
    }
    bool goes_on = !follower->stops;
    pthread_mutex_unlock(&follower->mutex);
    return goes_on;
}

static void learn_error(vt_contest_follower *follower, vt_err err, const char *reason) {
    if (err == VT_ERR_BAD_CONFIG || err == VT_ERR_OTHER_SECRET || err == VT_ERR_OTHER_LEDGER) {
        vt_service_fail(follower->options.service, "contest_refused", err, reason);
    } else if (strcmp(follower->said, reason) != 0) {
        snprintf(follower->said, sizeof follower->said, "%s", reason);
        vt_log(VT_LOG_WARN, "contest_unread", VT_LOG_STR("code", vt_err_code(err)), VT_LOG_STR("reason", reason));
    }
}

/* Takes `fresh` over. */
static void take(vt_contest_follower *follower, vt_definition *fresh) {
    const vt_contest *now = vt_contest_now(vt_definition_contest(follower->options.first));
    uint32_t version = vt_definition_contest(fresh)->version;
    follower->said[0] = '\0';
    if (version <= now->version) {
        vt_definition_free(fresh);
    } else if (follower->versions_count == VT_CONTEST_FOLLOWER_VERSIONS_MAX) {
        vt_definition_free(fresh);
        vt_service_fail(follower->options.service, "contest_refused", VT_ERR_FULL,
                        "the contest has changed too often for one process: start it again");
    } else {
        follower->versions[follower->versions_count++] = fresh;
        vt_definition_set_newer(follower->options.first, fresh);
        vt_log(VT_LOG_INFO, "contest_changed", VT_LOG_INT("version", version));
    }
}

static void *run(void *context) {
    vt_contest_follower *follower = context;
    while (wait_to_ask(follower) && !atomic_load(&follower->options.service->is_broken)) {
        char reason[VT_SERVICE_REASON_MAX] = "";
        vt_definition *fresh = NULL;
        vt_err err = follower->options.read(follower->options.context, &fresh, reason);
        if (err == VT_OK) {
            take(follower, fresh);
        } else {
            learn_error(follower, err, reason);
        }
    }
    return NULL;
}

static void init_waiting(vt_contest_follower *follower) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&follower->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&follower->mutex, NULL);
}

vt_err vt_contest_follower_open(const vt_contest_follower_options *options, vt_contest_follower **out) {
    vt_contest_follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    follower->options = *options;
    init_waiting(follower);
    follower->is_running = pthread_create(&follower->thread, NULL, run, follower) == 0;
    if (!follower->is_running) {
        vt_contest_follower_close(follower);
        return VT_ERR_SYSTEM;
    }
    *out = follower;
    return VT_OK;
}

void vt_contest_follower_stop(vt_contest_follower *follower) {
    if (follower == NULL || !follower->is_running) {
        return;
    }
    pthread_mutex_lock(&follower->mutex);
    follower->stops = true;
    pthread_cond_signal(&follower->changed);
    pthread_mutex_unlock(&follower->mutex);
    pthread_join(follower->thread, NULL);
    follower->is_running = false;
}

void vt_contest_follower_close(vt_contest_follower *follower) {
    if (follower == NULL) {
        return;
    }
    vt_contest_follower_stop(follower);
    for (size_t i = 0; i < follower->versions_count; i++) {
        vt_definition_free(follower->versions[i]);
    }
    pthread_cond_destroy(&follower->changed);
    pthread_mutex_destroy(&follower->mutex);
    free(follower);
}
