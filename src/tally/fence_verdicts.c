#include "tally/fence_verdicts.h"

#include "base/assert.h"
#include "tally/fence_state.h"
#include "tally/tally_keys.h"

#include <stdlib.h>

enum {
    HEAD_WORDS = 4, /* HMGET, key, ledger, off */
    HEAD_ANSWERS = 2,
    NOBODY = -1,
};

struct vt_fence_verdicts {
    vt_id ledger_id;
    int32_t partitions;
    /* Of each partition the last question, and of each question the one before it in its partition. */
    int16_t last[VT_PARTITIONS_MAX];
    int16_t before[VT_TALLY_QUESTIONS_MAX];
    vt_verdict verdicts[VT_TALLY_QUESTIONS_MAX];
    vt_redis_answer answers[VT_PARTITIONS_MAX];
    char fields[VT_TALLY_QUESTIONS_MAX][VT_FENCE_SEEN_FIELD_LEN];
    vt_slice words[HEAD_WORDS + VT_TALLY_QUESTIONS_MAX];
};

vt_err vt_fence_verdicts_open(const vt_id *ledger_id, int32_t partitions, vt_fence_verdicts **out) {
    VT_ASSERT(partitions >= 1 && partitions <= VT_PARTITIONS_MAX);
    vt_fence_verdicts *verdicts = calloc(1, sizeof *verdicts);
    if (verdicts == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    verdicts->ledger_id = *ledger_id;
    verdicts->partitions = partitions;
    *out = verdicts;
    return VT_OK;
}

void vt_fence_verdicts_close(vt_fence_verdicts *verdicts) {
    free(verdicts);
}

/* Sorts the questions by partition; those of none are answered. */
static void sort_questions(vt_fence_verdicts *self, const vt_tally_question *questions, size_t count) {
    for (int32_t i = 0; i < self->partitions; i++) {
        self->last[i] = NOBODY;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t partition = questions[i].position.partition;
        self->verdicts[i] = VT_VERDICT_NONE;
        if (partition >= 0 && partition < self->partitions) {
            self->before[i] = self->last[partition];
            self->last[partition] = (int16_t) i;
        }
    }
}

static vt_err ask_partition(vt_fence_verdicts *self, vt_redis *redis, int32_t partition,
                            const vt_tally_question *questions) {
    char key[VT_TALLY_KEY_MAX];
    size_t count = 0;
    self->words[count++] = VT_SLICE("HMGET");
    self->words[count++] = vt_tally_key(vt_redis_key(redis), partition, false, key);
    self->words[count++] = vt_fence_fields[VT_FENCE_LEDGER];
    self->words[count++] = vt_fence_fields[VT_FENCE_OFF];
    for (int16_t i = self->last[partition]; i != NOBODY; i = self->before[i]) {
        vt_fence_seen_field(&questions[i].id, self->fields[i]);
        self->words[count++] = vt_slice_of(self->fields[i], VT_FENCE_SEEN_FIELD_LEN);
    }
    return vt_redis_add(redis, self->words, count);
}

/* The verdict on a folded record. `reply` is what its identity's field holds. */
static vt_err judge(const vt_fence_verdicts *self, const vt_tally_question *question, const redisReply *reply,
                    vt_verdict *out) {
    vt_slice bytes;
    vt_fence_seen seen = {0};
    vt_err err = vt_fence_reply_text(reply, &bytes);
    bool is_seen = err == VT_OK;
    if (err == VT_OK) {
        err = vt_fence_seen_read(bytes, &seen);
    }
    if (err != VT_OK && err != VT_ERR_NOT_FOUND) {
        return err;
    }
    if (is_seen && seen.offset == question->position.offset) {
        *out = seen.verdict;
        return VT_OK;
    }
    vt_id anonymous = vt_position_identity(&self->ledger_id, question->position);
    if (vt_id_eq(&anonymous, &question->id)) {
        *out = VT_VERDICT_COUNTED;
    } else if (!is_seen) {
        *out = VT_VERDICT_BAD;
    } else {
        bool is_same = vt_id_eq(&seen.fingerprint, &question->fingerprint);
        *out = is_same ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
    }
    return VT_OK;
}

static vt_err take_partition(vt_fence_verdicts *self, const redisReply *reply, int32_t partition,
                             const vt_tally_question *questions) {
    int64_t next = 0;
    vt_err err = vt_fence_next_read(reply, &self->ledger_id, &next);
    size_t answer = HEAD_ANSWERS;
    for (int16_t i = self->last[partition]; err == VT_OK && i != NOBODY; i = self->before[i], answer++) {
        if (answer >= reply->elements) {
            return VT_ERR_CORRUPT;
        }
        if (questions[i].position.offset < next) {
            err = judge(self, &questions[i], reply->element[answer], &self->verdicts[i]);
        }
    }
    return err;
}

vt_err vt_fence_verdicts_answer(vt_fence_verdicts *self, vt_redis *redis, vt_tally_question *questions, size_t count) {
    VT_ASSERT(count <= VT_TALLY_QUESTIONS_MAX);
    size_t asked = 0;
    vt_err err = VT_OK;
    sort_questions(self, questions, count);
    for (int32_t i = 0; err == VT_OK && i < self->partitions; i++) {
        if (self->last[i] != NOBODY) {
            err = ask_partition(self, redis, i, questions);
            asked++;
        }
    }
    if (err == VT_OK && asked > 0) {
        err = vt_redis_flush(redis, self->answers, asked);
    }
    if (err != VT_OK) {
        return err;
    }
    const vt_redis_answer *answer = self->answers;
    for (int32_t i = 0; i < self->partitions; i++) {
        if (self->last[i] == NOBODY) {
            continue;
        }
        if (err == VT_OK) {
            err = answer->err;
        }
        if (err == VT_OK) {
            err = take_partition(self, answer->reply, i, questions);
        }
        freeReplyObject(answer->reply);
        answer++;
    }
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        questions[i].verdict = self->verdicts[i];
    }
    return err;
}
