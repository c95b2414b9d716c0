#include "count/verify_topic.h"

#include "count/verify_letters.h"
#include "count/verify_log.h"
#include "count/verify_tally.h"
#include "kafka/kafka_trouble.h"
#include "ledger/ledger_kafka.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { STRAYS_MAX = 20 };

/* What one partition is compared with. */
typedef struct pinned {
    int64_t first; /* of the ledger */
    int64_t end;
    vt_tally_pin tally;
    vt_log_position log;
} pinned;

typedef struct verification {
    const vt_verify_topic_options *options;
    vt_topic_report *report;
    char *reason;
    vt_patience patience;
    int64_t done;
    int64_t total;
} verification;

__attribute__((format(printf, 3, 4))) static vt_err fail(verification *self, vt_err err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(self->reason, VT_VERIFY_TOPIC_REASON_MAX, format, args);
    va_end(args);
    return err;
}

/* A question about a topic, "the ledger" or its name, had no answer; `right` is what it needs. */
static vt_err topic_failed(verification *self, int32_t partition, const char *topic, const char *right, vt_err err) {
    char why[VT_KAFKA_TROUBLE_MAX];
    vt_kafka_trouble_explain(err, right, why, sizeof why);
    return fail(self, err, "partition %" PRId32 " of %.100s: %s", partition, topic, why);
}

static vt_err tally_failed(verification *self, int32_t partition, vt_err err) {
    const char *words = err == VT_ERR_BUSY || err == VT_ERR_SYSTEM ? vt_redis_reason(self->options->redis) : "";
    return fail(self, err, "partition %" PRId32 " of the tally: %s%s%.150s", partition, vt_err_text(err),
                words[0] == '\0' ? "" : ": ", words);
}

static vt_err log_failed(verification *self, int32_t partition, vt_err err) {
    const char *words = err == VT_ERR_GONE ? "" : vt_log_writer_reason(self->options->log);
    return fail(self, err, "partition %" PRId32 " of the log: %s%s%.150s", partition, vt_err_text(err),
                words[0] == '\0' ? "" : ": ", words);
}

static bool show(void *context, uint64_t records) {
    verification *self = context;
    const vt_verify_topic_options *options = self->options;
    self->done += (int64_t) records;
    return options->progress == NULL || options->progress(options->context, self->done, self->total);
}

static bool still_waits(void *context) {
    return show(context, 0);
}

/* ---- pinning ---- */

static vt_err ask_bounds(verification *self, int32_t partition, int64_t *first, int64_t *end) {
    vt_err err;
    do {
        err = vt_ledger_kafka_bounds(self->options->ledger, partition, first, end);
    } while (vt_patience_tries_again(&self->patience, err));
    return err == VT_OK ? VT_OK : topic_failed(self, partition, "the ledger", "DESCRIBE", err);
}

static vt_err pin_tally(verification *self, int32_t partition, pinned *pin) {
    if (self->options->redis == NULL) {
        return VT_OK;
    }
    vt_id ledger_id = vt_ledger_id(self->options->ledger);
    vt_err err;
    do {
        vt_tally_pin_release(&pin->tally);
        err = vt_tally_pin_read(self->options->redis, &ledger_id, partition, &pin->tally);
    } while (vt_patience_tries_again(&self->patience, err));
    if (err != VT_OK && err != VT_ERR_CORRUPT) {
        return tally_failed(self, partition, err);
    }
    if (err == VT_ERR_CORRUPT || !pin->tally.exists) {
        vt_difference(&self->report->found, "tally: partition %" PRId32 " is %s", partition,
                      err == VT_ERR_CORRUPT ? "damaged: its state cannot be read" : "missing");
        pin->tally.exists = false;
        return VT_OK;
    }
    self->report->tally.offsets[partition] = pin->tally.next - 1;
    return VT_OK;
}

