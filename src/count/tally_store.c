#include "count/tally_store.h"

#include "base/assert.h"
#include "base/clock.h"
#include "obs/log.h"
#include "tally/tally_fence.h"

#include <stdio.h>
#include <stdlib.h>

enum { PUBLISH_PAUSE_MS = 250 };

/* One partition that was asked for. */
typedef struct store_partition {
    vt_fence *live;
    vt_fence *shadow; /* NULL: no rebuild */
    int64_t next;     /* of the shadow */
    int64_t goal;     /* the shadow goes live once it has all records before it … */
    int64_t reached;  /* … as it has of this one. The log may end in offsets without records */
} store_partition;

typedef struct tally_store {
    vt_derived derived; /* first */
    vt_tally_store_options options;
    vt_redis *redis;
    const vt_contest *contest; /* the version that is followed now */
    uint64_t greeted;          /* the connection whose server was checked and has the contest; 0: none */
    bool has_warned;           /* that the server is not durable */
    int64_t published_ms;
    vt_err published;
    store_partition partitions[VT_PARTITIONS_MAX];
    char reason[VT_REDIS_REASON_MAX];
    vt_counter *rebuilds;
    vt_counter *publications;
    vt_counter *publications_failed;
} tally_store;

static int64_t now_ms(void) {
    return vt_clock_monotonic_ns() / 1000000;
}

static tally_store *store_of(vt_derived *derived) {
    return (tally_store *) derived;
}

static store_partition *partition_at(tally_store *self, int32_t partition) {
    VT_ASSERT(partition >= 0 && partition < VT_PARTITIONS_MAX);
    return &self->partitions[partition];
}

/* Keeps the words, as fences come and go. */
static vt_err explain(tally_store *self, vt_err err, const char *reason) {
    if (err != VT_OK) {
        (void) snprintf(self->reason, sizeof self->reason, "%s", reason);
    }
    return err;
}

static vt_err explain_fence(tally_store *self, vt_err err, const vt_fence *fence) {
    return explain(self, err, err == VT_OK ? "" : vt_fence_reason(fence));
}

static vt_err explain_redis(tally_store *self, vt_err err) {
    return explain(self, err, vt_redis_reason(self->redis));
}

/* 0: none. */
static uint32_t limit_of(const vt_contest *contest) {
    return contest->limit_by == VT_LIMIT_NONE ? 0 : contest->votes_per_voter;
}

/* ---- the server ---- */

static vt_err check_server(tally_store *self) {
    char reason[VT_REDIS_REASON_MAX];
    bool is_durable = true;
    vt_err err = vt_fence_check_redis(self->redis, &is_durable, reason);
    if (err == VT_OK && !is_durable && !self->has_warned) {
        self->has_warned = true;
        vt_log(VT_LOG_WARN, "tally_not_durable",
               VT_LOG_STR("reason", "Redis keeps no append-only file: its restart means a rebuild of the tally"));
    }
    return explain(self, err, reason);
}

static vt_err put_contest(tally_store *self) {
    vt_buf json;
    vt_buf_init(&json, VT_TALLY_STORE_CONTEST_BYTES_MAX);
    vt_err err = self->options.write_contest(self->contest, &json);
    if (err != VT_OK) {
        vt_buf_release(&json);
        return explain(self, err, vt_err_text(err));
    }
    err = vt_fence_put_contest(self->redis, &self->options.ledger_id, self->contest->version, vt_buf_slice(&json));
    vt_buf_release(&json);
    const char *other = "the contest in the tally belongs to another ledger";
    return explain(self, err, err == VT_ERR_OTHER_LEDGER ? other : vt_redis_reason(self->redis));
}

/* Behind a new connection may be another server, or an older state of the same. */
static vt_err greet_server(tally_store *self) {
    if (self->greeted != 0 && self->greeted == vt_redis_connections(self->redis)) {
        return VT_OK;
    }
    vt_err err = check_server(self);
    if (err == VT_OK) {
        err = put_contest(self);
    }
    if (err == VT_OK) {
        self->greeted = vt_redis_connections(self->redis);
    }
    return err;
}

