/* One place for a request in flight: the votes it carries, how often they were tried, and until when to wait. */
#ifndef VT_CLIENT_LANE_H
#define VT_CLIENT_LANE_H

#include "client/parcel.h"

typedef enum vt_lane_state {
    VT_LANE_IDLE,      /* free, and on the sender's stack of free lanes */
    VT_LANE_PARKED,    /* free, but its connection is down: set aside until it is up */
    VT_LANE_IN_FLIGHT, /* until_ns: when its answer is overdue */
    VT_LANE_BACKOFF,   /* until_ns: when it may be sent again, if its connection is up */
} vt_lane_state;

typedef struct vt_lane {
    vt_lane_state state;
    uint32_t retries; /* of the parcel it carries */
    int64_t since_ns; /* from when its latency counts */
    int64_t until_ns;
    vt_parcel parcel;
} vt_lane;

#endif
