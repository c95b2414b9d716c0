#include "ledger/kafka_metrics.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void vt_kafka_metrics_init(vt_kafka_metrics *metrics, vt_metrics *registry) {
    static const double seconds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    static const char deliveries[] = "votaton_kafka_deliveries_total";
    static const char help[] = "Votes sent to Kafka, by what came of them.";
    metrics->ok = vt_metrics_counter(registry, deliveries, "outcome=\"ok\"", help);
    metrics->retry = vt_metrics_counter(registry, deliveries, "outcome=\"retry\"", help);
    metrics->unknown = vt_metrics_counter(registry, deliveries, "outcome=\"unknown\"", help);
    metrics->seconds =
        vt_metrics_histogram(registry, "votaton_kafka_delivery_seconds", "",
                             "Time from sending a vote until its delivery was confirmed.", seconds, COUNT_OF(seconds));
    metrics->in_flight =
        vt_metrics_gauge(registry, "votaton_kafka_in_flight", "", "Votes that were taken and have no answer yet.");
    metrics->producers = vt_metrics_counter(registry, "votaton_kafka_producers_total", "",
                                            "Producers made: more than one means that one broke for good.");
}
