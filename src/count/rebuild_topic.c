#include "count/rebuild_topic.h"

#include "count/patience.h"
#include "ledger/ledger_kafka.h"
#include "tally/tally_fence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAGE_RECORDS = 1000,
    CATCH_UPS_MAX = 8, /* how often the end of a log that grows is asked for again */
};
_Static_assert((int) PAGE_RECORDS <= (int) VT_FENCE_RECORDS_MAX &&
                   (int) PAGE_RECORDS <= (int) VT_LOG_WRITER_RECORDS_MAX,
               "a page fits both stores");

/* One store of one partition on its way. */
typedef struct derived {
    const char *name;
    /* Makes an empty one. May be repeated. */
    vt_err (*begin)(struct derived *to, int64_t first);
    /* Where it stands, after an error. VT_ERR_MOVED: it is not there any more. */
    vt_err (*load)(struct derived *to, int64_t *next);
    /* VT_ERR_MOVED: it stands elsewhere. */
    vt_err (*apply)(struct derived *to, int64_t from, const vt_ledger_row *rows, size_t count);
    /* Hands it over to the readers; may be called again when there was no answer. VT_ERR_MOVED as load. */
    vt_err (*end)(struct derived *to);
    /* Throws away what was begun, if nobody needs it to go on. */
    void (*abandon)(struct derived *to);
    const char *(*reason)(const struct derived *to);
    int32_t partition;
    vt_redis *redis;
    vt_fence *fence;
    vt_dead_letters *letters;
    bool needs_letters; /* they could not be sent */
    vt_log_writer *log;
} derived;

typedef struct rebuilding {
    const vt_rebuild_topic_options *options;
    derived *to;
    vt_ledger_row *rows;
    uint64_t records; /* derived in this partition */
    vt_patience patience;
    bool is_ledger; /* the last error is the ledger's */
    int restarts;   /* of this partition */
    int64_t before; /* offsets of the partitions that are done */
    int64_t done;   /* and of this one so far */
    int64_t total;
} rebuilding;

/* ---- the tally ---- */

static vt_err tally_begin(derived *to, int64_t first) {
    vt_err err = vt_fence_drop_shadow(to->redis, to->partition);
    return err == VT_OK ? vt_fence_create(to->fence, first) : err;
}

static vt_err tally_load(derived *to, int64_t *next) {
    vt_fence_state state;
    vt_err err = vt_fence_load(to->fence, &state);
    if (err == VT_OK && !state.exists) {
        return VT_ERR_MOVED;
    }
    if (err == VT_OK) {
        *next = state.next;
    }
    return err;
}

/* Nothing is counted past an unreadable record before its letter is safe: no counter will come by here again. */
static vt_err tally_apply(derived *to, int64_t from, const vt_ledger_row *rows, size_t count) {
    vt_fence_outcome outcome;
    vt_err err = to->letters == NULL ? VT_OK : vt_dead_letters_send(to->letters, rows, count);
    to->needs_letters = err != VT_OK;
    if (err != VT_OK) {
        return err;
    }
    return vt_fence_stands_at(to->fence, from) ? vt_fence_apply(to->fence, rows, count, &outcome) : VT_ERR_MOVED;
}

/* A shadow that has gone went live, by a call whose answer was lost or by a counter that found none; or somebody threw
 * it away. */
static vt_err tally_end(derived *to) {
    vt_err err = vt_fence_swap(to->redis, to->partition, true);
    if (err != VT_ERR_NOT_FOUND) {
        return err;
    }
    bool is_live = false;
    const vt_id born = vt_fence_born(to->fence);
    err = vt_fence_is_live(to->redis, to->partition, &born, &is_live);
    return err == VT_OK && !is_live ? VT_ERR_MOVED : err;
}

static void tally_abandon(derived *to) {
    vt_err err = vt_fence_drop_shadow(to->redis, to->partition);
    (void) err; /* it only costs memory */
}

static const char *tally_reason(const derived *to) {
    if (to->needs_letters) {
        return vt_dead_letters_reason(to->letters);
    }
    return to->fence == NULL ? vt_redis_reason(to->redis) : vt_fence_reason(to->fence);
}

/* ---- the vote log ---- */

static vt_err log_begin(derived *to, int64_t first) {
    vt_err err = vt_log_writer_prepare(to->log);
    return err == VT_OK ? vt_log_writer_begin_rebuild(to->log, to->partition, first) : err;
}

static vt_err log_load(derived *to, int64_t *next) {
    vt_log_position position;
    vt_err err = vt_log_writer_load(to->log, to->partition, &position);
    if (err == VT_OK && !position.is_rebuilding) {
        return VT_ERR_MOVED;
    }
    if (err == VT_OK) {
        *next = position.next;
    }
    return err;
}

