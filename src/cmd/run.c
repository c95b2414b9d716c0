/* `votaton run`: everything in one process over one data directory. */
#include "admin/admin.h"
#include "base/clock.h"
#include "cmd/embedded.h"
#include "cmd/fd_limit.h"
#include "cmd/logging.h"
#include "cmd/signals.h"
#include "cmd/welcome.h"
#include "ingest/ingest.h"
#include "net/grpc_health.h"
#include "net/grpc_reflection.h"
#include "net/server.h"
#include "obs/log.h"
#include "web/web.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    FATAL_DRAIN_MS = 300, /* nothing can be acknowledged any more: answer what is there, and go */
    ADMIN_CONNECTIONS_MAX = 256,
    TABLES_MAX = 6,
    CONFIGURATION_BYTES_MAX = 65536,
};

/* In the order of opening; closed in the reverse order. */
typedef struct vt_process {
    const vt_config *config;
    uint32_t threads;
    vt_trusted_proxies proxies;
    vt_metrics *metrics;
    vt_health *health;
    vt_embedded embedded;
    vt_buf configuration; /* as /status shows it */
    vt_admin *admin;
    vt_grpc_health *grpc_health;
    vt_grpc_reflection *grpc_reflection;
    vt_ingest *ingest;
    vt_web *web;
    vt_router *public_router;
    vt_router *admin_router;
    vt_server *public_server;
    vt_server *admin_server;
} vt_process;

static atomic_bool is_broken;

static void on_ledger_fatal(void *context, vt_err err, const char *reason) {
    (void) context;
    vt_log(VT_LOG_ERROR, "ledger_failed", VT_LOG_STR("code", vt_err_code(err)), VT_LOG_STR("reason", reason));
    atomic_store(&is_broken, true);
    vt_signals_give_up();
}

static const char *const grpc_services[] = {"votaton.v1.VoteService", "confproto.getInfo"};
enum { GRPC_SERVICES_COUNT = sizeof grpc_services / sizeof grpc_services[0] };

static void admin_state(void *context, vt_admin_state *out) {
    const vt_process *p = context;
    const vt_contest *contest = vt_definition_contest(p->embedded.definition);
    out->ledger = p->embedded.store == NULL ? "null" : "sqlite";
    out->queue_depth = vt_ledger_queue_depth(p->embedded.ledger);
    snprintf(out->contest, sizeof out->contest, "%.*s", (int) contest->name.len, contest->name.ptr);
    out->contest_version = contest->version;
}

static vt_err render_queue_depth(void *context, vt_buf *out) {
    return vt_buf_appendf(out,
                          "# HELP votaton_ledger_queue_records Votes that wait for the ledger\n"
                          "# TYPE votaton_ledger_queue_records gauge\n"
                          "votaton_ledger_queue_records %zu\n",
                          vt_ledger_queue_depth(context));
}

static vt_err open_admin(vt_process *p) {
    const char *configuration;
    vt_err err = vt_config_render(p->config, &p->configuration);
    if (err == VT_OK) {
        err = vt_buf_cstr(&p->configuration, &configuration);
    }
    if (err != VT_OK) {
        return err;
    }
    vt_metrics_collect(p->metrics, render_queue_depth, p->embedded.ledger);
    vt_admin_options options = {
        .metrics = p->metrics,
        .health = p->health,
        .token = p->config->admin_token,
        .configuration = configuration,
        .state = admin_state,
        .context = p,
    };
    return vt_admin_open(&options, &p->admin);
}

