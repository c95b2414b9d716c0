#include "web/verdicts.h"

#include "base/assert.h"

vt_err vt_verdicts_fill(vt_tally *tally, vt_votelog_row *rows, uint32_t count) {
    vt_tally_question questions[VT_VOTELOG_ROWS_MAX];
    vt_votelog_row *asked[VT_VOTELOG_ROWS_MAX];
    size_t asked_count = 0;
    VT_ASSERT(count <= VT_VOTELOG_ROWS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].verdict == VT_VERDICT_NONE) {
            const vt_record *record = &rows[i].record;
            questions[asked_count] = (vt_tally_question){record->id, record->fingerprint, rows[i].position, 0};
            asked[asked_count++] = &rows[i];
        }
    }
    vt_err err = asked_count == 0 ? VT_OK : vt_tally_verdicts(tally, questions, asked_count);
    for (size_t i = 0; err == VT_OK && i < asked_count; i++) {
        asked[i]->verdict = questions[i].verdict;
    }
    return err;
}

vt_err vt_verdicts_at(vt_tally *tally, const vt_id *id, vt_position position, vt_verdict *out) {
    vt_tally_question question = {.id = *id, .position = position};
    vt_err err = vt_tally_verdicts(tally, &question, 1);
    if (err != VT_OK) {
        return err;
    }
    switch (question.verdict) {
    case VT_VERDICT_BAD:
        return VT_ERR_NOT_FOUND;
    case VT_VERDICT_COUNTED:
    case VT_VERDICT_QUOTA:
        *out = question.verdict;
        return VT_OK;
    default:
        *out = VT_VERDICT_NONE;
        return VT_OK;
    }
}
