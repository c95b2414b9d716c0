#include "client/reach.h"

enum { PLACES = 1 + VT_PARTITIONS_MAX };

void vt_reach_init(vt_reach *reach) {
    for (size_t i = 0; i < PLACES; i++) {
        reach->offsets[i] = -1;
    }
}

static void add_one(vt_reach *reach, vt_slice text) {
    vt_position position;
    if (!vt_position_parse(text, &position) || position.partition >= VT_PARTITIONS_MAX) {
        return;
    }
    int64_t *offset = &reach->offsets[1 + position.partition];
    *offset = position.offset > *offset ? position.offset : *offset;
}

void vt_reach_add(vt_reach *reach, vt_slice positions) {
    while (positions.len > 0) {
        const char *comma = memchr(positions.ptr, ',', positions.len);
        size_t len = comma == NULL ? positions.len : (size_t) (comma - positions.ptr);
        size_t taken = comma == NULL ? len : len + 1;
        add_one(reach, vt_slice_of(positions.ptr, len));
        positions = vt_slice_of(positions.ptr + taken, positions.len - taken);
    }
}

bool vt_reach_is_known(const vt_reach *reach) {
    bool is_known = false;
    for (size_t i = 0; i < PLACES; i++) {
        is_known = is_known || reach->offsets[i] >= 0;
    }
    return is_known;
}

uint64_t vt_reach_short_of(const vt_reach *reach, const vt_reach *wanted) {
    uint64_t missing = 0;
    for (size_t i = 0; i < PLACES; i++) {
        int64_t gap = wanted->offsets[i] - reach->offsets[i];
        missing += gap > 0 ? (uint64_t) gap : 0;
    }
    return missing;
}
