#include "tally/tally.h"

#include <stdlib.h>

vt_err vt_tally_read(vt_tally *tally, vt_tally_snapshot *out) {
    return tally->backend->read(tally, out);
}

void vt_tally_snapshot_release(vt_tally_snapshot *snapshot) {
    free(snapshot->memory);
    *snapshot = (vt_tally_snapshot){0};
}

vt_err vt_tally_positions(vt_tally *tally, vt_positions *out, uint64_t *generation) {
    return tally->backend->positions(tally, out, generation);
}

vt_err vt_tally_verdicts(vt_tally *tally, vt_tally_question *questions, size_t count) {
    return tally->backend->verdicts(tally, questions, count);
}

void vt_tally_close(vt_tally *tally) {
    if (tally != NULL) {
        tally->backend->close(tally);
    }
}
