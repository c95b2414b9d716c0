/* What the SQLite ledger tells of its groups. */
#ifndef VT_LEDGER_LEDGER_METRICS_H
#define VT_LEDGER_LEDGER_METRICS_H

#include "obs/metrics.h"

typedef struct vt_ledger_metrics {
    vt_counter *groups;             /* votaton_ledger_groups_total */
    vt_counter *failures_retryable; /* votaton_ledger_failures_total{kind="retryable"} */
    vt_counter *failures_fatal;     /* votaton_ledger_failures_total{kind="fatal"} */
    vt_histogram *group_records;    /* votaton_ledger_group_records */
    vt_histogram *commit_seconds;   /* votaton_ledger_commit_seconds */
} vt_ledger_metrics;

/* Registers the series; they belong to `registry`. */
void vt_ledger_metrics_init(vt_ledger_metrics *metrics, vt_metrics *registry);

#endif
