#include "ledger/ledger_sqlite.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/queue.h"
#include "ledger/answers.h"
#include "ledger/contest_table.h"
#include "ledger/ledger_metrics.h"
#include "ledger/vote_reader.h"
#include "ledger/vote_table.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { RETRY_AFTER_MS = 1000, REASON_MAX = VT_HEALTH_REASON_MAX };

static const char condition[] = "ledger";

typedef struct ledger_sqlite {
    vt_ledger ledger; /* first: a vt_ledger * points here */
    vt_store *store;
    vt_ledger_sqlite_options options;
    vt_ledger_metrics metrics;
    vt_queue *queue;
    vt_vote_reader *reader;

    /* Of the writing thread. */
    pthread_t thread;
    bool has_thread;
    vt_vote_table *votes;
    vt_answers *answers;
    void **group; /* vt_append *, group_records_max of them */
    const vt_append **fresh;
    vt_ledger_fold *fold;
    void *fold_context;
    int64_t retry_at_ns; /* 0: the last attempt succeeded */

    pthread_mutex_t failure_lock;
    vt_err failure; /* the first fatal error */
    char failure_reason[REASON_MAX];
} ledger_sqlite;

/* ---- failing ---- */

/* From here on nothing is acknowledged: the queue takes no more, and its rest is refused. */
static void fail(ledger_sqlite *sqlite, vt_err err, const char *reason) {
    pthread_mutex_lock(&sqlite->failure_lock);
    if (sqlite->failure == VT_OK) {
        sqlite->failure = err;
        snprintf(sqlite->failure_reason, sizeof sqlite->failure_reason, "%s", reason);
        vt_health_set(sqlite->options.health, condition, reason);
        vt_counter_add(sqlite->metrics.failures_fatal, 1);
    }
    pthread_mutex_unlock(&sqlite->failure_lock);
    vt_queue_stop(sqlite->queue);
}

static vt_err failure(ledger_sqlite *sqlite) {
    pthread_mutex_lock(&sqlite->failure_lock);
    vt_err err = sqlite->failure;
    pthread_mutex_unlock(&sqlite->failure_lock);
    return err;
}

static void pause_writing(ledger_sqlite *sqlite, vt_err err) {
    if (sqlite->retry_at_ns == 0) {
        vt_health_set(sqlite->options.health, condition,
                      err == VT_ERR_BUSY ? "another program holds the database" : "the disk is full");
    }
    vt_counter_add(sqlite->metrics.failures_retryable, 1);
    sqlite->retry_at_ns = vt_clock_deadline_ns(RETRY_AFTER_MS);
}

static void go_on_writing(ledger_sqlite *sqlite) {
    if (sqlite->retry_at_ns != 0) {
        sqlite->retry_at_ns = 0;
        vt_health_set(sqlite->options.health, condition, NULL);
    }
}

/* What an attempt to write has shown. `reason` says more about a fatal error. */
static void learn(ledger_sqlite *sqlite, vt_err err, const char *reason) {
    if (err == VT_OK) {
        go_on_writing(sqlite);
    } else if (vt_err_is_retryable(err)) {
        pause_writing(sqlite, err);
    } else {
        fail(sqlite, err, reason);
    }
}

/* ---- writing ---- */

/* How an attempt to write failed. */
typedef struct mishap {
    bool in_commit; /* whether the group is stored is not known */
    char reason[REASON_MAX];
} mishap;

/* Ends a transaction in which `err` happened. */
static vt_err take_back(ledger_sqlite *sqlite, vt_err err, mishap *why) {
    const char *message = sqlite3_errmsg(vt_store_writer(sqlite->store));
    bool is_sqlite = sqlite3_errcode(vt_store_writer(sqlite->store)) != SQLITE_OK;
    snprintf(why->reason, sizeof why->reason, "%s", is_sqlite ? message : vt_err_text(err));
    vt_err rollback_err = vt_store_rollback(sqlite->store);
    return rollback_err == VT_OK ? err : rollback_err;
}

static vt_err write_rows(ledger_sqlite *sqlite, size_t count) {
    size_t fresh_count = 0;
    for (size_t i = 0; i < count; i++) {
        vt_append *item = sqlite->group[i];
        vt_err err = vt_vote_table_apply(sqlite->votes, sqlite->ledger.votes_per_voter, item);
        if (err != VT_OK) {
            return err;
        }
        if (item->verdict == VT_VERDICT_COUNTED) {
            sqlite->fresh[fresh_count++] = item;
        }
    }
    if (sqlite->fold == NULL || fresh_count == 0) {
        return VT_OK;
    }
    return sqlite->fold(sqlite->fold_context, sqlite->fresh, fresh_count);
}

