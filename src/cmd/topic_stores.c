#include "cmd/topic_stores.h"

#include "base/clock.h"
#include "cmd/logging.h"
#include "cmd/signals.h"
#include "cmd/store_url.h"
#include "contest/establish.h"
#include "count/patience.h"

#include <stdio.h>
#include <string.h>

static bool goes_on(void *context) {
    vt_topic_stores *self = context;
    if (!self->is_stopped && vt_signals_is_pending()) {
        vt_signals_wait(); /* takes the signal: a second one ends the process at once */
        self->is_stopped = true;
    }
    return !self->is_stopped;
}

/* As vt_patience_tries_again; says what is waited for, each thing once. */
static bool tries_again(vt_topic_stores *self, vt_patience *patience, vt_err err, const char *reason) {
    if (err == VT_ERR_BUSY && strcmp(self->said, reason) != 0) {
        snprintf(self->said, sizeof self->said, "%s", reason);
        fprintf(stderr, "votaton %s: waiting, at most %d s: %s\n", vt_commands[self->service.config->command].name,
                VT_PATIENCE_MS / 1000, reason);
    }
    return vt_patience_tries_again(patience, err);
}

static vt_err try_ledger(vt_topic_stores *self, char reason[VT_SERVICE_REASON_MAX]) {
    vt_err err = vt_topic_connect(&self->topic, &self->service, VT_LEDGER_KAFKA_READ, reason);
    if (err != VT_OK) {
        return err;
    }
    char why[VT_REASON_MAX];
    err = vt_contest_read(self->topic.ledger, &self->definition, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: %s", why);
    }
    return err;
}

static vt_err open_ledger(vt_topic_stores *self, char reason[VT_SERVICE_REASON_MAX]) {
    vt_patience patience = {.goes_on = goes_on, .context = self, .since_ns = vt_clock_monotonic_ns()};
    vt_err err;
    do {
        err = try_ledger(self, reason);
    } while (tries_again(self, &patience, err, reason));
    if (err == VT_OK) {
        const vt_contest *contest = vt_definition_contest(self->definition);
        self->votes_per_voter = contest->limit_by == VT_LIMIT_NONE ? 0 : contest->votes_per_voter;
    }
    return err;
}

static vt_err open_tally(vt_topic_stores *self, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_config *config = self->service.config;
    if (config->tally[0] == '\0') {
        return VT_OK;
    }
    vt_err err = vt_store_url_tally(config, &self->redis_url, reason);
    return err == VT_OK ? vt_redis_open(&self->redis_url, config->store_timeout_ms, &self->redis) : err;
}

static vt_err open_log(vt_topic_stores *self, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_config *config = self->service.config;
    if (config->log[0] == '\0') {
        return VT_OK;
    }
    vt_id ledger_id = vt_ledger_id(self->topic.ledger);
    vt_patience patience = {.goes_on = goes_on, .context = self};
    vt_err err = vt_store_url_log(config, &self->mongo_url, reason);
    if (err == VT_OK) {
        do {
            err = vt_store_url_find_log(&self->mongo_url, config->store_timeout_ms, reason);
        } while (tries_again(self, &patience, err, reason));
    }
    return err == VT_OK ? vt_log_writer_open(&self->mongo_url, &ledger_id, config->store_timeout_ms, &self->log, reason)
                        : err;
}

vt_err vt_topic_stores_open(const vt_config *config, vt_topic_stores *out, char reason[VT_SERVICE_REASON_MAX]) {
    *out = (vt_topic_stores){.service = {.config = config}};
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot start");
    vt_logging_setup(config);
    vt_err err = vt_signals_hold();
    if (err == VT_OK) {
        err = open_ledger(out, reason);
    }
    if (err == VT_OK) {
        err = open_tally(out, reason);
    }
    return err == VT_OK ? open_log(out, reason) : err;
}

void vt_topic_stores_close(vt_topic_stores *self) {
    vt_log_writer_close(self->log);
    vt_redis_close(self->redis);
    vt_definition_free(self->definition);
    vt_topic_release(&self->topic);
    explicit_bzero(self, sizeof *self);
}

bool vt_topic_stores_show(void *context, int64_t done, int64_t total) {
    vt_topic_stores *self = context;
    vt_progress_bar_show(&self->bar, done, total);
    return goes_on(self);
}

int vt_topic_stores_failed(const vt_topic_stores *self, const char *reason) {
    fprintf(stderr, "votaton %s: %s\n", vt_commands[self->service.config->command].name,
            self->is_stopped ? "stopped" : reason);
    return VT_EXIT_FAILED;
}