static vt_err log_apply(derived *to, int64_t from, const vt_ledger_row *rows, size_t count) {
    return vt_log_writer_write(to->log, to->partition, from, rows, count);
}

static vt_err log_end(derived *to) {
    return vt_log_writer_end_rebuild(to->log, to->partition);
}

/* What was deleted is missing until it is rebuilt: the mark that says so stays. */
static void log_abandon(derived *to) {
    (void) to;
}

static const char *log_reason(const derived *to) {
    return vt_log_writer_reason(to->log);
}

/* ---- one partition ---- */

static vt_err show(rebuilding *self) {
    const vt_rebuild_topic_options *options = self->options;
    bool goes_on = options->progress == NULL || options->progress(options->context, self->done, self->total);
    return goes_on ? VT_OK : VT_ERR_GONE;
}

static bool still_waits(void *context) {
    return show(context) == VT_OK;
}

static vt_err ask_bounds(rebuilding *self, int32_t partition, int64_t *first, int64_t *end) {
    vt_err err;
    do {
        err = vt_ledger_kafka_bounds(self->options->ledger, partition, first, end);
    } while (vt_patience_tries_again(&self->patience, err));
    self->is_ledger = err != VT_OK;
    return err;
}

static vt_err read_page(rebuilding *self, int64_t next, int64_t end, size_t *count) {
    vt_position after = {self->to->partition, next - 1};
    vt_position until = {self->to->partition, end - 1};
    vt_err err;
    do {
        err = vt_ledger_read(self->options->ledger, after, until, self->rows, PAGE_RECORDS, count);
    } while (vt_patience_tries_again(&self->patience, err));
    self->is_ledger = err != VT_OK;
    return err;
}

/* Where to go on: what is not there is begun (again). */
static vt_err find_place(rebuilding *self, int64_t first, int64_t *next) {
    vt_err err;
    do {
        err = self->to->load(self->to, next);
        if (err == VT_ERR_MOVED && self->restarts++ < VT_REBUILD_RESTARTS_MAX) {
            err = self->to->begin(self->to, first);
            *next = first;
        }
    } while (vt_patience_tries_again(&self->patience, err));
    return err;
}

/* Counts what stands there by now: of the page, when its answer was lost; nothing, when it was begun again. */
static void note_place(rebuilding *self, int64_t first, int64_t next, size_t count) {
    for (size_t i = 0; i < count; i++) {
        self->records += self->rows[i].position.offset < next;
    }
    self->records = next == first ? 0 : self->records;
}

/* From *next to the end. */
static vt_err derive(rebuilding *self, int64_t first, int64_t end, int64_t *next) {
    vt_err err = VT_OK;
    while (err == VT_OK && *next < end) {
        size_t count = 0;
        err = read_page(self, *next, end, &count);
        if (err != VT_OK || count == 0) {
            break; /* nothing but markers of transactions is left */
        }
        err = self->to->apply(self->to, *next, self->rows, count);
        if (err == VT_OK) {
            *next = self->rows[count - 1].position.offset + 1;
            self->records += count;
        } else if (err == VT_ERR_MOVED || err == VT_ERR_BUSY) {
            bool is_restart = err == VT_ERR_MOVED && self->restarts++ >= VT_REBUILD_RESTARTS_MAX;
            err = is_restart ? err : find_place(self, first, next);
            note_place(self, first, *next, count);
        }
        self->done = self->before + *next - first;
        err = err == VT_OK ? show(self) : err;
    }
    return err;
}

static vt_err end_it(rebuilding *self) {
    vt_err err;
    do {
        err = self->to->end(self->to);
    } while (vt_patience_tries_again(&self->patience, err));
    return err;
}

/* To the end of a log that may grow meanwhile: the less is missing, the less goes back when it is handed over. */
static vt_err derive_all(rebuilding *self, int64_t first, int64_t end) {
    int64_t next = first;
    int64_t grown = end - first;
    vt_err err = VT_OK;
    for (int i = 0; err == VT_OK && i < CATCH_UPS_MAX && (i == 0 || grown > PAGE_RECORDS); i++) {
        int64_t unused = 0;
        int64_t reached = end;
        err = derive(self, first, end, &next);
        err = err == VT_OK ? ask_bounds(self, self->to->partition, &unused, &end) : err;
        grown = end - reached;
        self->total += grown;
    }
    return err;
}

static vt_err begin(rebuilding *self, int64_t first) {
    vt_err err;
    do {
        err = self->to->begin(self->to, first);
    } while (vt_patience_tries_again(&self->patience, err));
    return err;
}

