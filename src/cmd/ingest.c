/* `votaton ingest`: takes votes over HTTP and gRPC into the ledger in Kafka. */
#include "base/clock.h"
#include "cmd/contest_follower.h"
#include "cmd/entry.h"
#include "cmd/topic.h"
#include "contest/establish.h"
#include "web/page_none.h"

#include <stdio.h>

typedef struct ingest {
    vt_topic topic;
    vt_secret secret;
    vt_definition *definition;
    vt_contest_follower *follower;
    vt_entry entry;
} ingest;

static vt_err load_secret(ingest *self, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    bool has_one = config->contest_secret[0] != '\0';
    return has_one && self->secret.len == 0 ? vt_secret_load(config->contest_secret, NULL, &self->secret, reason)
                                            : VT_OK;
}

/* Of the file, or NULL: what is stored. */
static vt_err establish(ingest *self, const char *file, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_secret *secret = self->secret.len > 0 ? &self->secret : NULL;
    char why[VT_REASON_MAX];
    vt_err err = vt_contest_establish(self->topic.ledger, file, secret, vt_clock_wall_ms(), out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: %s%s", why,
                 err == VT_ERR_BAD_CONFIG ? "; set CONTEST_SECRET or CONTEST_SECRET_FILE" : "");
    }
    /* Others that start at the same time are no reason to give up. */
    return err == VT_ERR_IN_USE ? VT_ERR_BUSY : err;
}

static vt_err ingest_connect(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    ingest *self = context;
    vt_err err = vt_entry_init(&self->entry, service->config, reason);
    if (err == VT_OK) {
        err = load_secret(self, service->config, reason);
    }
    if (err == VT_OK) {
        err = vt_topic_connect(&self->topic, service, VT_LEDGER_KAFKA_SERVE, reason);
    }
    const char *file = service->config->contest[0] == '\0' ? NULL : service->config->contest;
    return err == VT_OK ? establish(self, file, &self->definition, reason) : err;
}

static vt_err read_newest(void *context, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    return establish(context, NULL, out, reason);
}

static vt_err ingest_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    ingest *self = context;
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot take votes");
    vt_err err = vt_entry_open(&self->entry, service->config, self->topic.ledger,
                               vt_definition_contest(self->definition), &self->secret, service->metrics);
    const vt_contest_follower_options follow = {
        .read = read_newest, .context = self, .first = self->definition, .service = service};
    return err == VT_OK ? vt_contest_follower_open(&follow, &self->follower) : err;
}

static uint32_t ingest_routes(void *context, vt_route_table tables[VT_LISTENERS_TABLES_MAX]) {
    const ingest *self = context;
    tables[0] = vt_ingest_routes(self->entry.ingest);
    tables[1] = vt_page_none_routes(vt_definition_contest(self->definition));
    return 2;
}

static void ingest_state(void *context, vt_admin_state *out) {
    const ingest *self = context;
    out->ledger = "kafka";
    out->queue_depth = vt_ledger_queue_depth(self->topic.ledger);
    vt_service_state_contest(out, vt_contest_now(vt_definition_contest(self->definition)));
}

static void ingest_stop(void *context) {
    ingest *self = context;
    vt_contest_follower_stop(self->follower);
    vt_topic_disconnect(&self->topic);
}

static void ingest_close(void *context) {
    ingest *self = context;
    vt_entry_close(&self->entry);
    vt_contest_follower_close(self->follower);
    vt_definition_free(self->definition);
    vt_secret_release(&self->secret);
    vt_topic_release(&self->topic);
}

int vt_cmd_ingest(const vt_config *config) {
    ingest self = {0};
    const vt_role role = {
        .listen = config->listen,
        .grpc_services = vt_entry_grpc_services,
        .grpc_services_count = VT_ENTRY_GRPC_SERVICES_COUNT,
        .needs = "kafka",
        .connect = ingest_connect,
        .open = ingest_open,
        .routes = ingest_routes,
        .state = ingest_state,
        .stop = ingest_stop,
        .close = ingest_close,
    };
    return vt_service_run(config, &role, &self);
}
