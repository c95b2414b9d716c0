#include "client/answer.h"

#include <stdio.h>

static vt_slice text_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? vt_slice_of(json_string_value(value), json_string_length(value)) : (vt_slice){0};
}

static bool status_is_retryable(int status) {
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

/* `{"error":{"code",…}}`, or nothing that we know: then the HTTP status is the code. */
static vt_send_answer error_answer(vt_send_answers *answers, const json_t *object, int status) {
    vt_send_answer answer = {.outcome = VT_SEND_OUTCOME_REFUSED, .id = text_at(object, "id")};
    answer.code = text_at(json_object_get(object, "error"), "code");
    if (answer.code.len == 0) {
        snprintf(answers->code, sizeof answers->code, "http_%d", status);
        answer.code = vt_slice_str(answers->code);
    }
    if (status_is_retryable(status) || vt_send_answer_code_is_retryable(answer.code)) {
        answer.outcome = VT_SEND_OUTCOME_RETRY;
    }
    return answer;
}

/* A receipt: `{"id","position","status"}`. */
static vt_send_answer receipt_answer(const json_t *object) {
    vt_slice status = text_at(object, "status");
    vt_send_answer answer = {.outcome = vt_send_answer_outcome_of(status),
                             .id = text_at(object, "id"),
                             .position = text_at(object, "position")};
    if (answer.outcome == VT_SEND_OUTCOME_REFUSED) {
        answer.code = status.len == 0 ? VT_SLICE("bad_answer") : status;
    }
    return answer;
}

static void read_batch(vt_send_answers *answers, const json_t *root, int status, uint32_t count) {
    const json_t *votes = json_object_get(root, "votes");
    if (json_array_size(votes) != count) {
        vt_send_answers_fill(answers, count,
                             &(vt_send_answer){.outcome = VT_SEND_OUTCOME_REFUSED, .code = VT_SLICE("bad_answer")});
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(votes, i);
        answers->items[i] =
            json_object_get(item, "error") != NULL ? error_answer(answers, item, status) : receipt_answer(item);
    }
}

void vt_send_answers_read_http(vt_send_answers *answers, const vt_response *response, bool batch, uint32_t count) {
    vt_send_answers_release(answers);
    answers->json = json_loadb(response->body.ptr != NULL ? response->body.ptr : "", response->body.len, 0, NULL);
    if (response->status < 200 || response->status > 299) {
        vt_send_answer answer = error_answer(answers, answers->json, response->status);
        vt_send_answers_fill(answers, count, &answer);
    } else if (batch) {
        read_batch(answers, answers->json, response->status, count);
    } else if (json_object_get(answers->json, "status") != NULL) {
        answers->items[0] = receipt_answer(answers->json);
    } else {
        answers->items[0] = (vt_send_answer){.outcome = VT_SEND_OUTCOME_RECORDED, .id = text_at(answers->json, "id")};
    }
}
