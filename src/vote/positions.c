#include "vote/positions.h"

#include "base/assert.h"

static int32_t slots(const vt_positions *positions) {
    return positions->partitions == 0 ? 1 : positions->partitions;
}

vt_positions vt_positions_none(int32_t partitions) {
    VT_ASSERT(partitions >= 0 && partitions <= VT_PARTITIONS_MAX);
    vt_positions positions = {.partitions = partitions};
    for (int32_t i = 0; i < partitions; i++) {
        positions.offsets[i] = -1;
    }
    return positions;
}

bool vt_positions_eq(const vt_positions *a, const vt_positions *b) {
    return a->partitions == b->partitions &&
           memcmp(a->offsets, b->offsets, (size_t) slots(a) * sizeof a->offsets[0]) == 0;
}

bool vt_positions_cover(const vt_positions *positions, vt_position position) {
    if (positions->partitions == 0) {
        return position.partition == -1 && position.offset <= positions->offsets[0];
    }
    return position.partition >= 0 && position.partition < positions->partitions &&
           position.offset <= positions->offsets[position.partition];
}

size_t vt_positions_format(const vt_positions *positions, char out[VT_POSITIONS_TEXT_MAX]) {
    if (positions->partitions == 0) {
        return vt_position_format((vt_position){-1, positions->offsets[0]}, out);
    }
    char *end = out;
    for (int32_t i = 0; i < positions->partitions; i++) {
        if (positions->offsets[i] >= 0) {
            if (end > out) {
                *end++ = ',';
            }
            end += vt_position_format((vt_position){i, positions->offsets[i]}, end);
        }
    }
    return (size_t) (end - out);
}
