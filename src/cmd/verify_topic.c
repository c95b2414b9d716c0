#include "cmd/verify_topic.h"

#include "cmd/topic_stores.h"
#include "count/verify_topic.h"
#include "tally/tally_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How many records a store is behind the end of the ledger, all partitions together. */
static int64_t behind(const vt_positions *ledger, const vt_positions *store) {
    int64_t sum = 0;
    for (int32_t p = 0; p < ledger->partitions; p++) {
        int64_t gap = ledger->offsets[p] - store->offsets[p];
        sum += gap > 0 ? gap : 0;
    }
    return sum;
}

static void print_positions(const char *name, const vt_positions *positions) {
    char text[VT_POSITIONS_TEXT_MAX];
    int len = (int) vt_positions_format(positions, text);
    printf("%-8s position %.*s", name, len == 0 ? 1 : len, len == 0 ? "-" : text);
}

static void print_store(const char *name, const vt_topic_report *report, const vt_positions *store) {
    print_positions(name, store);
    int64_t gap = behind(&report->ledger, store);
    if (gap > 0) {
        printf(", %" PRId64 " behind the ledger", gap);
    }
    printf("\n");
}

static void print_records(const vt_topic_report *report) {
    printf("records: %" PRIu64, report->records);
    const char *separator = " = ";
    for (int v = VT_VERDICT_COUNTED; v < VT_VERDICT_COUNT; v++) {
        printf("%s%" PRIu64 " %s", separator, report->verdicts[v], vt_verdict_name((vt_verdict) v).ptr);
        separator = " + ";
    }
    printf("\n");
    if (report->misplaced > 0) {
        char first[VT_POSITION_TEXT_MAX];
        int len = (int) vt_position_format(report->first_misplaced, first);
        printf("         %" PRIu64
               " of the bad ones stand in another partition than their vote id, the first at %.*s\n",
               report->misplaced, len, first);
    }
    if (report->gaps > 0) {
        printf("         %" PRIu64 " offsets hold no record\n", report->gaps);
    }
    printf("letters: %" PRIu64 " of %" PRIu64 " bad ones\n", report->letters, report->verdicts[VT_VERDICT_BAD]);
    if (report->letters_deleted > 0) {
        printf("         %" PRIu64 " at the beginning were deleted\n", report->letters_deleted);
    }
}

static void print_report(const vt_topic_stores *stores, const vt_topic_report *report) {
    for (uint32_t i = 0; i < report->found.listed; i++) {
        printf("difference: %s\n", report->found.text[i]);
    }
    if (report->found.count > report->found.listed) {
        printf("and %" PRIu64 " more\n", report->found.count - report->found.listed);
    }
    print_positions("ledger:", &report->ledger);
    printf("\n");
    if (report->deleted > 0) {
        printf("         %" PRIu64 " records at the beginning were deleted\n", report->deleted);
    }
    if (stores->redis != NULL) {
        print_store("tally:", report, &report->tally);
    }
    if (stores->log != NULL) {
        print_store("log:", report, &report->log);
    }
    if (stores->redis != NULL) {
        print_records(report);
    }
    printf("%s\n", report->found.count == 0 ? "everything agrees" : "NOT the same");
}

static vt_err open_letters(const vt_topic_stores *stores, vt_letter_reader **out, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_KAFKA_REASON_MAX] = "";
    vt_id ledger_id = vt_ledger_id(stores->topic.ledger);
    vt_err err = vt_letter_reader_open(&stores->topic.target, &ledger_id, out, why);
    snprintf(reason, VT_SERVICE_REASON_MAX, "dead letters: %s", why);
    return err;
}

static vt_err verify(vt_topic_stores *stores, vt_topic_report *report, char reason[VT_SERVICE_REASON_MAX]) {
    vt_letter_reader *letters = NULL;
    vt_err err = open_letters(stores, &letters, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_verify_topic_options options = {
        .ledger = stores->topic.ledger,
        .redis = stores->redis,
        .log = stores->log,
        .letters = letters,
        .votes_per_voter = stores->votes_per_voter,
        .progress = vt_topic_stores_show,
        .context = stores,
    };
    vt_progress_bar_start(&stores->bar, "recounting");
    err = vt_verify_topic(&options, report, reason);
    vt_progress_bar_end(&stores->bar);
    vt_letter_reader_close(letters);
    return err;
}

int vt_verify_topic_command(const vt_config *config) {
    char reason[VT_SERVICE_REASON_MAX];
    vt_topic_stores stores;
    vt_topic_report *report = calloc(1, sizeof *report);
    vt_err err = vt_topic_stores_open(config, &stores, reason);
    if (err == VT_OK) {
        snprintf(reason, sizeof reason, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        err = report == NULL ? VT_ERR_NO_MEMORY : verify(&stores, report, reason);
    }
    int status;
    if (err == VT_OK) {
        print_report(&stores, report);
        status = report->found.count == 0 ? VT_EXIT_OK : VT_EXIT_NO;
    } else {
        status = vt_topic_stores_failed(&stores, reason);
    }
    vt_topic_stores_close(&stores);
    free(report);
    return status;
}