static vt_err rebuild_partition(rebuilding *self, int32_t partition) {
    int64_t first = 0;
    int64_t end = 0;
    vt_err err = ask_bounds(self, partition, &first, &end);
    if (err != VT_OK) {
        return err;
    }
    self->restarts = 0;
    do {
        self->records = 0;
        err = begin(self, first);
        err = err == VT_OK ? derive_all(self, first, end) : err;
        err = err == VT_OK ? end_it(self) : err;
    } while (err == VT_ERR_MOVED && self->restarts++ < VT_REBUILD_RESTARTS_MAX);
    if (err != VT_OK) {
        self->to->abandon(self->to);
    }
    self->before = self->done;
    return err;
}

/* ---- all partitions ---- */

static vt_err measure(rebuilding *self) {
    vt_err err = VT_OK;
    for (int32_t p = 0; err == VT_OK && p < vt_ledger_partitions(self->options->ledger); p++) {
        int64_t first = 0;
        int64_t end = 0;
        self->to->partition = p;
        err = ask_bounds(self, p, &first, &end);
        self->total += end - first;
    }
    return err;
}

/* Opens what belongs to one partition only. */
static vt_err open_partition(const rebuilding *self, int32_t partition) {
    derived *to = self->to;
    vt_fence_options options = {
        .redis = to->redis,
        .place = VT_FENCE_SHADOW,
        .partition = partition,
        .ledger_id = vt_ledger_id(self->options->ledger),
        .votes_per_voter = self->options->votes_per_voter,
    };
    to->partition = partition;
    return to->redis == NULL ? VT_OK : vt_fence_open(&options, &to->fence);
}

static void explain(const rebuilding *self, vt_err err, char reason[VT_REBUILD_TOPIC_REASON_MAX]) {
    const derived *to = self->to;
    bool has_words = !self->is_ledger && err != VT_ERR_GONE && err != VT_ERR_NO_MEMORY;
    const char *words = has_words ? to->reason(to) : "";
    snprintf(reason, VT_REBUILD_TOPIC_REASON_MAX, "partition %" PRId32 " of the %s: %s%s%.150s", to->partition,
             self->is_ledger ? "ledger" : to->name, vt_err_text(err), words[0] == '\0' ? "" : ": ", words);
}

static vt_err rebuild_all(rebuilding *self, uint64_t *records, char reason[VT_REBUILD_TOPIC_REASON_MAX]) {
    derived *to = self->to;
    vt_err err = measure(self);
    if (err != VT_OK) {
        explain(self, err, reason);
    }
    for (int32_t p = 0; err == VT_OK && p < vt_ledger_partitions(self->options->ledger); p++) {
        err = open_partition(self, p);
        err = err == VT_OK ? rebuild_partition(self, p) : err;
        *records += self->records;
        if (err != VT_OK) {
            explain(self, err, reason);
        }
        vt_fence_close(to->fence);
        to->fence = NULL;
    }
    return err;
}

static vt_err rebuild(const vt_rebuild_topic_options *options, derived *to, uint64_t *records,
                      char reason[VT_REBUILD_TOPIC_REASON_MAX]) {
    *records = 0;
    rebuilding self = {.options = options, .to = to};
    self.patience = (vt_patience){.goes_on = still_waits, .context = &self};
    self.rows = calloc(PAGE_RECORDS, sizeof *self.rows);
    if (self.rows == NULL) {
        snprintf(reason, VT_REBUILD_TOPIC_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = rebuild_all(&self, records, reason);
    free(self.rows);
    return err;
}

vt_err vt_rebuild_tally(const vt_rebuild_topic_options *options, vt_redis *redis, uint64_t *records,
                        char reason[VT_REBUILD_TOPIC_REASON_MAX]) {
    derived to = {
        .name = "tally",
        .begin = tally_begin,
        .load = tally_load,
        .apply = tally_apply,
        .end = tally_end,
        .abandon = tally_abandon,
        .reason = tally_reason,
        .redis = redis,
        .letters = options->letters,
    };
    return rebuild(options, &to, records, reason);
}

vt_err vt_rebuild_log(const vt_rebuild_topic_options *options, vt_log_writer *log, uint64_t *records,
                      char reason[VT_REBUILD_TOPIC_REASON_MAX]) {
    derived to = {
        .name = "vote log",
        .begin = log_begin,
        .load = log_load,
        .apply = log_apply,
        .end = log_end,
        .abandon = log_abandon,
        .reason = log_reason,
        .log = log,
    };
    return rebuild(options, &to, records, reason);
}
