/* `votaton count`: counts the votes of the ledger in Kafka in the tally in Redis, and publishes it for dashboards. */
#include "cmd/consumer.h"
#include "cmd/store_url.h"
#include "count/tally_store.h"
#include "tally/view_list.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int) VT_TALLY_STORE_CONTEST_BYTES_MAX == (int) VT_CONTEST_JSON_BYTES_MAX, "every contest fits");

typedef struct count {
    vt_consumer consumer;
    vt_redis_url url;
    vt_tally_views *views; /* NULL: none */
} count;

/* Before anything is waited for: a mistake in them does not pass. */
static vt_err check_views(const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    vt_view_list list;
    char why[VT_REDIS_REASON_MAX];
    if (strcmp(config->views, "none") == 0) {
        return VT_OK;
    }
    vt_err err = vt_view_list_read(vt_slice_str(config->views), &list, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "--views (VOTATON_VIEWS): %s", why);
    }
    return err;
}

static vt_err count_connect(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    count *self = context;
    vt_err err = check_views(service->config, reason);
    if (err == VT_OK) {
        err = vt_store_url_tally(service->config, &self->url, reason);
    }
    return err == VT_OK ? vt_consumer_connect(&self->consumer, service, reason) : err;
}

static vt_err open_store(void *context, uint32_t index, vt_derived **out, char reason[VT_SERVICE_REASON_MAX]) {
    count *self = context;
    const vt_contest *contest = vt_definition_contest(self->consumer.definition);
    vt_tally_store_options options = {
        .url = &self->url,
        .timeout_ms = self->consumer.service->config->store_timeout_ms,
        .ledger_id = contest->ledger_id,
        .contest = contest,
        .write_contest = vt_definition_write_json,
        .views = index == 0 ? self->views : NULL, /* one worker publishes for all partitions */
        .metrics = self->consumer.service->metrics,
    };
    return vt_tally_store_open(&options, out, reason);
}

static vt_err open_views(count *self, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    const vt_contest *contest = vt_definition_contest(self->consumer.definition);
    if (strcmp(config->views, "none") == 0) {
        return VT_OK;
    }
    char why[VT_REDIS_REASON_MAX];
    vt_err err =
        vt_tally_views_open(vt_slice_str(config->views), &contest->ledger_id, contest->partitions, &self->views, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "views: %s", why);
    }
    return err;
}

static vt_err count_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    count *self = context;
    const vt_consumer_stores stores = {
        .name = "tally", .sends_dead_letters = true, .open = open_store, .context = self};
    vt_err err = open_views(self, service->config, reason);
    return err == VT_OK ? vt_consumer_start(&self->consumer, &stores, reason) : err;
}

static void count_state(void *context, vt_admin_state *out) {
    const count *self = context;
    out->ledger = "kafka";
    out->tally = "redis";
    vt_service_state_contest(out, vt_contest_now(vt_definition_contest(self->consumer.definition)));
}

static void count_stop(void *context) {
    count *self = context;
    vt_consumer_stop(&self->consumer);
}

static void count_close(void *context) {
    count *self = context;
    vt_tally_views_close(self->views);
    vt_consumer_release(&self->consumer);
    explicit_bzero(&self->url, sizeof self->url);
}

int vt_cmd_count(const vt_config *config) {
    count self = {0};
    const vt_role role = {
        .needs = "kafka",
        .connect = count_connect,
        .open = count_open,
        .state = count_state,
        .stop = count_stop,
        .close = count_close,
    };
    return vt_service_run(config, &role, &self);
}
