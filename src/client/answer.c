#include "client/answer.h"

bool vt_send_answer_code_is_retryable(vt_slice code) {
#define RETRYABLE_ROW(name, number, text, http, grpc, sentence)                                                        \
    if ((http) == 503 && vt_slice_eq(code, VT_SLICE(text))) {                                                          \
        return true;                                                                                                   \
    }
    VT_ERR_MAP(RETRYABLE_ROW)
#undef RETRYABLE_ROW
    return false;
}

vt_send_outcome vt_send_answer_outcome_of(vt_slice status) {
    if (vt_slice_eq(status, VT_SLICE("counted"))) {
        return VT_SEND_OUTCOME_COUNTED;
    }
    if (vt_slice_eq(status, VT_SLICE("recorded"))) {
        return VT_SEND_OUTCOME_RECORDED;
    }
    return vt_slice_eq(status, VT_SLICE("duplicate")) ? VT_SEND_OUTCOME_DUPLICATE : VT_SEND_OUTCOME_REFUSED;
}

void vt_send_answers_fill(vt_send_answers *answers, uint32_t count, const vt_send_answer *answer) {
    for (uint32_t i = 0; i < count; i++) {
        answers->items[i] = *answer;
    }
}

void vt_send_answers_release(vt_send_answers *answers) {
    json_decref(answers->json);
    answers->json = NULL;
}