static vt_err open_services(vt_process *p) {
    const vt_contest *contest = vt_definition_contest(p->embedded.definition);
    vt_ingest_options ingest = {
        .ledger = p->embedded.ledger,
        .rules = {.contest = contest, .secret = &p->embedded.secret, .trusted_proxies = &p->proxies},
        .metrics = p->metrics,
        .loops = p->threads,
        /* What waits, what is being committed, and one batch that is being read: so the ledger's queue fills first. */
        .items_max = p->config->queue_records_max + p->config->group_records_max + VT_BATCH_VOTES_MAX,
    };
    vt_err err = vt_ingest_open(&ingest, &p->ingest);
    if (err == VT_OK && p->embedded.tally != NULL) {
        vt_web_options web = {
            .tally = p->embedded.tally,
            .votelog = p->embedded.votelog,
            .contest = contest,
            .metrics = p->metrics,
            .limits = vt_web_limits_default(p->threads),
        };
        err = vt_web_open(&web, &p->web);
    }
    if (err == VT_OK) {
        err = vt_grpc_health_open(p->health, grpc_services, GRPC_SERVICES_COUNT, &p->grpc_health);
    }
    if (err == VT_OK) {
        err = vt_grpc_reflection_open(vt_grpc_reflection_descriptors(), grpc_services, GRPC_SERVICES_COUNT,
                                      &p->grpc_reflection);
    }
    return err == VT_OK ? open_admin(p) : err;
}

static vt_err open_routers(vt_process *p) {
    vt_route_table tables[TABLES_MAX];
    uint32_t count = 0;
    tables[count++] = vt_ingest_routes(p->ingest);
    tables[count++] = vt_grpc_health_routes(p->grpc_health);
    tables[count++] = vt_grpc_reflection_routes(p->grpc_reflection);
    tables[count++] = vt_admin_health_routes(p->admin);
    if (p->web != NULL) {
        tables[count++] = vt_web_routes(p->web);
    }
    vt_err err = vt_router_open(tables, count, &p->public_router);
    if (err != VT_OK) {
        return err;
    }
    vt_route_table admin[] = {vt_admin_routes(p->admin), vt_admin_health_routes(p->admin)};
    return vt_router_open(admin, sizeof admin / sizeof admin[0], &p->admin_router);
}

static vt_err open_server(const vt_server_options *options, const char *flag, vt_server **out,
                          char reason[VT_EMBEDDED_REASON_MAX]) {
    char why[256];
    vt_err err = vt_server_open(options, out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_EMBEDDED_REASON_MAX, "%s; %s HOST:PORT chooses another address", why, flag);
    }
    return err;
}

static uint32_t fitting_connections(const vt_config *config) {
    uint32_t fitting = vt_fd_limit_raise(config->connections_max);
    if (fitting < config->connections_max) {
        vt_log(VT_LOG_WARN, "connections_limited", VT_LOG_INT("connections_max", fitting),
               VT_LOG_STR("hint", "the hard limit of open files (ulimit -Hn) is too low for --connections-max"));
    }
    return fitting;
}

static vt_err open_servers(vt_process *p, char reason[VT_EMBEDDED_REASON_MAX]) {
    vt_server_options options = {
        .listen = p->config->listen,
        .threads = p->threads,
        .router = p->public_router,
        .metrics = p->metrics,
        .name = "public",
        .limits = vt_server_limits_default(),
    };
    options.limits.connections_max = fitting_connections(p->config);
    vt_err err = open_server(&options, "--listen", &p->public_server, reason);
    if (err != VT_OK) {
        return err;
    }
    options.listen = p->config->admin_listen;
    options.threads = 1;
    options.router = p->admin_router;
    options.name = "admin";
    options.limits.connections_max = ADMIN_CONNECTIONS_MAX;
    return open_server(&options, "--admin-listen", &p->admin_server, reason);
}

static vt_err open_process(vt_process *p, char reason[VT_EMBEDDED_REASON_MAX]) {
    vt_err err = vt_trusted_proxies_parse(vt_slice_str(p->config->trusted_proxies), &p->proxies);
    if (err != VT_OK) {
        snprintf(reason, VT_EMBEDDED_REASON_MAX, "--trusted-proxies: %.200s is no list of addresses and networks",
                 p->config->trusted_proxies);
        return err;
    }
    snprintf(reason, VT_EMBEDDED_REASON_MAX, "cannot start");
    vt_buf_init(&p->configuration, CONFIGURATION_BYTES_MAX);
    err = vt_metrics_open(&p->metrics);
    if (err == VT_OK) {
        err = vt_health_open(&p->health);
    }
    if (err == VT_OK) {
        err = vt_embedded_open(p->config, p->metrics, p->health, on_ledger_fatal, &p->embedded, reason);
    }
    if (err == VT_OK) {
        err = open_services(p);
    }
    if (err == VT_OK) {
        err = open_routers(p);
    }
    return err == VT_OK ? open_servers(p, reason) : err;
}

