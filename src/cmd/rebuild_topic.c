#include "cmd/rebuild_topic.h"

#include "cmd/topic_stores.h"
#include "count/patience.h"
#include "count/rebuild_topic.h"
#include "tally/tally_fence.h"

#include <inttypes.h>
#include <stdio.h>

/* What a counter sees to when it meets a new Redis, which may be an empty one. */
static vt_err greet_redis(vt_topic_stores *stores, char reason[VT_SERVICE_REASON_MAX]) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    const vt_contest *contest = vt_definition_contest(stores->definition);
    bool is_durable;
    vt_err err = vt_fence_check_redis(stores->redis, &is_durable, reason);
    if (err == VT_OK) {
        err = vt_definition_write_json(contest, &json);
    }
    if (err == VT_OK) {
        err = vt_fence_put_contest(stores->redis, &contest->ledger_id, contest->version, vt_buf_slice(&json));
        snprintf(reason, VT_SERVICE_REASON_MAX, "the contest in the tally: %s", vt_err_text(err));
    }
    vt_buf_release(&json);
    return err;
}

static bool goes_on(void *context) {
    return vt_topic_stores_show(context, 0, 1);
}

static vt_err open_letters(const vt_topic_stores *stores, vt_dead_letters **out, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_KAFKA_REASON_MAX] = "";
    vt_id ledger_id = vt_ledger_id(stores->topic.ledger);
    vt_err err =
        vt_dead_letters_open(&stores->topic.target, &ledger_id, vt_ledger_partitions(stores->topic.ledger), out, why);
    snprintf(reason, VT_SERVICE_REASON_MAX, "dead letters: %s", why);
    return err;
}

static vt_err rebuild_tally(vt_topic_stores *stores, vt_rebuild_topic_options *options,
                            char reason[VT_SERVICE_REASON_MAX]) {
    vt_patience patience = {.goes_on = goes_on, .context = stores};
    uint64_t records = 0;
    vt_dead_letters *letters = NULL;
    vt_err err;
    vt_progress_bar_start(&stores->bar, "rebuilding the tally");
    do {
        err = greet_redis(stores, reason);
    } while (vt_patience_tries_again(&patience, err));
    if (err == VT_OK) {
        do {
            err = open_letters(stores, &letters, reason);
        } while (vt_patience_tries_again(&patience, err));
    }
    if (err == VT_OK) {
        options->letters = letters;
        err = vt_rebuild_tally(options, stores->redis, &records, reason);
    }
    vt_dead_letters_close(letters);
    vt_progress_bar_end(&stores->bar);
    if (err == VT_OK) {
        printf("rebuilt the tally from %" PRIu64 " records\n", records);
    }
    return err;
}

static vt_err rebuild_log(vt_topic_stores *stores, const vt_rebuild_topic_options *options,
                          char reason[VT_SERVICE_REASON_MAX]) {
    uint64_t records = 0;
    vt_progress_bar_start(&stores->bar, "rebuilding the vote log");
    vt_err err = vt_rebuild_log(options, stores->log, &records, reason);
    vt_progress_bar_end(&stores->bar);
    if (err == VT_OK) {
        printf("rebuilt the vote log from %" PRIu64 " records\n", records);
    }
    return err;
}

int vt_rebuild_topic_command(const vt_config *config) {
    char reason[VT_SERVICE_REASON_MAX];
    vt_topic_stores stores;
    vt_err err = vt_topic_stores_open(config, &stores, reason);
    vt_rebuild_topic_options options = {
        .ledger = stores.topic.ledger,
        .votes_per_voter = stores.votes_per_voter,
        .progress = vt_topic_stores_show,
        .context = &stores,
    };
    if (err == VT_OK && stores.redis != NULL) {
        err = rebuild_tally(&stores, &options, reason);
    }
    if (err == VT_OK && stores.log != NULL) {
        err = rebuild_log(&stores, &options, reason);
    }
    int status = err == VT_OK ? VT_EXIT_OK : vt_topic_stores_failed(&stores, reason);
    vt_topic_stores_close(&stores);
    return status;
}
