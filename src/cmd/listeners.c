#include "cmd/listeners.h"

#include "base/assert.h"
#include "cmd/fd_limit.h"
#include "net/grpc_health.h"
#include "net/grpc_reflection.h"
#include "net/server.h"
#include "obs/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADMIN_DRAIN_MS = 300,
    ADMIN_CONNECTIONS_MAX = 256,
    CONFIGURATION_BYTES_MAX = 65536,
    OWN_TABLES_MAX = 3,
};

/* In the order of opening; closed in the reverse order. */
struct vt_listeners {
    vt_listeners_options options;
    uint32_t connections_max;
    vt_buf configuration; /* as /status shows it */
    vt_admin *admin;
    vt_grpc_health *grpc_health;
    vt_grpc_reflection *grpc_reflection;
    vt_router *admin_router;
    vt_router *waiting_router; /* NULL: the role did not wait */
    vt_router *public_router;
    vt_server *admin_server;
    vt_server *public_server;
};

static vt_err open_admin(vt_listeners *self) {
    const char *configuration;
    vt_err err = vt_config_render(self->options.config, &self->configuration);
    if (err == VT_OK) {
        err = vt_buf_cstr(&self->configuration, &configuration);
    }
    if (err != VT_OK) {
        return err;
    }
    vt_admin_options options = {
        .metrics = self->options.metrics,
        .health = self->options.health,
        .token = self->options.config->admin_token,
        .configuration = configuration,
        .state = self->options.state,
        .context = self->options.context,
    };
    return vt_admin_open(&options, &self->admin);
}

static vt_err open_grpc(vt_listeners *self) {
    const vt_listeners_options *options = &self->options;
    vt_err err =
        vt_grpc_health_open(options->health, options->grpc_services, options->grpc_services_count, &self->grpc_health);
    if (err != VT_OK || options->grpc_services_count == 0) {
        return err;
    }
    return vt_grpc_reflection_open(vt_grpc_reflection_descriptors(), options->grpc_services,
                                   options->grpc_services_count, &self->grpc_reflection);
}

static uint32_t fitting_connections(const vt_config *config) {
    uint32_t fitting = vt_fd_limit_raise(config->connections_max);
    if (fitting < config->connections_max) {
        vt_log(VT_LOG_WARN, "connections_limited", VT_LOG_INT("connections_max", fitting),
               VT_LOG_STR("hint", "the hard limit of open files (ulimit -Hn) is too low for --connections-max"));
    }
    return fitting;
}

vt_err vt_listeners_open(const vt_listeners_options *options, vt_listeners **out) {
    vt_listeners *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->options = *options;
    vt_buf_init(&self->configuration, CONFIGURATION_BYTES_MAX);
    vt_err err = open_admin(self);
    if (err == VT_OK && options->listen != NULL) {
        self->connections_max = fitting_connections(options->config);
        err = open_grpc(self);
    }
    if (err != VT_OK) {
        vt_listeners_close(self);
        return err;
    }
    *out = self;
    return VT_OK;
}

/* What is answered at the public address whether the role is ready or not. */
static uint32_t own_tables(const vt_listeners *self, vt_route_table tables[OWN_TABLES_MAX]) {
    uint32_t count = 0;
    tables[count++] = vt_admin_health_routes(self->admin);
    tables[count++] = vt_grpc_health_routes(self->grpc_health);
    if (self->grpc_reflection != NULL) {
        tables[count++] = vt_grpc_reflection_routes(self->grpc_reflection);
    }
    return count;
}

static vt_err open_server(const vt_server_options *options, const char *flag, vt_server **out,
                          char reason[VT_LISTENERS_REASON_MAX]) {
    char why[VT_SERVER_REASON_MAX];
    vt_err err = vt_server_open(options, out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_LISTENERS_REASON_MAX, "%s; %s HOST:PORT chooses another address", why, flag);
    }
    return err;
}