/* Drains first, so that everything below still works while the last answers go out. */
static uint32_t close_process(vt_process *p, uint32_t drain_ms) {
    if (p->grpc_health != NULL) {
        vt_health_set(p->health, "draining", "the server was told to stop");
        vt_grpc_health_stop(p->grpc_health);
    }
    uint32_t unanswered = p->public_server == NULL ? 0 : vt_server_drain(p->public_server, drain_ms);
    if (p->admin_server != NULL) {
        vt_server_drain(p->admin_server, FATAL_DRAIN_MS);
    }
    /* From here on nothing may be posted to a loop: ledger, readers and watches end before the servers do. */
    vt_ledger_close(p->embedded.ledger);
    p->embedded.ledger = NULL;
    if (p->web != NULL) {
        vt_web_stop(p->web);
    }
    vt_server_close(p->admin_server);
    vt_server_close(p->public_server);
    vt_router_close(p->admin_router);
    vt_router_close(p->public_router);
    vt_admin_close(p->admin);
    vt_grpc_reflection_close(p->grpc_reflection);
    vt_grpc_health_close(p->grpc_health);
    vt_web_close(p->web);
    vt_ingest_close(p->ingest);
    vt_embedded_close(&p->embedded);
    vt_buf_release(&p->configuration);
    vt_health_close(p->health);
    vt_metrics_close(p->metrics);
    return unanswered;
}

static void say_ready(const vt_process *p) {
    const char *address = vt_server_address(p->public_server);
    const char *admin = vt_server_address(p->admin_server);
    const vt_contest *contest = vt_definition_contest(p->embedded.definition);
    vt_log(VT_LOG_INFO, "ready", VT_LOG_STR("listen", address), VT_LOG_STR("admin_listen", admin),
           VT_LOG_INT("threads", p->threads), VT_LOG_SLICE("contest", contest->name),
           VT_LOG_INT("contest_version", contest->version));
    if (p->embedded.store == NULL) {
        vt_log(VT_LOG_WARN, "votes_are_forgotten", VT_LOG_STR("ledger", "null:"),
               VT_LOG_STR("hint", "this ledger keeps nothing; it is for benchmarks only"));
    }
    vt_welcome_print(contest, p->config->data, address, admin);
}

int vt_cmd_run(const vt_config *config) {
    vt_logging_setup(config);
    char reason[VT_EMBEDDED_REASON_MAX];
    vt_process process = {.config = config, .threads = config->threads};
    if (vt_signals_hold() != VT_OK) {
        return VT_EXIT_FAILED;
    }
    vt_err err = open_process(&process, reason);
    if (err == VT_ERR_GONE) {
        vt_log(VT_LOG_INFO, "stopped", VT_LOG_STR("reason", reason));
        close_process(&process, 0);
        return VT_EXIT_OK;
    }
    if (err != VT_OK) {
        vt_log(VT_LOG_ERROR, "cannot_start", VT_LOG_STR("code", vt_err_code(err)), VT_LOG_STR("reason", reason));
        close_process(&process, 0);
        return VT_EXIT_FAILED;
    }
    say_ready(&process);
    vt_signals_wait();
    bool broken = atomic_load(&is_broken);
    vt_log(VT_LOG_INFO, "stopping");
    uint32_t unanswered = close_process(&process, broken ? FATAL_DRAIN_MS : config->drain_timeout_ms);
    vt_log(VT_LOG_INFO, "stopped", VT_LOG_INT("unanswered_requests", unanswered));
    return broken || atomic_load(&is_broken) ? VT_EXIT_FAILED : VT_EXIT_OK;
}
