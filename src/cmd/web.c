/* `votaton web`: shows the results of the tally in Redis and the votes of the log in MongoDB. */
#include "web/web.h"

#include "cmd/contest_follower.h"
#include "cmd/store_url.h"
#include "contest/definition.h"
#include "tally/tally_redis.h"
#include "votelog/votelog_mongo.h"
#include "web/page_away.h"

#include <stdio.h>
#include <string.h>

typedef struct web {
    vt_redis_url tally_url;
    vt_mongo_url log_url;
    vt_redis *redis; /* for asking for the contest */
    vt_definition *definition;
    vt_contest_follower *follower;
    vt_tally *tally;
    vt_votelog *votelog;
    vt_web *web;
} web;

/* The contest as a counter has copied it into the tally. */
static vt_err parse_contest(const web *self, vt_buf *json, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    uint32_t version;
    vt_err err = vt_tally_redis_contest(self->redis, json, &version);
    if (err != VT_OK) {
        bool is_damaged = err == VT_ERR_CORRUPT;
        snprintf(reason, VT_SERVICE_REASON_MAX, "%s",
                 is_damaged ? "contest: the one in the tally is damaged" : vt_redis_reason(self->redis));
        return err;
    }
    if (version == 0) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: the tally has none yet; `votaton count` brings it");
        return VT_ERR_BUSY;
    }
    vt_problem problem;
    err = vt_definition_read_json(vt_buf_slice(json), out, &problem);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: the one in the tally cannot be read: %s",
                 err == VT_ERR_BAD_CONTEST ? problem.reason : vt_err_text(err));
    }
    return err;
}

static vt_err read_contest(void *context, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_err err = parse_contest(context, &json, out, reason);
    vt_buf_release(&json);
    return err;
}

static vt_err read_settings(web *self, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    vt_err err = vt_store_url_log(config, &self->log_url, reason);
    if (err == VT_OK) {
        err = vt_store_url_tally(config, &self->tally_url, reason);
    }
    if (err == VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "cannot ask for the contest");
        err = vt_redis_open(&self->tally_url, config->store_timeout_ms, &self->redis);
    }
    return err;
}

static vt_err web_connect(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    web *self = context;
    vt_err err = self->redis != NULL ? VT_OK : read_settings(self, service->config, reason);
    if (err == VT_OK) {
        err = vt_store_url_find_log(&self->log_url, service->config->store_timeout_ms, reason);
    }
    return err == VT_OK ? read_contest(self, &self->definition, reason) : err;
}

/* Another ledger's contest is not followed: what is shown is the first one's. */
static vt_err read_newest(void *context, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]) {
    const web *self = context;
    vt_definition *found = NULL;
    vt_err err = read_contest(context, &found, reason);
    if (err == VT_OK &&
        !vt_id_eq(&vt_definition_contest(found)->ledger_id, &vt_definition_contest(self->definition)->ledger_id)) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: the one in the tally belongs to another ledger by now");
        err = VT_ERR_BUSY;
    }
    if (err != VT_OK) {
        vt_definition_free(found);
        return err;
    }
    *out = found;
    return VT_OK;
}

static vt_err open_stores(web *self, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_contest *contest = vt_definition_contest(self->definition);
    if (contest->partitions < 1) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: the one in the tally is not of a ledger in Kafka");
        return VT_ERR_OTHER_LEDGER;
    }
    vt_err err = vt_tally_redis_open(&self->tally_url, &contest->ledger_id, contest->partitions,
                                     config->store_timeout_ms, &self->tally);
    return err == VT_OK ? vt_votelog_mongo_open(&self->log_url, &contest->ledger_id, config->store_timeout_ms,
                                                &self->votelog, reason)
                        : err;
}

static vt_err web_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    web *self = context;
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot show results");
    vt_err err = open_stores(self, service->config, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_web_options options = {
        .tally = self->tally,
        .votelog = self->votelog,
        .contest = vt_definition_contest(self->definition),
        .metrics = service->metrics,
        .limits = vt_web_limits_default(service->config->threads),
        .posts_elsewhere = true,
    };
    err = vt_web_open(&options, &self->web);
    const vt_contest_follower_options follow = {
        .read = read_newest, .context = self, .first = self->definition, .service = service};
    return err == VT_OK ? vt_contest_follower_open(&follow, &self->follower) : err;
}

static uint32_t web_routes(void *context, vt_route_table tables[VT_LISTENERS_TABLES_MAX]) {
    const web *self = context;
    tables[0] = vt_web_routes(self->web);
    return 1;
}

static void web_state(void *context, vt_admin_state *out) {
    const web *self = context;
    out->tally = "redis";
    out->log = "mongodb";
    vt_service_state_contest(out, vt_contest_now(vt_definition_contest(self->definition)));
}

static void web_stop(void *context) {
    web *self = context;
    vt_contest_follower_stop(self->follower);
    if (self->web != NULL) {
        vt_web_stop(self->web);
    }
}

static void web_close(void *context) {
    web *self = context;
    vt_web_close(self->web);
    vt_votelog_close(self->votelog);
    vt_tally_close(self->tally);
    vt_contest_follower_close(self->follower);
    vt_redis_close(self->redis);
    vt_definition_free(self->definition);
    explicit_bzero(&self->tally_url, sizeof self->tally_url);
    explicit_bzero(&self->log_url, sizeof self->log_url);
}

int vt_cmd_web(const vt_config *config) {
    web self = {0};
    const vt_role role = {
        .listen = config->web_listen,
        .needs = "redis",
        .connect = web_connect,
        .open = web_open,
        .waiting = vt_page_away_routes,
        .routes = web_routes,
        .state = web_state,
        .stop = web_stop,
        .close = web_close,
    };
    return vt_service_run(config, &role, &self);
}