static vt_err write_group(ledger_sqlite *sqlite, size_t count, mishap *why) {
    vt_err err = vt_store_begin(sqlite->store);
    if (err != VT_OK) {
        snprintf(why->reason, sizeof why->reason, "%s", vt_err_text(err));
        return err;
    }
    err = write_rows(sqlite, count);
    if (err == VT_OK) {
        int64_t began_ns = vt_clock_monotonic_ns();
        err = vt_store_commit(sqlite->store);
        vt_histogram_observe(sqlite->metrics.commit_seconds, (double) (vt_clock_monotonic_ns() - began_ns) / 1e9);
        why->in_commit = err != VT_OK && err != VT_ERR_FULL;
    }
    if (err == VT_OK) {
        vt_vote_table_committed(sqlite->votes);
        return VT_OK;
    }
    vt_vote_table_rolled_back(sqlite->votes);
    return take_back(sqlite, err, why);
}

static void answer_group(ledger_sqlite *sqlite, size_t count, vt_err err) {
    for (size_t i = 0; err != VT_OK && i < count; i++) {
        vt_append *item = sqlite->group[i];
        item->err = err;
        item->verdict = VT_VERDICT_NONE;
    }
    vt_answers_deliver(sqlite->answers, (vt_append *const *) sqlite->group, count);
}

static bool is_pausing(const ledger_sqlite *sqlite) {
    return sqlite->retry_at_ns != 0 && vt_clock_monotonic_ns() < sqlite->retry_at_ns;
}

static void handle_group(ledger_sqlite *sqlite, size_t count) {
    if (is_pausing(sqlite) || failure(sqlite) != VT_OK) {
        answer_group(sqlite, count, VT_ERR_RETRY);
        return;
    }
    mishap why = {0};
    vt_err err = write_group(sqlite, count, &why);
    learn(sqlite, err, why.reason);
    if (err != VT_OK) {
        answer_group(sqlite, count, why.in_commit ? VT_ERR_UNKNOWN : VT_ERR_RETRY);
        return;
    }
    vt_counter_add(sqlite->metrics.groups, 1);
    vt_histogram_observe(sqlite->metrics.group_records, (double) count);
    answer_group(sqlite, count, VT_OK);
    err = vt_store_checkpoint_if_due(sqlite->store);
    if (err != VT_OK) {
        learn(sqlite, err, vt_err_text(err));
    }
}

/* Without votes to try with, whoever asks for readiness would wait for ever: write something that changes nothing. */
static void try_again(ledger_sqlite *sqlite) {
    mishap why = {0};
    vt_err err = vt_store_begin(sqlite->store);
    if (err == VT_OK) {
        err = vt_sql_exec(vt_store_writer(sqlite->store), "UPDATE meta SET value = value WHERE key = 'ledger_id'");
        err = err == VT_OK ? vt_store_commit(sqlite->store) : err;
        err = err == VT_OK ? VT_OK : take_back(sqlite, err, &why);
    }
    learn(sqlite, err, why.reason);
}

static int wait_ms(const ledger_sqlite *sqlite) {
    if (sqlite->retry_at_ns == 0) {
        return -1;
    }
    int64_t left_ns = sqlite->retry_at_ns - vt_clock_monotonic_ns();
    return left_ns <= 0 ? 0 : (int) (left_ns / 1000000) + 1;
}

static void *write_groups(void *context) {
    ledger_sqlite *sqlite = context;
    for (;;) {
        /* Asked first: what was pushed before the stop is then seen by the take. */
        bool is_last = vt_queue_is_stopped(sqlite->queue);
        size_t count = vt_queue_take(sqlite->queue, sqlite->group, sqlite->options.group_records_max, wait_ms(sqlite));
        if (count > 0) {
            handle_group(sqlite, count);
        } else if (is_last) {
            break;
        } else if (sqlite->retry_at_ns != 0 && !is_pausing(sqlite)) {
            try_again(sqlite);
        }
    }
    if (failure(sqlite) != VT_OK) {
        sqlite->options.on_fatal(sqlite->options.context, sqlite->failure, sqlite->failure_reason);
    }
    return NULL;
}

/* ---- the port ---- */

static vt_err append(vt_ledger *ledger, vt_append *const *items, size_t count) {
    ledger_sqlite *sqlite = (ledger_sqlite *) ledger;
    vt_err err = vt_queue_push(sqlite->queue, (void *const *) items, count);
    return err == VT_ERR_GONE ? VT_ERR_RETRY : err;
}

static vt_err set_fold(vt_ledger *ledger, vt_ledger_fold *fold, void *context) {
    ledger_sqlite *sqlite = (ledger_sqlite *) ledger;
    sqlite->fold = fold;
    sqlite->fold_context = context;
    return VT_OK;
}

static vt_err read_rows(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                        size_t *count) {
    return vt_vote_reader_read(((ledger_sqlite *) ledger)->reader, after, until, rows, rows_max, count);
}