static vt_err pin_log(verification *self, int32_t partition, pinned *pin) {
    if (self->options->log == NULL) {
        return VT_OK;
    }
    vt_err err;
    do {
        err = vt_log_writer_load(self->options->log, partition, &pin->log);
    } while (vt_patience_tries_again(&self->patience, err));
    if (err != VT_OK && err != VT_ERR_CORRUPT) {
        return log_failed(self, partition, err);
    }
    if (err == VT_ERR_CORRUPT || !pin->log.exists || pin->log.is_rebuilding) {
        const char *what = err == VT_ERR_CORRUPT ? "damaged: its position cannot be read"
                           : pin->log.exists     ? "being rebuilt"
                                                 : "missing";
        vt_difference(&self->report->found, "log: partition %" PRId32 " is %s", partition, what);
        pin->log.exists = false;
        return VT_OK;
    }
    self->report->log.offsets[partition] = pin->log.next - 1;
    return VT_OK;
}

/* Says so when a store claims records that the ledger does not have; what both have is compared all the same. */
static void clip(verification *self, const char *store, int32_t partition, int64_t end, int64_t *next) {
    if (*next > end) {
        vt_difference(&self->report->found,
                      "%s: partition %" PRId32 " stands at %" PRId64 ", but the ledger ends at %" PRId64, store,
                      partition, *next - 1, end - 1);
        *next = end;
    }
}

/* Stores first: the ledger has then all that they have, unless something is wrong. */
static vt_err pin_partition(verification *self, int32_t partition, pinned *pin) {
    vt_err err = pin_tally(self, partition, pin);
    if (err == VT_OK) {
        err = pin_log(self, partition, pin);
    }
    if (err == VT_OK) {
        err = ask_bounds(self, partition, &pin->first, &pin->end);
    }
    if (err != VT_OK) {
        return err;
    }
    self->report->ledger.offsets[partition] = pin->end - 1;
    self->report->deleted += (uint64_t) pin->first;
    if (pin->tally.exists) {
        clip(self, "tally", partition, pin->end, &pin->tally.next);
    }
    if (pin->log.exists) {
        clip(self, "log", partition, pin->end, &pin->log.next);
    }
    return VT_OK;
}

/* ---- comparing ---- */

static void sum_up(vt_topic_report *report, int32_t partition, const vt_partition_recount *recount) {
    report->records += recount->records;
    report->gaps += recount->gaps;
    if (report->misplaced == 0) {
        report->first_misplaced = (vt_position){partition, recount->first_misplaced};
    }
    report->misplaced += recount->misplaced;
    for (int v = 0; v < VT_VERDICT_COUNT; v++) {
        report->verdicts[v] += recount->verdicts[v];
    }
}

/* Letters come before the tally counts their records: what was there when it was pinned has its letter by now. */
static vt_err verify_letters(verification *self, int32_t partition, vt_partition_recount *recount) {
    vt_letters_check check = {
        .reader = self->options->letters,
        .partition = partition,
        .recount = recount,
        .found = &self->report->found,
        .progress = show,
        .progress_context = self,
        .patience = &self->patience,
    };
    if (check.reader == NULL) {
        return VT_OK;
    }
    vt_err err = vt_letters_check_run(&check);
    if (err == VT_OK) {
        self->report->letters += check.letters;
        self->report->letters_deleted += (uint64_t) check.deleted;
        return VT_OK;
    }
    return topic_failed(self, partition, vt_letter_reader_topic(check.reader), "DESCRIBE and READ", err);
}

static vt_err verify_tally(verification *self, int32_t partition, const pinned *pin) {
    vt_tally_check check = {
        .redis = self->options->redis,
        .partition = partition,
        .pin = &pin->tally,
        .votes_per_voter = self->options->votes_per_voter,
        .found = &self->report->found,
        .patience = &self->patience,
    };
    vt_recount_listener listener = {&check, vt_tally_check_ids, vt_tally_check_voters};
    vt_partition_input input = {
        .ledger = self->options->ledger,
        .partition = partition,
        .first = pin->first,
        .end = pin->tally.next,
        .votes_per_voter = self->options->votes_per_voter,
        .listener = &listener,
        .progress = show,
        .progress_context = self,
        .patience = &self->patience,
    };
    vt_partition_recount recount;
    vt_err err = vt_partition_recount_run(&input, &recount);
    if (err == VT_OK) {
        vt_tally_check_sums(&check, &recount);
        sum_up(self->report, partition, &recount);
        err = verify_letters(self, partition, &recount);
    } else {
        err = fail(self, err, "partition %" PRId32 ": %s", partition,
                   err == VT_ERR_MOVED ? "the tally went back meanwhile; run it again" : vt_err_text(err));
    }
    vt_partition_recount_release(&recount);
    return err;
}

