/* Counts what became of each vote: votaton_votes_total{protocol,outcome}. */
#ifndef VT_INGEST_OUTCOMES_H
#define VT_INGEST_OUTCOMES_H

#include "ingest/call.h"
#include "obs/metrics.h"

enum { VT_PROTOCOL_COUNT = 3, VT_OUTCOME_COUNT = 32 };

typedef struct vt_outcomes {
    vt_counter *counters[VT_PROTOCOL_COUNT][VT_OUTCOME_COUNT];
} vt_outcomes;

/* Registers one series for each protocol and outcome, all at 0. */
void vt_outcomes_init(vt_outcomes *outcomes, vt_metrics *metrics);

/* Counts one vote, or a request refused as a whole: err VT_OK goes by its verdict. */
void vt_outcomes_count(const vt_outcomes *outcomes, vt_protocol protocol, vt_err err, vt_verdict verdict);

#endif
