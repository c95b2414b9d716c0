/* `votaton run`: everything in one process over one data directory. */
#include "cmd/embedded.h"
#include "cmd/entry.h"
#include "cmd/service.h"
#include "cmd/welcome.h"
#include "obs/log.h"
#include "web/web.h"

typedef struct run {
    const vt_config *config;
    vt_embedded embedded;
    vt_entry entry;
    vt_web *web;
} run;

static void on_ledger_fatal(void *context, vt_err err, const char *reason) {
    vt_service_fail(context, "ledger_failed", err, reason);
}

static vt_err open_web(run *self, vt_metrics *metrics) {
    if (self->embedded.tally == NULL) {
        return VT_OK;
    }
    vt_web_options options = {
        .tally = self->embedded.tally,
        .votelog = self->embedded.votelog,
        .contest = vt_definition_contest(self->embedded.definition),
        .metrics = metrics,
        .limits = vt_web_limits_default(self->config->threads),
    };
    return vt_web_open(&options, &self->web);
}

static vt_err run_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    run *self = context;
    vt_err err = vt_entry_init(&self->entry, self->config, reason);
    if (err == VT_OK) {
        err = vt_embedded_open(self->config, service->metrics, service->health, on_ledger_fatal, service,
                               &self->embedded, reason);
    }
    if (err != VT_OK) {
        return err;
    }
    const vt_contest *contest = vt_definition_contest(self->embedded.definition);
    err = vt_entry_open(&self->entry, self->config, self->embedded.ledger, contest, &self->embedded.secret,
                        service->metrics);
    return err == VT_OK ? open_web(self, service->metrics) : err;
}

static uint32_t run_routes(void *context, vt_route_table tables[VT_LISTENERS_TABLES_MAX]) {
    run *self = context;
    uint32_t count = 0;
    tables[count++] = vt_ingest_routes(self->entry.ingest);
    if (self->web != NULL) {
        tables[count++] = vt_web_routes(self->web);
    }
    return count;
}

static void run_state(void *context, vt_admin_state *out) {
    const run *self = context;
    bool has_store = self->embedded.store != NULL;
    out->ledger = has_store ? "sqlite" : "null";
    out->tally = has_store ? "sqlite" : NULL;
    out->log = has_store ? "sqlite" : NULL;
    out->queue_depth = vt_ledger_queue_depth(self->embedded.ledger);
    vt_service_state_contest(out, vt_definition_contest(self->embedded.definition));
}

static void run_ready(void *context, const char *address, const char *admin_address) {
    const run *self = context;
    if (self->embedded.store == NULL) {
        vt_log(VT_LOG_WARN, "votes_are_forgotten", VT_LOG_STR("ledger", "null:"),
               VT_LOG_STR("hint", "this ledger keeps nothing; it is for benchmarks only"));
    }
    vt_welcome_print(vt_definition_contest(self->embedded.definition), self->config->data, address, admin_address);
}

static void run_stop(void *context) {
    run *self = context;
    vt_ledger_close(self->embedded.ledger);
    self->embedded.ledger = NULL;
    if (self->web != NULL) {
        vt_web_stop(self->web);
    }
}

static void run_close(void *context) {
    run *self = context;
    vt_web_close(self->web);
    vt_entry_close(&self->entry);
    vt_embedded_close(&self->embedded);
}

int vt_cmd_run(const vt_config *config) {
    run self = {.config = config};
    const vt_role role = {
        .listen = config->listen,
        .grpc_services = vt_entry_grpc_services,
        .grpc_services_count = VT_ENTRY_GRPC_SERVICES_COUNT,
        .open = run_open,
        .routes = run_routes,
        .state = run_state,
        .ready = run_ready,
        .stop = run_stop,
        .close = run_close,
    };
    return vt_service_run(config, &role, &self);
}
