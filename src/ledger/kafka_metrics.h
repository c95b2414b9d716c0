/* What the Kafka ledger tells of its votes. */
#ifndef VT_LEDGER_KAFKA_METRICS_H
#define VT_LEDGER_KAFKA_METRICS_H

#include "obs/metrics.h"

typedef struct vt_kafka_metrics {
    vt_counter *ok;        /* votaton_kafka_deliveries_total{outcome="ok"} */
    vt_counter *retry;     /* votaton_kafka_deliveries_total{outcome="retry"} */
    vt_counter *unknown;   /* votaton_kafka_deliveries_total{outcome="unknown"} */
    vt_histogram *seconds; /* votaton_kafka_delivery_seconds */
    vt_gauge *in_flight;   /* votaton_kafka_in_flight */
    vt_counter *producers; /* votaton_kafka_producers_total */
} vt_kafka_metrics;

/* Registers the series; they belong to `registry`. */
void vt_kafka_metrics_init(vt_kafka_metrics *metrics, vt_metrics *registry);

#endif
