/* `votaton archive`: writes the votes of the ledger in Kafka to the vote log in MongoDB. */
#include "cmd/consumer.h"
#include "cmd/store_url.h"
#include "count/log_store.h"

#include <string.h>

typedef struct archive {
    vt_consumer consumer;
    vt_mongo_url url;
} archive;

static vt_err archive_connect(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    archive *self = context;
    vt_err err = vt_store_url_log(service->config, &self->url, reason);
    if (err == VT_OK) {
        err = vt_store_url_find_log(&self->url, service->config->store_timeout_ms, reason);
    }
    return err == VT_OK ? vt_consumer_connect(&self->consumer, service, reason) : err;
}

static vt_err open_store(void *context, uint32_t index, vt_derived **out, char reason[VT_SERVICE_REASON_MAX]) {
    (void) index;
    const archive *self = context;
    vt_log_store_options options = {
        .url = &self->url,
        .ledger_id = vt_definition_contest(self->consumer.definition)->ledger_id,
        .timeout_ms = self->consumer.service->config->store_timeout_ms,
    };
    return vt_log_store_open(&options, out, reason);
}

static vt_err archive_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    (void) service;
    archive *self = context;
    const vt_consumer_stores stores = {.name = "log", .open = open_store, .context = self};
    return vt_consumer_start(&self->consumer, &stores, reason);
}

static void archive_state(void *context, vt_admin_state *out) {
    const archive *self = context;
    out->ledger = "kafka";
    out->log = "mongodb";
    vt_service_state_contest(out, vt_contest_now(vt_definition_contest(self->consumer.definition)));
}

static void archive_stop(void *context) {
    archive *self = context;
    vt_consumer_stop(&self->consumer);
}

static void archive_close(void *context) {
    archive *self = context;
    vt_consumer_release(&self->consumer);
    explicit_bzero(&self->url, sizeof self->url);
}

int vt_cmd_archive(const vt_config *config) {
    archive self = {0};
    const vt_role role = {
        .needs = "kafka",
        .connect = archive_connect,
        .open = archive_open,
        .state = archive_state,
        .stop = archive_stop,
        .close = archive_close,
    };
    return vt_service_run(config, &role, &self);
}