/* ---- the shadow ---- */

static void leave_shadow(store_partition *p) {
    vt_fence_close(p->shadow);
    p->shadow = NULL;
}

static vt_err open_fence(tally_store *self, int32_t partition, vt_fence_place place, vt_fence **out) {
    vt_fence_options options = {
        .redis = self->redis,
        .place = place,
        .partition = partition,
        .ledger_id = self->options.ledger_id,
        .votes_per_voter = limit_of(self->contest),
    };
    vt_err err = vt_fence_open(&options, out);
    return explain(self, err, vt_err_text(err));
}

/* Puts the shadow in place. VT_ERR_MOVED when there is a live hash, or no shadow, by now: another worker was faster. */
static vt_err swap(tally_store *self, int32_t partition) {
    store_partition *p = partition_at(self, partition);
    vt_err err = vt_fence_swap(self->redis, partition, false);
    if (err == VT_ERR_MOVED) {
        err = vt_fence_drop_shadow(self->redis, partition);
        err = err == VT_OK ? VT_ERR_MOVED : err;
    }
    if (err == VT_ERR_NOT_FOUND) {
        err = VT_ERR_MOVED;
    }
    if (err == VT_OK) {
        vt_counter_add(self->rebuilds, 1);
        vt_log(VT_LOG_INFO, "tally_rebuilt", VT_LOG_INT("partition", partition), VT_LOG_INT("next", p->next));
    }
    if (err == VT_OK || err == VT_ERR_MOVED) {
        leave_shadow(p);
    }
    return err == VT_ERR_MOVED ? explain(self, err, "another worker has rebuilt the tally") : explain_redis(self, err);
}

/* ---- load ---- */

static vt_err load_live(tally_store *self, int32_t partition, vt_fence_state *out) {
    store_partition *p = partition_at(self, partition);
    vt_err err = p->live != NULL ? VT_OK : open_fence(self, partition, VT_FENCE_LIVE, &p->live);
    return err == VT_OK ? explain_fence(self, vt_fence_load(p->live, out), p->live) : err;
}

/* The state of a rebuild on its way; !exists when the shadow has gone. */
static vt_err load_shadow(tally_store *self, int32_t partition, vt_fence_state *out) {
    store_partition *p = partition_at(self, partition);
    vt_err err = explain_fence(self, vt_fence_load(p->shadow, out), p->shadow);
    if (err == VT_OK && out->exists && out->next != p->next) {
        p->next = out->next;
        p->reached = 0; /* it came from elsewhere */
    }
    if (err == VT_OK && !out->exists) {
        leave_shadow(p);
    }
    return err;
}

/* A live hash that appeared ends our rebuild. */
static vt_err drop_shadow(tally_store *self, int32_t partition) {
    vt_err err = explain_redis(self, vt_fence_drop_shadow(self->redis, partition));
    if (err == VT_OK) {
        leave_shadow(partition_at(self, partition));
    }
    return err;
}

static vt_err load_either(tally_store *self, int32_t partition, vt_fence_state *out) {
    store_partition *p = partition_at(self, partition);
    vt_err err = load_live(self, partition, out);
    if (err != VT_OK || p->shadow == NULL) {
        return err;
    }
    return out->exists ? drop_shadow(self, partition) : load_shadow(self, partition, out);
}

static vt_err load(vt_derived *derived, int32_t partition, vt_store_state *out) {
    tally_store *self = store_of(derived);
    vt_fence_state state = {0};
    vt_err err = greet_server(self);
    if (err == VT_OK) {
        err = load_either(self, partition, &state);
    }
    if (err == VT_OK) {
        *out = (vt_store_state){
            .exists = state.exists, .next = state.next, .has_mark = state.has_mark, .mark = state.mark};
    }
    return err;
}

/* ---- begin ---- */