static vt_err open_admin_server(vt_listeners *self, char reason[VT_LISTENERS_REASON_MAX]) {
    vt_route_table tables[] = {vt_admin_routes(self->admin), vt_admin_health_routes(self->admin)};
    vt_err err = vt_router_open(tables, sizeof tables / sizeof tables[0], &self->admin_router);
    if (err != VT_OK) {
        return err;
    }
    vt_server_options options = {
        .listen = self->options.config->admin_listen,
        .threads = 1,
        .router = self->admin_router,
        .metrics = self->options.metrics,
        .name = "admin",
        .limits = vt_server_limits_default(),
    };
    options.limits.connections_max = ADMIN_CONNECTIONS_MAX;
    return open_server(&options, "--admin-listen", &self->admin_server, reason);
}

/* Listens at both addresses, at the public one by `router`. */
static vt_err listen_by(vt_listeners *self, const vt_router *router, char reason[VT_LISTENERS_REASON_MAX]) {
    vt_err err = open_admin_server(self, reason);
    if (err != VT_OK || router == NULL) {
        return err;
    }
    vt_server_options options = {
        .listen = self->options.listen,
        .threads = self->options.config->threads,
        .router = router,
        .metrics = self->options.metrics,
        .name = "public",
        .limits = vt_server_limits_default(),
    };
    options.limits.connections_max = self->connections_max;
    return open_server(&options, "--listen", &self->public_server, reason);
}

vt_err vt_listeners_wait(vt_listeners *self, const vt_route_table *table, char reason[VT_LISTENERS_REASON_MAX]) {
    snprintf(reason, VT_LISTENERS_REASON_MAX, "cannot listen");
    vt_err err = VT_OK;
    if (self->options.listen != NULL) {
        vt_route_table tables[OWN_TABLES_MAX + 1];
        uint32_t count = own_tables(self, tables);
        tables[count++] = *table;
        err = vt_router_open_waiting(tables, count, &self->waiting_router);
    }
    return err == VT_OK ? listen_by(self, self->waiting_router, reason) : err;
}

static vt_err open_public_router(vt_listeners *self, const vt_route_table *tables, uint32_t tables_count) {
    vt_route_table all[VT_LISTENERS_TABLES_MAX];
    uint32_t count = own_tables(self, all);
    VT_ASSERT(tables_count <= VT_LISTENERS_TABLES_MAX - OWN_TABLES_MAX);
    memcpy(all + count, tables, tables_count * sizeof *tables);
    return vt_router_open(all, count + tables_count, &self->public_router);
}

vt_err vt_listeners_serve(vt_listeners *self, const vt_route_table *tables, uint32_t tables_count,
                          char reason[VT_LISTENERS_REASON_MAX]) {
    snprintf(reason, VT_LISTENERS_REASON_MAX, "cannot serve");
    vt_err err = self->options.listen == NULL ? VT_OK : open_public_router(self, tables, tables_count);
    if (err != VT_OK) {
        return err;
    }
    if (self->admin_server == NULL) {
        return listen_by(self, self->public_router, reason);
    }
    if (self->waiting_router != NULL) {
        vt_router_hand_over(self->waiting_router, self->public_router);
    }
    return VT_OK;
}

const char *vt_listeners_public_address(const vt_listeners *self) {
    return self->public_server == NULL ? NULL : vt_server_address(self->public_server);
}

const char *vt_listeners_admin_address(const vt_listeners *self) {
    return self->admin_server == NULL ? NULL : vt_server_address(self->admin_server);
}

uint32_t vt_listeners_drain(vt_listeners *self, uint32_t timeout_ms) {
    if (self == NULL) {
        return 0;
    }
    vt_health_set(self->options.health, "draining", "the server was told to stop");
    if (self->grpc_health != NULL) {
        vt_grpc_health_stop(self->grpc_health);
    }
    uint32_t unanswered = self->public_server == NULL ? 0 : vt_server_drain(self->public_server, timeout_ms);
    if (self->admin_server != NULL) {
        vt_server_drain(self->admin_server, ADMIN_DRAIN_MS);
    }
    return unanswered;
}

void vt_listeners_close(vt_listeners *self) {
    if (self == NULL) {
        return;
    }
    vt_server_close(self->public_server);
    vt_server_close(self->admin_server);
    vt_router_close(self->public_router);
    vt_router_close(self->waiting_router);
    vt_router_close(self->admin_router);
    vt_grpc_reflection_close(self->grpc_reflection);
    vt_grpc_health_close(self->grpc_health);
    vt_admin_close(self->admin);
    vt_buf_release(&self->configuration);
    free(self);
}
