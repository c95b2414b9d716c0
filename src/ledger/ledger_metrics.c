#include "ledger/ledger_metrics.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void vt_ledger_metrics_init(vt_ledger_metrics *metrics, vt_metrics *registry) {
    static const double records[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
    static const double seconds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};
    static const char failures[] = "votaton_ledger_failures_total";
    static const char failures_help[] = "Attempts to write to the ledger that failed.";
    metrics->groups =
        vt_metrics_counter(registry, "votaton_ledger_groups_total", "", "Groups of votes that were made durable.");
    metrics->failures_retryable = vt_metrics_counter(registry, failures, "kind=\"retryable\"", failures_help);
    metrics->failures_fatal = vt_metrics_counter(registry, failures, "kind=\"fatal\"", failures_help);
    metrics->group_records =
        vt_metrics_histogram(registry, "votaton_ledger_group_records", "",
                             "Votes in a group, repeated and refused ones included.", records, COUNT_OF(records));
    metrics->commit_seconds =
        vt_metrics_histogram(registry, "votaton_ledger_commit_seconds", "", "Time that a commit took, fsync included.",
                             seconds, COUNT_OF(seconds));
}
