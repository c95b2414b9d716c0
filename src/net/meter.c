#include "net/meter.h"

#include <stdio.h>

enum { LABELS_MAX = 128 };

/* Upper bounds in milliseconds; the last bucket takes the rest. */
static const int64_t bounds_ms[VT_METER_BUCKETS - 1] = {1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 10000};
static const double bounds_s[VT_METER_BUCKETS - 1] = {0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10};
static const char *const protocol_names[VT_METER_PROTOCOLS] = {"http1", "http2", "grpc"};
static const char *const outcome_names[VT_METER_OUTCOMES] = {"ok", "client_error", "server_error"};
static const char *const cut_names[VT_METER_CUTS] = {"headers", "body", "write", "idle"};

static void register_requests(vt_meter *meter, vt_metrics *metrics, const char *name) {
    char labels[LABELS_MAX];
    for (int protocol = 0; protocol < VT_METER_PROTOCOLS; protocol++) {
        for (int outcome = 0; outcome < VT_METER_OUTCOMES; outcome++) {
            snprintf(labels, sizeof labels, "listener=\"%s\",protocol=\"%s\",outcome=\"%s\"", name,
                     protocol_names[protocol], outcome_names[outcome]);
            meter->requests_total[protocol][outcome] =
                vt_metrics_counter(metrics, "votaton_requests_total", labels, "Requests that were answered.");
        }
        snprintf(labels, sizeof labels, "listener=\"%s\",protocol=\"%s\"", name, protocol_names[protocol]);
        meter->duration[protocol] =
            vt_metrics_histogram(metrics, "votaton_request_duration_seconds", labels,
                                 "Time from the last byte of a request to its answer.", bounds_s, VT_METER_BUCKETS - 1);
    }
}

void vt_meter_init(vt_meter *meter, vt_metrics *metrics, const char *name) {
    *meter = (vt_meter){0};
    if (metrics == NULL) {
        return;
    }
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "listener=\"%s\"", name);
    meter->connections = vt_metrics_gauge(metrics, "votaton_connections", labels, "Open connections.");
    meter->connections_total =
        vt_metrics_counter(metrics, "votaton_connections_total", labels, "Connections that were accepted.");
    meter->refused_total =
        vt_metrics_counter(metrics, "votaton_connections_refused_total", labels,
                           "Connections beyond the limit, or without a descriptor or memory, turned away.");
    register_requests(meter, metrics, name);
    for (int cut = 0; cut < VT_METER_CUTS; cut++) {
        snprintf(labels, sizeof labels, "listener=\"%s\",reason=\"%s\"", name, cut_names[cut]);
        meter->cuts_total[cut] = vt_metrics_counter(metrics, "votaton_deadline_cuts_total", labels,
                                                    "Connections and streams that were cut for being too slow.");
    }
}

void vt_meter_request(vt_meter *meter, vt_protocol protocol, vt_outcome outcome, int64_t duration_ms) {
    int bucket = 0;
    while (bucket < VT_METER_BUCKETS - 1 && duration_ms >= bounds_ms[bucket]) {
        bucket++;
    }
    meter->has_news = true;
    meter->requests[protocol][outcome]++;
    meter->durations[protocol][bucket]++;
}

void vt_meter_cut(vt_meter *meter, vt_cut cut) {
    if (meter->cuts_total[cut] != NULL) {
        vt_counter_add(meter->cuts_total[cut], 1);
    }
}

void vt_meter_connection(vt_meter *meter, int change) {
    if (meter->connections == NULL) {
        return;
    }
    vt_gauge_add(meter->connections, change);
    if (change > 0) {
        vt_counter_add(meter->connections_total, 1);
    }
}

void vt_meter_refused(vt_meter *meter) {
    if (meter->refused_total != NULL) {
        vt_counter_add(meter->refused_total, 1);
    }
}

/* A time that stands for its bucket: the middle, as the loop's clock has no finer steps. */
static double bucket_seconds(int bucket) {
    double below = bucket == 0 ? 0 : bounds_s[bucket - 1];
    double above = bucket == VT_METER_BUCKETS - 1 ? below * 2 : bounds_s[bucket];
    return (below + above) / 2;
}

static void flush_protocol(vt_meter *meter, int protocol) {
    for (int outcome = 0; outcome < VT_METER_OUTCOMES; outcome++) {
        if (meter->requests[protocol][outcome] > 0 && meter->requests_total[protocol][outcome] != NULL) {
            vt_counter_add(meter->requests_total[protocol][outcome], meter->requests[protocol][outcome]);
        }
        meter->requests[protocol][outcome] = 0;
    }
    for (int bucket = 0; bucket < VT_METER_BUCKETS; bucket++) {
        if (meter->durations[protocol][bucket] > 0 && meter->duration[protocol] != NULL) {
            vt_histogram_observe_many(meter->duration[protocol], bucket_seconds(bucket),
                                      meter->durations[protocol][bucket]);
        }
        meter->durations[protocol][bucket] = 0;
    }
}

void vt_meter_flush(vt_meter *meter) {
    if (!meter->has_news) {
        return;
    }
    meter->has_news = false;
    for (int protocol = 0; protocol < VT_METER_PROTOCOLS; protocol++) {
        flush_protocol(meter, protocol);
    }
}

vt_outcome vt_outcome_of_http(int status) {
    return status < 400 ? VT_OUTCOME_OK : status < 500 ? VT_OUTCOME_CLIENT_ERROR : VT_OUTCOME_SERVER_ERROR;
}

vt_outcome vt_outcome_of_grpc(int status) {
    switch (status) {
    case 0:
        return VT_OUTCOME_OK;
    case 2:  /* UNKNOWN */
    case 4:  /* DEADLINE_EXCEEDED */
    case 8:  /* RESOURCE_EXHAUSTED */
    case 13: /* INTERNAL */
    case 14: /* UNAVAILABLE */
    case 15: /* DATA_LOSS */
        return VT_OUTCOME_SERVER_ERROR;
    default:
        return VT_OUTCOME_CLIENT_ERROR;
    }
}
