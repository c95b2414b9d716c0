/* `votaton verify`: recounts from the ledger and compares; also beside a server. */
#include "count/verify.h"

#include "cmd/config.h"
#include "cmd/logging.h"
#include "cmd/progress.h"
#include "cmd/stored_contest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A ledger without a contest yet has no limit, and no vote either. */
static vt_err find_limit(const vt_store *store, uint32_t *votes_per_voter) {
    vt_definition *definition;
    vt_err err = vt_stored_contest_read(store, &definition);
    *votes_per_voter = 0;
    if (err == VT_ERR_NOT_FOUND) {
        return VT_OK;
    }
    if (err == VT_OK) {
        const vt_contest *contest = vt_definition_contest(definition);
        *votes_per_voter = contest->limit_by == VT_LIMIT_NONE ? 0 : contest->votes_per_voter;
        vt_definition_free(definition);
    }
    return err;
}

static void print_report(const vt_verify_report *report) {
    for (uint32_t i = 0; i < report->listed; i++) {
        printf("difference: %s\n", report->text[i]);
    }
    if (report->differences > report->listed) {
        printf("and %" PRIu64 " more\n", report->differences - report->listed);
    }
    printf("ledger: %" PRIu64 " records up to position %" PRId64 "\n", report->records, report->ledger_end);
    printf("tally:  position %" PRId64 ": %" PRIu64 " votes, %" PRIu64 " points, %" PRIu32 " albums\n",
           report->position, report->votes, report->points, report->pairs);
    printf("%s\n", report->differences == 0 ? "everything agrees" : "NOT the same");
}

static vt_err verify(const vt_store *store, vt_verify_report *report) {
    uint32_t votes_per_voter;
    vt_err err = find_limit(store, &votes_per_voter);
    if (err == VT_OK) {
        vt_progress_bar bar;
        vt_progress_bar_start(&bar, "recounting");
        err = vt_verify(store, votes_per_voter, vt_progress_bar_show, &bar, report);
        vt_progress_bar_end(&bar);
    }
    return err;
}

int vt_cmd_verify(const vt_config *config) {
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
        status = report->differences == 0 ? VT_EXIT_OK : VT_EXIT_NO;
    } else {
        fprintf(stderr, "votaton verify: %s%s%s\n", vt_err_text(err), report != NULL && report->listed > 0 ? ": " : "",
                report != NULL && report->listed > 0 ? report->text[0] : "");
    }
    free(report);
    return status;
}
