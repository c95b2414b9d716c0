#include "cmd/embedded.h"

#include "base/clock.h"
#include "cmd/signals.h"
#include "cmd/stored_contest.h"
#include "contest/establish.h"
#include "count/rebuild.h"
#include "ledger/ledger_null.h"
#include "ledger/ledger_sqlite.h"
#include "obs/log.h"
#include "tally/tally_sqlite.h"
#include "votelog/votelog_sqlite.h"

#include <stdio.h>

static vt_err say(vt_err err, const char *what, char reason[VT_EMBEDDED_REASON_MAX]) {
    if (err != VT_OK) {
        snprintf(reason, VT_EMBEDDED_REASON_MAX, "%s: %s", what, vt_err_text(err));
    }
    return err;
}

static bool goes_on(void *context, int64_t folded, int64_t records) {
    (void) context;
    (void) folded;
    (void) records;
    return !vt_signals_is_pending();
}

static void warn_if_paused(const vt_store *store) {
    vt_err settled = vt_store_settled(store);
    if (settled != VT_OK) {
        const char *reason = settled == VT_ERR_FULL ? "the disk is full" : "another program holds the database";
        vt_log(VT_LOG_WARN, "paused", VT_LOG_STR("reason", reason),
               VT_LOG_STR("hint", "no vote is answered until what the last run left in votes.db-wal is in votes.db"));
    }
}

static vt_err open_stores(const char *dir, const vt_ledger_sqlite_options *options, vt_embedded *out,
                          char reason[VT_EMBEDDED_REASON_MAX]) {
    vt_err err = vt_store_open(dir, VT_STORE_SERVE, &out->store, reason);
    if (err != VT_OK) {
        return err;
    }
    warn_if_paused(out->store);
    err = say(vt_tally_sqlite_open(out->store, &out->tally), "tally", reason);
    if (err == VT_OK) {
        err = say(vt_votelog_sqlite_open(out->store, &out->votelog), "vote log", reason);
    }
    if (err == VT_OK) {
        err = vt_catch_up(out->store, out->tally, goes_on, NULL, reason);
    }
    if (err == VT_OK) {
        err = say(vt_ledger_sqlite_open(out->store, options, &out->ledger), "ledger", reason);
    }
    return err == VT_OK ? say(vt_ledger_set_fold(out->ledger, vt_tally_sqlite_fold, out->tally), "tally", reason) : err;
}

/* Whether the stored contest was made with a secret: then another one, made now, could only be wrong. */
static vt_err needs_its_secret(const vt_store *store, bool *out, char reason[VT_EMBEDDED_REASON_MAX]) {
    vt_definition *stored = NULL;
    vt_err err = vt_stored_contest_read(store, &stored);
    *out = err == VT_OK && vt_definition_contest(stored)->limit_by != VT_LIMIT_NONE;
    vt_definition_free(stored);
    return err == VT_ERR_NOT_FOUND ? VT_OK : say(err, "the stored contest cannot be read", reason);
}

static vt_err load_secret(const vt_config *config, const char *dir, vt_embedded *out,
                          char reason[VT_EMBEDDED_REASON_MAX]) {
    const char *value = config->contest_secret[0] == '\0' ? NULL : config->contest_secret;
    bool has_one = false;
    if (dir == NULL && value == NULL) {
        return VT_OK;
    }
    vt_err err = dir == NULL ? VT_OK : needs_its_secret(out->store, &has_one, reason);
    if (err != VT_OK) {
        return err;
    }
    return has_one ? vt_secret_find(value, dir, &out->secret, reason)
                   : vt_secret_load(value, dir, &out->secret, reason);
}

static vt_err establish(const vt_config *config, const char *dir, vt_embedded *out,
                        char reason[VT_EMBEDDED_REASON_MAX]) {
    vt_err err = load_secret(config, dir, out, reason);
    if (err != VT_OK) {
        return err;
    }
    const char *file = config->contest[0] == '\0' ? NULL : config->contest;
    return vt_contest_establish(out->ledger, file, out->secret.len > 0 ? &out->secret : NULL, vt_clock_wall_ms(),
                                &out->definition, reason);
}

vt_err vt_embedded_open(const vt_config *config, vt_metrics *metrics, vt_health *health, vt_ledger_fatal *on_fatal,
                        void *context, vt_embedded *out, char reason[VT_EMBEDDED_REASON_MAX]) {
    _Static_assert((int) VT_EMBEDDED_REASON_MAX >= (int) VT_REASON_MAX, "the reasons of contest/ fit");
    _Static_assert((int) VT_EMBEDDED_REASON_MAX >= (int) VT_STORE_REASON_MAX, "the reasons of sqlite/ fit");
    _Static_assert((int) VT_EMBEDDED_REASON_MAX >= (int) VT_REBUILD_REASON_MAX, "the reasons of count/ fit");
    *out = (vt_embedded){0};
    const char *dir = strcmp(config->ledger, "null:") == 0 ? NULL : config->data;
    vt_ledger_sqlite_options options = {
        .queue_records_max = config->queue_records_max,
        .group_records_max = config->group_records_max,
        .metrics = metrics,
        .health = health,
        .on_fatal = on_fatal,
        .context = context,
    };
    vt_err err = dir == NULL ? say(vt_ledger_null_open(&out->ledger), "ledger", reason)
                             : open_stores(dir, &options, out, reason);
    if (err == VT_OK) {
        err = establish(config, dir, out, reason);
    }
    if (err != VT_OK) {
        vt_embedded_close(out);
        return err;
    }
    const vt_contest *contest = vt_definition_contest(out->definition);
    vt_ledger_set_votes_per_voter(out->ledger, contest->limit_by == VT_LIMIT_NONE ? 0 : contest->votes_per_voter);
    return VT_OK;
}

void vt_embedded_close(vt_embedded *embedded) {
    vt_ledger_close(embedded->ledger);
    vt_votelog_close(embedded->votelog);
    vt_tally_close(embedded->tally);
    vt_store_close(embedded->store);
    vt_definition_free(embedded->definition);
    vt_secret_release(&embedded->secret);
    *embedded = (vt_embedded){0};
}
