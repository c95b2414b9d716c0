/* The metrics of a listener. Each loop counts for itself and adds to the shared series once in a turn. */
#ifndef VT_NET_METER_H
#define VT_NET_METER_H

#include "net/http.h"
#include "obs/metrics.h"

typedef enum vt_outcome { VT_OUTCOME_OK, VT_OUTCOME_CLIENT_ERROR, VT_OUTCOME_SERVER_ERROR } vt_outcome;
typedef enum vt_cut { VT_CUT_HEADERS, VT_CUT_BODY, VT_CUT_WRITE, VT_CUT_IDLE } vt_cut;

enum { VT_METER_PROTOCOLS = 3, VT_METER_OUTCOMES = 3, VT_METER_CUTS = 4, VT_METER_BUCKETS = 12 };

typedef struct vt_meter {
    vt_gauge *connections;
    vt_counter *connections_total;
    vt_counter *refused_total;
    vt_counter *requests_total[VT_METER_PROTOCOLS][VT_METER_OUTCOMES];
    vt_histogram *duration[VT_METER_PROTOCOLS];
    vt_counter *cuts_total[VT_METER_CUTS];
    bool has_news;
    uint32_t requests[VT_METER_PROTOCOLS][VT_METER_OUTCOMES]; /* since the last flush */
    uint32_t durations[VT_METER_PROTOCOLS][VT_METER_BUCKETS];
} vt_meter;

/* Registers the series with the label listener="name". `metrics` NULL: nothing is counted. */
void vt_meter_init(vt_meter *meter, vt_metrics *metrics, const char *name);

/* One answered request; `duration_ms` from its last byte to its answer. */
void vt_meter_request(vt_meter *meter, vt_protocol protocol, vt_outcome outcome, int64_t duration_ms);
void vt_meter_cut(vt_meter *meter, vt_cut cut);
void vt_meter_connection(vt_meter *meter, int change);
void vt_meter_refused(vt_meter *meter);

/* Adds what was counted since the last time to the shared series. */
void vt_meter_flush(vt_meter *meter);

vt_outcome vt_outcome_of_http(int status);
vt_outcome vt_outcome_of_grpc(int status);

#endif