/* Goes on with a shadow that is there, or makes one. */
static vt_err enter_shadow(tally_store *self, int32_t partition, int64_t first, int64_t end) {
    store_partition *p = partition_at(self, partition);
    vt_fence_state state = {0};
    vt_err err = p->shadow != NULL ? VT_OK : open_fence(self, partition, VT_FENCE_SHADOW, &p->shadow);
    if (err != VT_OK) {
        return err;
    }
    p->goal = end;
    p->reached = 0;
    err = explain_fence(self, vt_fence_load(p->shadow, &state), p->shadow);
    if (err == VT_OK && !state.exists) {
        err = explain_fence(self, vt_fence_create(p->shadow, first), p->shadow);
        state.next = first;
    }
    if (err == VT_OK) {
        p->next = state.next;
    }
    return err;
}

static vt_err begin(vt_derived *derived, int32_t partition, int64_t first, int64_t end) {
    tally_store *self = store_of(derived);
    vt_fence_state live = {0};
    self->greeted = 0; /* what took the hash away may have taken the contest too */
    vt_err err = greet_server(self);
    if (err == VT_OK) {
        err = load_live(self, partition, &live);
    }
    if (err == VT_OK && live.exists) {
        err = explain(self, VT_ERR_MOVED, "another worker has begun the tally");
    }
    if (err != VT_OK) {
        return err;
    }
    if (end == first) {
        vt_fence *fence = partition_at(self, partition)->live;
        return explain_fence(self, vt_fence_create(fence, first), fence);
    }
    vt_log(VT_LOG_INFO, "tally_rebuild_begins", VT_LOG_INT("partition", partition), VT_LOG_INT("until", end));
    return enter_shadow(self, partition, first, end);
}

/* ---- the contest ---- */

static void forget(vt_derived *derived, int32_t partition) {
    store_partition *p = partition_at(store_of(derived), partition);
    vt_fence_close(p->live);
    vt_fence_close(p->shadow);
    *p = (store_partition){0};
}

/* A limit changes only before votes are taken: what is folded already is the same by both. The fences are made anew, so
 * that the batch at hand is answered VT_ERR_MOVED, and is folded by the new one. */
static void follow_contest(tally_store *self) {
    const vt_contest *newest = vt_contest_now(self->options.contest);
    if (newest == self->contest) {
        return;
    }
    bool is_other_limit = limit_of(newest) != limit_of(self->contest);
    self->contest = newest;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && is_other_limit; i++) {
        forget(&self->derived, i);
    }
    self->greeted = 0;
    vt_err err = greet_server(self);
    if (err != VT_OK) {
        /* Said again, and acted on, when a partition is loaded. */
        vt_log(VT_LOG_WARN, "contest_not_copied", VT_LOG_STR("reason", self->reason));
    }
}

/* ---- apply ---- */

static vt_err apply_rows(tally_store *self, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count,
                         vt_fence_outcome *out) {
    store_partition *p = partition_at(self, partition);
    vt_fence *fence = p->shadow != NULL ? p->shadow : p->live;
    if (fence == NULL || !vt_fence_stands_at(fence, from)) {
        return explain(self, VT_ERR_MOVED, "the tally stands elsewhere");
    }
    vt_err err = explain_fence(self, vt_fence_apply(fence, rows, count, out), fence);
    if (err != VT_OK || p->shadow == NULL) {
        return err;
    }
    p->next = out->next;
    return out->next >= p->goal ? swap(self, partition) : VT_OK;
}

static vt_err apply(vt_derived *derived, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count,
                    uint64_t verdicts[VT_VERDICT_COUNT]) {
    tally_store *self = store_of(derived);
    vt_fence_outcome outcome = {0};
    follow_contest(self); /* nothing is folded by a limit that another version has replaced */
    vt_err err = apply_rows(self, partition, from, rows, count, &outcome);
    if (err == VT_OK) {
        memcpy(verdicts, outcome.verdicts, sizeof outcome.verdicts);
    }
    return err;
}

/* Whoever stands elsewhere does not know how far the shadow has come. */
static void reached(vt_derived *derived, int32_t partition, int64_t from, int64_t until) {
    store_partition *p = partition_at(store_of(derived), partition);
    p->reached = from == p->next ? until : 0;
}

