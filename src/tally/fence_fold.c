#include "tally/fence_fold.h"

#include "base/assert.h"
#include "base/text_hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    SLOTS = 4096, /* a power of two; at most a quarter full */
    SLOT_FREE = 0,
    ENTRY_NONE = -1,
    FIELD_LEN = VT_FENCE_SEEN_FIELD_LEN, /* 'i' or 'q', then 16 bytes */
};

_Static_assert(VT_FENCE_BATCH_MAX * 4 <= SLOTS, "every probe ends soon");

/* An identity of the batch. */
typedef struct batch_id {
    bool is_seen; /* by an earlier record, in Redis or in this batch */
    bool is_new;  /* the first record is in this batch */
    vt_fence_seen seen;
    char value[VT_FENCE_SEEN_BYTES_MAX];
} batch_id;

/* A voter of the batch. */
typedef struct batch_voter {
    int64_t votes;
    bool is_changed;
    char value[VT_FENCE_NUMBER_TEXT_MAX];
} batch_voter;

/* The different fields of one kind in the batch, in order of appearance. */
typedef struct field_set {
    size_t count;
    char fields[VT_FENCE_BATCH_MAX][FIELD_LEN];
    uint16_t slots[SLOTS]; /* number of the field, plus 1 */
} field_set;

struct vt_fence_fold {
    uint64_t seed; /* so that nobody can choose ids that share a slot */
    uint32_t votes_per_voter;
    const vt_ledger_row *rows;
    size_t rows_count;
    int16_t row_id[VT_FENCE_BATCH_MAX]; /* number in `ids`, or ENTRY_NONE */
    int16_t row_voter[VT_FENCE_BATCH_MAX];
    field_set id_fields;
    field_set voter_fields;
    batch_id ids[VT_FENCE_BATCH_MAX];
    batch_voter voters[VT_FENCE_BATCH_MAX];
};

vt_err vt_fence_fold_open(uint32_t votes_per_voter, vt_fence_fold **out) {
    vt_fence_fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    fold->votes_per_voter = votes_per_voter;
    if (getrandom(&fold->seed, sizeof fold->seed, 0) != (ssize_t) sizeof fold->seed) {
        free(fold);
        return VT_ERR_SYSTEM;
    }
    *out = fold;
    return VT_OK;
}

void vt_fence_fold_close(vt_fence_fold *fold) {
    free(fold);
}

/* ---- what to ask ---- */

static void field_set_clear(field_set *set) {
    set->count = 0;
    memset(set->slots, 0, sizeof set->slots);
}

/* The number of the field `kind` + `id`, which is put in when it is new. */
static int16_t field_set_put(field_set *set, uint64_t seed, char kind, const vt_id *id) {
    char field[FIELD_LEN];
    field[0] = kind;
    memcpy(field + 1, id->bytes, VT_ID_LEN);
    size_t slot = (size_t) vt_text_hash(seed, vt_slice_of(field, FIELD_LEN)) & (SLOTS - 1);
    while (set->slots[slot] != SLOT_FREE && memcmp(set->fields[set->slots[slot] - 1], field, FIELD_LEN) != 0) {
        slot = (slot + 1) & (SLOTS - 1);
    }
    if (set->slots[slot] == SLOT_FREE) {
        memcpy(set->fields[set->count], field, FIELD_LEN);
        set->slots[slot] = (uint16_t) ++set->count;
    }
    return (int16_t) (set->slots[slot] - 1);
}

static vt_slice field_at(const field_set *set, size_t i) {
    return vt_slice_of(set->fields[i], FIELD_LEN);
}

static void note_row(vt_fence_fold *fold, size_t i) {
    const vt_ledger_row *row = &fold->rows[i];
    bool is_limited = fold->votes_per_voter > 0 && row->record.has_voter;
    fold->row_id[i] = ENTRY_NONE;
    fold->row_voter[i] = ENTRY_NONE;
    if (row->fault != VT_OK) {
        return;
    }
    if (!row->is_anonymous) {
        fold->row_id[i] = field_set_put(&fold->id_fields, fold->seed, 'i', &row->record.id);
    }
    if (is_limited) {
        fold->row_voter[i] = field_set_put(&fold->voter_fields, fold->seed, 'q', &row->record.voter);
    }
}

size_t vt_fence_fold_begin(vt_fence_fold *fold, const vt_ledger_row *rows, size_t count,
                           vt_slice questions[VT_FENCE_QUESTIONS_MAX]) {
    VT_ASSERT(count <= VT_FENCE_BATCH_MAX);
    fold->rows = rows;
    fold->rows_count = count;
    field_set_clear(&fold->id_fields);
    field_set_clear(&fold->voter_fields);
    for (size_t i = 0; i < count; i++) {
        note_row(fold, i);
    }
    size_t asked = 0;
    for (size_t i = 0; i < fold->id_fields.count; i++) {
        questions[asked++] = field_at(&fold->id_fields, i);
    }
    for (size_t i = 0; i < fold->voter_fields.count; i++) {
        questions[asked++] = field_at(&fold->voter_fields, i);
    }
    return asked;
}

