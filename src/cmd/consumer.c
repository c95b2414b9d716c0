#include "cmd/consumer.h"

#include "base/clock.h"
#include "contest/establish.h"

#include <stdio.h>

/* ---- the contest ---- */

static vt_err has_votes(vt_ledger *ledger, bool *out) {
    *out = false;
    for (int32_t i = 0; i < vt_ledger_partitions(ledger) && !*out; i++) {
        int64_t first;
        int64_t end;
        vt_err err = vt_ledger_kafka_bounds(ledger, i, &first, &end);
        if (err != VT_OK) {
            return err;
        }
        *out = end > first;
    }
    return VT_OK;
}

/* Gives the ledger the open contest, if it has votes. */
static vt_err adopt(vt_ledger *ledger, vt_definition **out, char why[VT_REASON_MAX]) {
    bool has_some;
    vt_err err = has_votes(ledger, &has_some);
    if (err != VT_OK) {
        snprintf(why, VT_REASON_MAX, "the ends of the topic cannot be asked for: %s", vt_err_text(err));
        return err;
    }
    if (!has_some) {
        snprintf(why, VT_REASON_MAX, "the ledger has neither a contest nor votes; `votaton ingest` brings them");
        return VT_ERR_BUSY;
    }
    err = vt_contest_establish(ledger, NULL, NULL, vt_clock_wall_ms(), out, why);
    /* Another process was faster: what it stored is read the next time. */
    return err == VT_ERR_IN_USE ? VT_ERR_BUSY : err;
}

vt_err vt_consumer_connect(vt_consumer *self, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    self->service = service;
    vt_err err = vt_topic_connect(&self->topic, service, VT_LEDGER_KAFKA_READ, reason);
    if (err != VT_OK) {
        return err;
    }
    char why[VT_REASON_MAX];
    err = vt_contest_read(self->topic.ledger, &self->definition, why);
    if (err == VT_ERR_NOT_FOUND) {
        err = adopt(self->topic.ledger, &self->definition, why);
    }
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: %s", why);
        return err;
    }
    return VT_OK;
}

static vt_err read_newest(void *context, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    vt_consumer *self = context;
    char why[VT_REASON_MAX];
    vt_err err = vt_contest_read(self->topic.ledger, out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: %s", why);
    }
    return err;
}

/* ---- the workers ---- */

static void on_fatal(void *context, vt_err err, const char *reason) {
    vt_service_fail(context, "worker_failed", err, reason);
}

static vt_err start_worker(vt_consumer *self, const vt_consumer_stores *stores, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_config *config = self->service->config;
    const vt_contest *contest = vt_definition_contest(self->definition);
    vt_derived *derived;
    vt_err err = stores->open(stores->context, self->workers_count, &derived, reason);
    if (err != VT_OK) {
        return err;
    }
    char instance[VT_CONFIG_TEXT_MAX + 16];
    snprintf(instance, sizeof instance, "%s-%u", config->instance, self->workers_count);
    vt_count_worker_options options = {
        .target = &self->topic.target,
        .group = config->group,
        .instance = config->instance[0] == '\0' ? NULL : instance,
        .ledger_id = contest->ledger_id,
        .partitions = contest->partitions,
        .batch_records_max = config->batch_records_max,
        .derived = derived,
        .sends_dead_letters = stores->sends_dead_letters,
        .status = self->status,
        .on_fatal = on_fatal,
        .context = self->service,
    };
    err = vt_count_worker_open(&options, &self->workers[self->workers_count], reason);
    if (err != VT_OK) {
        derived->kind->close(derived);
        return err;
    }
    self->workers_count++;
    return VT_OK;
}

vt_err vt_consumer_start(vt_consumer *self, const vt_consumer_stores *stores, char reason[VT_SERVICE_REASON_MAX]) {
    uint32_t partitions = (uint32_t) vt_definition_contest(self->definition)->partitions;
    uint32_t wanted = self->service->config->workers < partitions ? self->service->config->workers : partitions;
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot start the workers");
    vt_err err = vt_count_status_open(stores->name, self->service->metrics, self->service->health, &self->status);
    while (err == VT_OK && self->workers_count < wanted) {
        err = start_worker(self, stores, reason);
    }
    const vt_contest_follower_options follow = {
        .read = read_newest, .context = self, .first = self->definition, .service = self->service};
    return err == VT_OK ? vt_contest_follower_open(&follow, &self->follower) : err;
}

void vt_consumer_stop(vt_consumer *self) {
    /* Each may have to wait for servers that are away: all at the same time. */
    for (uint32_t i = 0; i < self->workers_count; i++) {
        vt_count_worker_stop(self->workers[i]);
    }
    vt_contest_follower_stop(self->follower);
    while (self->workers_count > 0) {
        vt_count_worker_close(self->workers[--self->workers_count]);
    }
    vt_topic_disconnect(&self->topic);
}

void vt_consumer_release(vt_consumer *self) {
    vt_contest_follower_close(self->follower);
    vt_count_status_close(self->status);
    vt_definition_free(self->definition);
    vt_topic_release(&self->topic);
}
