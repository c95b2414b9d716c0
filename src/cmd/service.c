#include "cmd/service.h"

#include "cmd/logging.h"
#include "cmd/signals.h"
#include "obs/log.h"

#include <stdio.h>
#include <string.h>

enum {
    FATAL_DRAIN_MS = 300, /* nothing can be acknowledged any more: answer what is there, and go */
    PAUSE_MIN_MS = 200,
    PAUSE_MAX_MS = 2000,
};

/* The condition of health that holds once the role serves. */
#define START_CONDITION "start"

typedef struct process {
    vt_service service;
    const vt_role *role;
    void *self;
    vt_listeners *listeners;
    atomic_bool is_open; /* the role's state may be asked for */
} process;

void vt_service_fail(vt_service *service, const char *event, vt_err err, const char *reason) {
    if (!atomic_exchange(&service->is_broken, true)) {
        vt_log(VT_LOG_ERROR, event, VT_LOG_STR("code", vt_err_code(err)), VT_LOG_STR("reason", reason));
    }
    vt_signals_give_up();
}

void vt_service_state_contest(vt_admin_state *out, const vt_contest *contest) {
    snprintf(out->contest, sizeof out->contest, "%.*s", (int) contest->name.len, contest->name.ptr);
    out->contest_version = contest->version;
    out->partitions = contest->partitions;
}

static void state(void *context, vt_admin_state *out) {
    process *p = context;
    out->role = vt_commands[p->service.config->command].name;
    if (atomic_load(&p->is_open)) {
        p->role->state(p->self, out);
    }
}

static vt_err open_shared(process *p) {
    vt_err err = vt_metrics_open(&p->service.metrics);
    if (err == VT_OK) {
        err = vt_health_open(&p->service.health);
    }
    if (err != VT_OK) {
        return err;
    }
    vt_listeners_options options = {
        .config = p->service.config,
        .listen = p->role->listen,
        .grpc_services = p->role->grpc_services,
        .grpc_services_count = p->role->grpc_services_count,
        .metrics = p->service.metrics,
        .health = p->service.health,
        .state = state,
        .context = p,
    };
    return vt_listeners_open(&options, &p->listeners);
}

/* VT_ERR_GONE: a signal came before all servers were there. */
static vt_err connect_role(process *p, char reason[VT_SERVICE_REASON_MAX]) {
    char first[VT_HEALTH_REASON_MAX];
    snprintf(first, sizeof first, "%s: no answer yet", p->role->needs);
    vt_health_set(p->service.health, START_CONDITION, first);
    vt_route_table waiting = p->role->waiting == NULL ? (vt_route_table){0} : p->role->waiting();
    vt_err err = vt_listeners_wait(p->listeners, &waiting, reason);
    if (err != VT_OK) {
        return err;
    }
    char said[VT_SERVICE_REASON_MAX] = "";
    uint32_t pause_ms = PAUSE_MIN_MS;
    while (vt_err_is_retryable(err = p->role->connect(p->self, &p->service, reason))) {
        if (strcmp(said, reason) != 0) {
            memcpy(said, reason, sizeof said);
            vt_health_set(p->service.health, START_CONDITION, reason);
            vt_log(VT_LOG_WARN, "waiting", VT_LOG_STR("reason", reason));
        }
        if (vt_signals_come_within(pause_ms)) {
            return VT_ERR_GONE;
        }
        pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
    }
    return err;
}

static vt_err serve(process *p, char reason[VT_SERVICE_REASON_MAX]) {
    vt_route_table tables[VT_LISTENERS_TABLES_MAX];
    uint32_t count = p->role->routes == NULL ? 0 : p->role->routes(p->self, tables);
    atomic_store(&p->is_open, true);
    vt_err err = vt_listeners_serve(p->listeners, tables, count, reason);
    if (err == VT_OK && p->role->connect != NULL) {
        vt_health_set(p->service.health, START_CONDITION, NULL);
    }
    return err;
}

static vt_err open_process(process *p, char reason[VT_SERVICE_REASON_MAX]) {
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot start");
    vt_err err = open_shared(p);
    if (err == VT_OK && p->role->connect != NULL) {
        err = connect_role(p, reason);
    }
    if (err == VT_OK) {
        err = p->role->open(p->self, &p->service, reason);
    }
    return err == VT_OK ? serve(p, reason) : err;
}

/* Drains first, so that everything below still works while the last answers go out. */
static uint32_t close_process(process *p, uint32_t drain_ms) {
    uint32_t unanswered = vt_listeners_drain(p->listeners, drain_ms);
    /* From here on nothing may be posted to a loop: ledger, readers and watches end before the servers do. */
    p->role->stop(p->self);
    vt_listeners_close(p->listeners);
    p->role->close(p->self);
    vt_health_close(p->service.health);
    vt_metrics_close(p->service.metrics);
    return unanswered;
}

static void say_ready(process *p) {
    vt_admin_state now = {0};
    state(p, &now);
    const char *address = vt_listeners_public_address(p->listeners);
    const char *admin = vt_listeners_admin_address(p->listeners);
    if (address != NULL) {
        vt_log(VT_LOG_INFO, "ready", VT_LOG_STR("role", now.role), VT_LOG_STR("listen", address),
               VT_LOG_STR("admin_listen", admin), VT_LOG_INT("threads", p->service.config->threads),
               VT_LOG_STR("contest", now.contest), VT_LOG_INT("contest_version", now.contest_version));
    } else {
        vt_log(VT_LOG_INFO, "ready", VT_LOG_STR("role", now.role), VT_LOG_STR("admin_listen", admin),
               VT_LOG_STR("contest", now.contest), VT_LOG_INT("contest_version", now.contest_version));
    }
    if (p->role->ready != NULL) {
        p->role->ready(p->self, address, admin);
    }
}

/* Serves to the end. */
static int run_open(process *p) {
    say_ready(p);
    vt_signals_wait();
    bool broken = atomic_load(&p->service.is_broken);
    vt_log(VT_LOG_INFO, "stopping");
    uint32_t unanswered = close_process(p, broken ? FATAL_DRAIN_MS : p->service.config->drain_timeout_ms);
    vt_log(VT_LOG_INFO, "stopped", VT_LOG_INT("unanswered_requests", unanswered));
    return broken || atomic_load(&p->service.is_broken) ? VT_EXIT_FAILED : VT_EXIT_OK;
}

int vt_service_run(const vt_config *config, const vt_role *role, void *self) {
    vt_logging_setup(config);
    if (vt_signals_hold() != VT_OK) {
        return VT_EXIT_FAILED;
    }
    process p = {.service = {.config = config}, .role = role, .self = self};
    char reason[VT_SERVICE_REASON_MAX];
    vt_err err = open_process(&p, reason);
    if (err == VT_OK) {
        return run_open(&p);
    }
    if (err == VT_ERR_GONE) {
        vt_log(VT_LOG_INFO, "stopped", VT_LOG_STR("reason", reason));
    } else {
        vt_log(VT_LOG_ERROR, "cannot_start", VT_LOG_STR("code", vt_err_code(err)), VT_LOG_STR("reason", reason));
    }
    close_process(&p, 0);
    return err == VT_ERR_GONE ? VT_EXIT_OK : VT_EXIT_FAILED;
}