/* ---- tick ---- */

static bool may_publish(const tally_store *self) {
    return self->options.views != NULL && vt_contest_results_visible(self->contest, vt_clock_wall_ms());
}

static void publish(tally_store *self) {
    int64_t now = now_ms();
    if (!may_publish(self) || now - self->published_ms < PUBLISH_PAUSE_MS) {
        return;
    }
    self->published_ms = now;
    vt_err err = vt_tally_views_publish(self->options.views, self->redis);
    vt_counter_add(err == VT_OK ? self->publications : self->publications_failed, 1);
    if (err != VT_OK && err != self->published) {
        const char *reason = vt_redis_reason(self->redis); /* empty: what Redis said is not what it should be */
        vt_log(VT_LOG_WARN, "views_not_published", VT_LOG_STR("error", vt_err_code(err)),
               VT_LOG_STR("reason", reason[0] == '\0' ? vt_err_text(err) : reason));
    }
    self->published = err;
}

/* A rebuild may have been found complete, or its swap failed; and a log may end in offsets without a record, so that it
 * would wait there for the next vote. It is looked at once more, as this process may have been stopped for long. */
static vt_err finish_rebuild(tally_store *self, int32_t partition) {
    store_partition *p = partition_at(self, partition);
    vt_fence_state state;
    if (p->next < p->goal && p->reached < p->goal) {
        return VT_OK;
    }
    vt_err err = load_shadow(self, partition, &state);
    bool is_complete = err == VT_OK && state.exists && (p->next >= p->goal || p->reached >= p->goal);
    return is_complete ? swap(self, partition) : err;
}

static void finish_rebuilds(tally_store *self) {
    vt_err err = VT_OK;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX && err != VT_ERR_BUSY; i++) {
        if (self->partitions[i].shadow != NULL) {
            err = finish_rebuild(self, i);
        }
    }
}

static void tick(vt_derived *derived) {
    tally_store *self = store_of(derived);
    follow_contest(self);
    finish_rebuilds(self);
    publish(self);
}

/* ---- the object ---- */

static const char *last_reason(const vt_derived *derived) {
    return ((const tally_store *) derived)->reason;
}

static void close_store(vt_derived *derived) {
    if (derived == NULL) {
        return;
    }
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        forget(derived, i);
    }
    vt_redis_close(store_of(derived)->redis);
    free(derived);
}

static void register_metrics(tally_store *self, vt_metrics *metrics) {
    static const char views[] = "votaton_tally_views_total";
    static const char views_help[] = "Rounds in which the public views were published, or could not be.";
    self->rebuilds = vt_metrics_counter(metrics, "votaton_tally_rebuilds_total", "",
                                        "Partitions of the tally that were rebuilt from the ledger.");
    self->publications = vt_metrics_counter(metrics, views, "result=\"published\"", views_help);
    self->publications_failed = vt_metrics_counter(metrics, views, "result=\"failed\"", views_help);
}

static const vt_derived_kind kind = {
    .name = "tally",
    .load = load,
    .begin = begin,
    .apply = apply,
    .reached = reached,
    .forget = forget,
    .tick = tick,
    .reason = last_reason,
    .close = close_store,
};

vt_err vt_tally_store_open(const vt_tally_store_options *options, vt_derived **out, char why[VT_REDIS_REASON_MAX]) {
    tally_store *self = calloc(1, sizeof *self);
    vt_err err = self == NULL ? VT_ERR_NO_MEMORY : vt_redis_open(options->url, options->timeout_ms, &self->redis);
    if (err != VT_OK) {
        (void) snprintf(why, VT_REDIS_REASON_MAX, "%s", vt_err_text(err));
        free(self);
        return err;
    }
    self->derived.kind = &kind;
    self->options = *options;
    self->contest = vt_contest_now(options->contest);
    register_metrics(self, options->metrics);
    *out = &self->derived;
    return VT_OK;
}
