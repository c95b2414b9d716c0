/* `votaton verify`: recounts from the ledger and compares; also beside a server. */
#include "count/verify.h"

#include "cmd/config.h"
#include "cmd/logging.h"
#include "cmd/progress.h"
#include "cmd/stored_contest.h"
#include "cmd/verify_topic.h"
#include "count/difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What the recount needs to know of the contest, and what is wrong with it. */
typedef struct contest_state {
    uint32_t votes_per_voter; /* 0: no limit, or not known */
    const char *wrong;        /* NULL: nothing */
} contest_state;

/* That a ledger with votes has no contest is for the recount to say. */
static vt_err read_contest(const vt_store *store, contest_state *out) {
    vt_definition *definition = NULL;
    *out = (contest_state){0};
    vt_err err = vt_stored_contest_read(store, &definition);
    if (err == VT_ERR_NOT_FOUND) {
        return VT_OK;
    }
    if (err == VT_ERR_BAD_CONTEST) {
        out->wrong = "the stored contest cannot be read: it is no definition of a contest";
        return VT_OK;
    }
    if (err == VT_OK) {
        const vt_contest *contest = vt_definition_contest(definition);
        vt_id ledger_id = vt_store_ledger_id(store);
        out->votes_per_voter = contest->limit_by == VT_LIMIT_NONE ? 0 : contest->votes_per_voter;
        out->wrong = vt_id_eq(&contest->ledger_id, &ledger_id) ? NULL : "the stored contest belongs to another ledger";
    }
    vt_definition_free(definition);
    return err;
}

static void print_report(const vt_verify_report *report) {
    for (uint32_t i = 0; i < report->found.listed; i++) {
        printf("difference: %s\n", report->found.text[i]);
    }
    if (report->found.count > report->found.listed) {
        printf("and %" PRIu64 " more\n", report->found.count - report->found.listed);
    }
    printf("ledger: %" PRIu64 " records up to position %" PRId64 "\n", report->records, report->ledger_end);
    printf("tally:  position %" PRId64 ": %" PRIu64 " votes, %" PRIu64 " points, %" PRIu32 " albums\n",
           report->position, report->votes, report->points, report->pairs);
    printf("%s\n", report->found.count == 0 ? "everything agrees" : "NOT the same");
}

static vt_err verify(const vt_store *store, vt_verify_report *report) {
    contest_state contest;
    vt_err err = read_contest(store, &contest);
    if (err == VT_OK) {
        vt_progress_bar bar;
        vt_progress_bar_start(&bar, "recounting");
        err = vt_verify(store, contest.votes_per_voter, vt_progress_bar_show, &bar, report);
        vt_progress_bar_end(&bar);
    }
    if (err == VT_OK && contest.wrong != NULL) {
        vt_difference(&report->found, "%s", contest.wrong);
    }
    return err;
}

int vt_cmd_verify(const vt_config *config) {
    if (vt_config_is_in_kafka(config)) {
        return vt_verify_topic_command(config);
    }
    vt_logging_setup(config);
    char reason[VT_STORE_REASON_MAX];
    vt_store *store;
    vt_err err = vt_store_open(config->data, VT_STORE_READ, &store, reason);
    if (err != VT_OK) {
        fprintf(stderr, "votaton verify: %s\n", reason);
        return VT_EXIT_FAILED;
    }
    vt_verify_report *report = calloc(1, sizeof *report);
    err = report == NULL ? VT_ERR_NO_MEMORY : verify(store, report);
    vt_store_close(store);
    int status = VT_EXIT_FAILED;
    if (err == VT_OK) {
        print_report(report);
        status = report->found.count == 0 ? VT_EXIT_OK : VT_EXIT_NO;
    } else {
        fprintf(stderr, "votaton verify: %s%s%s\n", vt_err_text(err),
                report != NULL && report->found.listed > 0 ? ": " : "",
                report != NULL && report->found.listed > 0 ? report->found.text[0] : "");
    }
    free(report);
    return status;
}