/* ---- what Redis says ---- */

static vt_err answer_id(batch_id *entry, const redisReply *answer) {
    vt_slice value;
    *entry = (batch_id){0};
    vt_err err = vt_fence_reply_text(answer, &value);
    if (err == VT_ERR_NOT_FOUND) {
        return VT_OK;
    }
    entry->is_seen = true;
    return err == VT_OK ? vt_fence_seen_read(value, &entry->seen) : err;
}

static vt_err answer_voter(batch_voter *entry, const redisReply *answer) {
    vt_slice value;
    *entry = (batch_voter){0};
    vt_err err = vt_fence_reply_text(answer, &value);
    if (err == VT_ERR_NOT_FOUND) {
        return VT_OK;
    }
    return err == VT_OK ? vt_fence_number_read(value, &entry->votes) : err;
}

vt_err vt_fence_fold_answer(vt_fence_fold *fold, redisReply *const *answers, size_t count) {
    size_t ids = fold->id_fields.count;
    VT_ASSERT(count == ids + fold->voter_fields.count);
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        err = i < ids ? answer_id(&fold->ids[i], answers[i]) : answer_voter(&fold->voters[i - ids], answers[i]);
    }
    return err;
}

/* ---- the fold ---- */

static vt_err count_vote(vt_fence_pairs *pairs, const vt_record *record) {
    vt_fence_name name = {
        .name = vt_record_text(record, VT_FIELD_NAME),
        .album = vt_record_text(record, VT_FIELD_ALBUM),
        .year = vt_record_text(record, VT_FIELD_YEAR),
    };
    return vt_fence_pairs_add(pairs, &name, record->points);
}

/* A record whose identity is new: COUNTED, unless its voter has used up all votes. */
static vt_verdict judge_new(const vt_fence_fold *fold, batch_voter *voter) {
    if (voter == NULL) {
        return VT_VERDICT_COUNTED;
    }
    if (voter->votes >= (int64_t) fold->votes_per_voter) {
        return VT_VERDICT_QUOTA;
    }
    voter->votes++;
    voter->is_changed = true;
    return VT_VERDICT_COUNTED;
}

static vt_verdict judge(vt_fence_fold *fold, size_t i) {
    const vt_ledger_row *row = &fold->rows[i];
    batch_id *id = fold->row_id[i] == ENTRY_NONE ? NULL : &fold->ids[fold->row_id[i]];
    batch_voter *voter = fold->row_voter[i] == ENTRY_NONE ? NULL : &fold->voters[fold->row_voter[i]];
    if (row->fault != VT_OK) {
        return VT_VERDICT_BAD;
    }
    if (id != NULL && id->is_seen) {
        bool is_same = vt_id_eq(&id->seen.fingerprint, &row->record.fingerprint);
        return is_same ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
    }
    vt_verdict verdict = judge_new(fold, voter);
    if (id != NULL) {
        id->is_seen = true;
        id->is_new = true;
        id->seen = (vt_fence_seen){verdict, row->record.fingerprint, row->position.offset};
    }
    return verdict;
}

vt_err vt_fence_fold_run(vt_fence_fold *fold, vt_fence_pairs *pairs, uint64_t verdicts[VT_VERDICT_COUNT]) {
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < fold->rows_count; i++) {
        vt_verdict verdict = judge(fold, i);
        verdicts[verdict]++;
        if (verdict == VT_VERDICT_COUNTED) {
            err = count_vote(pairs, &fold->rows[i].record);
        }
    }
    return err;
}

size_t vt_fence_fold_changes(vt_fence_fold *fold, vt_slice changes[VT_FENCE_CHANGES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < fold->id_fields.count; i++) {
        batch_id *id = &fold->ids[i];
        if (id->is_new) {
            changes[count++] = field_at(&fold->id_fields, i);
            changes[count++] = vt_slice_of(id->value, vt_fence_seen_write(&id->seen, id->value));
        }
    }
    for (size_t i = 0; i < fold->voter_fields.count; i++) {
        batch_voter *voter = &fold->voters[i];
        if (voter->is_changed) {
            changes[count++] = field_at(&fold->voter_fields, i);
            changes[count++] = vt_slice_of(voter->value, vt_fence_number_write(voter->votes, voter->value));
        }
    }
    return count;
}