/* Documents behind the end of the ledger. Its end is asked for after they were read: it has then all that is right. */
static vt_err find_strays(verification *self, int32_t partition, const pinned *pin) {
    vt_ledger_row rows[STRAYS_MAX];
    size_t count = 0;
    int64_t first = 0;
    int64_t end = 0;
    vt_err err;
    do {
        err = vt_log_writer_read(self->options->log, partition, pin->end - 1, INT64_MAX, rows, STRAYS_MAX, &count);
    } while (vt_patience_tries_again(&self->patience, err));
    if (err == VT_ERR_CORRUPT) {
        vt_difference(&self->report->found, "log: partition %" PRId32 ": %s", partition,
                      vt_log_writer_reason(self->options->log));
        return VT_OK;
    }
    if (err != VT_OK) {
        return log_failed(self, partition, err);
    }
    err = count == 0 ? VT_OK : ask_bounds(self, partition, &first, &end);
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        if (rows[i].position.offset >= end) {
            vt_difference(&self->report->found,
                          "log: %" PRId32 ":%" PRId64 ": there is a document, but the ledger ends at %" PRId64,
                          partition, rows[i].position.offset, end - 1);
        }
    }
    return err;
}

static vt_err verify_log(verification *self, int32_t partition, const pinned *pin) {
    vt_log_check check = {
        .ledger = self->options->ledger,
        .log = self->options->log,
        .partition = partition,
        .first = pin->first,
        .stand = &pin->log,
        .found = &self->report->found,
        .progress = show,
        .progress_context = self,
        .patience = &self->patience,
    };
    vt_err err = vt_log_check_run(&check);
    return err == VT_OK ? find_strays(self, partition, pin) : log_failed(self, partition, err);
}

/* ---- all partitions ---- */

/* How much there is to read, by where the ledger ends now: for the progress alone. */
static vt_err measure(verification *self) {
    const vt_verify_topic_options *options = self->options;
    int64_t readings = options->redis == NULL ? 0 : vt_partition_recount_readings(options->votes_per_voter);
    readings += options->log != NULL;
    vt_err err = VT_OK;
    for (int32_t p = 0; err == VT_OK && p < vt_ledger_partitions(options->ledger); p++) {
        int64_t first = 0;
        int64_t end = 0;
        err = ask_bounds(self, p, &first, &end);
        self->total += readings * (end - first);
    }
    return err;
}

static vt_err verify_partition(verification *self, int32_t partition) {
    pinned pin = {0};
    vt_err err = pin_partition(self, partition, &pin);
    if (err == VT_OK && pin.tally.exists) {
        err = verify_tally(self, partition, &pin);
    }
    if (err == VT_OK && pin.log.exists) {
        err = verify_log(self, partition, &pin);
    }
    vt_tally_pin_release(&pin.tally);
    return err;
}

vt_err vt_verify_topic(const vt_verify_topic_options *options, vt_topic_report *report,
                       char reason[VT_VERIFY_TOPIC_REASON_MAX]) {
    int32_t partitions = vt_ledger_partitions(options->ledger);
    *report = (vt_topic_report){
        .ledger = vt_positions_none(partitions),
        .tally = vt_positions_none(partitions),
        .log = vt_positions_none(partitions),
    };
    reason[0] = '\0';
    verification self = {.options = options, .report = report, .reason = reason};
    self.patience = (vt_patience){.goes_on = still_waits, .context = &self};
    vt_err err = measure(&self);
    for (int32_t p = 0; err == VT_OK && p < partitions; p++) {
        err = verify_partition(&self, p);
    }
    return err;
}