static vt_err check_contest(const ledger_sqlite *sqlite) {
    sqlite3 *db = NULL;
    vt_err err = vt_store_connect(sqlite->store, &db);
    if (err == VT_OK) {
        err = vt_contest_table_check(db, &sqlite->ledger.id);
    }
    sqlite3_close(db);
    return err;
}

static vt_err contest_latest(vt_ledger *ledger, vt_buf *json, uint32_t *version) {
    ledger_sqlite *sqlite = (ledger_sqlite *) ledger;
    vt_err err = check_contest(sqlite);
    return err == VT_OK ? vt_vote_reader_contest(sqlite->reader, json, version) : err;
}

static vt_err contest_append(vt_ledger *ledger, uint32_t version, vt_slice json) {
    ledger_sqlite *sqlite = (ledger_sqlite *) ledger;
    if (failure(sqlite) != VT_OK) {
        return VT_ERR_IO;
    }
    vt_err err = vt_store_begin(sqlite->store);
    if (err != VT_OK) {
        return VT_ERR_BUSY;
    }
    mishap why = {0};
    err = vt_contest_table_append(vt_store_writer(sqlite->store), &ledger->id, version, vt_clock_wall_ms(), json);
    err = err == VT_OK ? vt_store_commit(sqlite->store) : err;
    if (err == VT_OK) {
        return VT_OK;
    }
    err = take_back(sqlite, err, &why);
    if (err == VT_ERR_IN_USE) {
        return err;
    }
    if (vt_err_is_retryable(err)) {
        return VT_ERR_BUSY;
    }
    fail(sqlite, err, why.reason);
    return VT_ERR_IO;
}

static size_t queue_depth(const vt_ledger *ledger) {
    return vt_queue_depth(((const ledger_sqlite *) ledger)->queue);
}

static void close_ledger(vt_ledger *ledger) {
    ledger_sqlite *sqlite = (ledger_sqlite *) ledger;
    if (sqlite->has_thread) {
        vt_queue_stop(sqlite->queue);
        pthread_join(sqlite->thread, NULL);
        if (sqlite->failure == VT_OK) {
            /* On an error the log keeps everything, and the next start reads it. */
            vt_err ignored = vt_store_checkpoint(sqlite->store);
            (void) ignored;
        }
    }
    vt_vote_reader_close(sqlite->reader);
    vt_vote_table_close(sqlite->votes);
    vt_answers_close(sqlite->answers);
    vt_queue_close(sqlite->queue);
    pthread_mutex_destroy(&sqlite->failure_lock);
    free(sqlite->group);
    free(sqlite->fresh);
    free(sqlite);
}

static const vt_ledger_backend backend = {
    .append = append,
    .set_fold = set_fold,
    .read = read_rows,
    .contest_latest = contest_latest,
    .contest_append = contest_append,
    .queue_depth = queue_depth,
    .close = close_ledger,
};

static vt_err open_parts(ledger_sqlite *sqlite) {
    size_t group_max = sqlite->options.group_records_max;
    sqlite->group = calloc(group_max, sizeof *sqlite->group);
    sqlite->fresh = calloc(group_max, sizeof *sqlite->fresh);
    if (sqlite->group == NULL || sqlite->fresh == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = vt_answers_open(group_max, &sqlite->answers);
    if (err == VT_OK) {
        err = vt_queue_open(sqlite->options.queue_records_max, &sqlite->queue);
    }
    if (err == VT_OK) {
        err = vt_vote_reader_open(sqlite->store, &sqlite->reader);
    }
    if (err == VT_OK) {
        err = vt_vote_table_open(sqlite->store, &sqlite->votes);
    }
    if (err == VT_OK && pthread_create(&sqlite->thread, NULL, write_groups, sqlite) != 0) {
        err = VT_ERR_SYSTEM;
    }
    sqlite->has_thread = err == VT_OK;
    return err;
}

vt_err vt_ledger_sqlite_open(vt_store *store, const vt_ledger_sqlite_options *options, vt_ledger **out) {
    VT_ASSERT(options->queue_records_max >= 1 && options->group_records_max >= 1);
    ledger_sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    sqlite->ledger = (vt_ledger){.backend = &backend, .id = vt_store_ledger_id(store)};
    sqlite->store = store;
    sqlite->options = *options;
    vt_ledger_metrics_init(&sqlite->metrics, options->metrics);
    pthread_mutex_init(&sqlite->failure_lock, NULL);
    vt_health_set(options->health, condition, NULL);
    vt_err settled = vt_store_settled(store);
    if (settled != VT_OK) {
        pause_writing(sqlite, settled);
    }
    vt_err err = open_parts(sqlite);
    if (err != VT_OK) {
        close_ledger(&sqlite->ledger);
        return err;
    }
    *out = &sqlite->ledger;
    return VT_OK;
}
