#include "ingest/outcomes.h"

#include "base/assert.h"

#include <stdio.h>

/* What can become of a vote; everything else is counted under the last one. */
static const vt_err refusals[] = {
    VT_ERR_OVERLOADED,
    VT_ERR_RETRY,
    VT_ERR_UNKNOWN,
    VT_ERR_MALFORMED_JSON,
    VT_ERR_MISSING_FIELD,
    VT_ERR_WRONG_TYPE,
    VT_ERR_INVALID_UTF8,
    VT_ERR_TOO_LONG,
    VT_ERR_DUPLICATE_FIELD,
    VT_ERR_EMPTY_NAME,
    VT_ERR_BAD_ID,
    VT_ERR_ID_MISMATCH,
    VT_ERR_EMPTY_BATCH,
    VT_ERR_CONTROL_CHARACTER,
    VT_ERR_BATCH_TOO_LARGE,
    VT_ERR_BODY_TOO_LARGE,
    VT_ERR_ID_CONFLICT,
    VT_ERR_CLOSED,
    VT_ERR_MALFORMED_PROTOBUF,
    VT_ERR_NOT_OPEN_YET,
    VT_ERR_QUOTA,
    VT_ERR_BAD_VOTER_CODE,
    VT_ERR_UNKNOWN_BAND,
    VT_ERR_UNSUPPORTED_MEDIA_TYPE,
    VT_ERR_INTERNAL,
};

enum { REFUSALS_COUNT = sizeof refusals / sizeof refusals[0], ACCEPTED_COUNT = 3 };
_Static_assert(ACCEPTED_COUNT + REFUSALS_COUNT <= VT_OUTCOME_COUNT, "room for every outcome");

static const char *const accepted_names[ACCEPTED_COUNT] = {"recorded", "counted", "duplicate"};

static size_t outcome_of(vt_err err, vt_verdict verdict) {
    if (err == VT_OK) {
        return verdict == VT_VERDICT_COUNTED ? 1 : verdict == VT_VERDICT_DUPLICATE ? 2 : 0;
    }
    size_t i = 0;
    while (i < REFUSALS_COUNT - 1 && refusals[i] != err) {
        i++;
    }
    return ACCEPTED_COUNT + i;
}

void vt_outcomes_init(vt_outcomes *outcomes, vt_metrics *metrics) {
    static const char *const protocols[VT_PROTOCOL_COUNT] = {
        [VT_PROTOCOL_HTTP1] = "http1", [VT_PROTOCOL_HTTP2] = "http2", [VT_PROTOCOL_GRPC] = "grpc"};
    for (size_t p = 0; p < VT_PROTOCOL_COUNT; p++) {
        for (size_t i = 0; i < ACCEPTED_COUNT + REFUSALS_COUNT; i++) {
            const char *outcome = i < ACCEPTED_COUNT ? accepted_names[i] : vt_err_code(refusals[i - ACCEPTED_COUNT]);
            char labels[96];
            snprintf(labels, sizeof labels, "protocol=\"%s\",outcome=\"%s\"", protocols[p], outcome);
            outcomes->counters[p][i] = vt_metrics_counter(metrics, "votaton_votes_total", labels,
                                                          "Votes by protocol and by what became of them");
        }
    }
}

void vt_outcomes_count(const vt_outcomes *outcomes, vt_protocol protocol, vt_err err, vt_verdict verdict) {
    VT_ASSERT((size_t) protocol < VT_PROTOCOL_COUNT);
    vt_counter_add(outcomes->counters[protocol][outcome_of(err, verdict)], 1);
}
