#include "fence_kit.h"

#include "base/clock.h"
#include "tally/fence_state.h"
#include "tally/tally_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH_MAX = VT_FENCE_RECORDS_MAX };

/* ---- the log ---- */

uint32_t fence_log_random(fence_log *log, uint32_t below) {
    log->random = log->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t) (log->random >> 33) % below;
}

static vt_id number_id(char kind, uint64_t number) {
    vt_id id = {{(uint8_t) kind, '\r', '\n', 0}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static void make_vote(fence_log *log, vt_record *record) {
    char name[32];
    char album[16];
    char year[8];
    uint32_t band = fence_log_random(log, log->recipe.bands);
    (void) snprintf(name, sizeof name, "Band \"%u\"", band / 2);
    (void) snprintf(album, sizeof album, "%s", band % 2 == 0 ? "" : "Side B");
    (void) snprintf(year, sizeof year, "%u", 1990 + fence_log_random(log, 3));
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name),
                             [VT_FIELD_ALBUM] = vt_slice_str(album),
                             [VT_FIELD_YEAR] = vt_slice_str(year),
                             [VT_FIELD_RANK] = VT_SLICE("1")}};
    vt_record_set_vote(record, &vote);
    record->points = 1 + fence_log_random(log, 5);
}

static void make_row(fence_log *log, size_t i, int64_t offset) {
    vt_ledger_row *row = &log->rows[i];
    const fence_log_recipe *recipe = &log->recipe;
    *row = (vt_ledger_row){.position = {FENCE_LOG_PARTITION, offset}, .mark = number_id('m', (uint64_t) offset)};
    if (fence_log_random(log, 100) < recipe->bad_percent) {
        row->fault = VT_ERR_MALFORMED_JSON;
        return;
    }
    make_vote(log, &row->record);
    row->is_anonymous = fence_log_random(log, 100) < recipe->anonymous_percent;
    row->record.id =
        row->is_anonymous ? number_id('a', (uint64_t) offset) : number_id('v', fence_log_random(log, recipe->ids));
    if (recipe->voters > 0 && fence_log_random(log, 10) > 0) {
        row->record.has_voter = true;
        row->record.voter = number_id('w', fence_log_random(log, recipe->voters));
    }
    /* Some repetitions are of the same content. */
    if (i > 0 && !row->is_anonymous && fence_log_random(log, 10) == 0) {
        const vt_ledger_row *earlier = &log->rows[fence_log_random(log, (uint32_t) i)];
        if (earlier->fault == VT_OK && !earlier->is_anonymous) {
            row->record = earlier->record;
        }
    }
}

static void fold_log(fence_log *log) {
    vt_fold_limits limits = {
        .ids_max = (uint32_t) log->recipe.rows,
        .voters_max = log->recipe.voters,
        .pairs_max = VT_FOLD_PAIRS_MAX,
        .votes_per_voter = log->recipe.votes_per_voter,
    };
    void *memory = malloc(vt_fold_bytes(&limits));
    vt_fold *fold = vt_fold_init(memory, &limits);
    for (size_t i = 0; i < log->recipe.rows; i++) {
        log->verdicts[i] = VT_VERDICT_BAD;
        if (log->rows[i].fault == VT_OK) {
            assert_int_equal(vt_fold_apply(fold, &log->rows[i].record, &log->verdicts[i]), VT_OK);
        }
    }
    free(memory);
}

void fence_log_make(fence_log *log, const fence_log_recipe *recipe, uint64_t seed) {
    *log = (fence_log){.recipe = *recipe, .random = seed, .ledger_id = number_id('l', seed)};
    log->rows = calloc(recipe->rows, sizeof *log->rows);
    log->verdicts = calloc(recipe->rows, sizeof *log->verdicts);
    int64_t offset = FENCE_LOG_FIRST;
    for (size_t i = 0; i < recipe->rows; i++) {
        offset += recipe->has_gaps && fence_log_random(log, 20) == 0 ? 3 : 0;
        make_row(log, i, offset++);
    }
    fold_log(log);
}

void fence_log_release(fence_log *log) {
    free(log->rows);
    free(log->verdicts);
}

size_t fence_log_row_at(const fence_log *log, int64_t offset) {
    size_t row = 0;
    while (row < log->recipe.rows && log->rows[row].position.offset < offset) {
        row++;
    }
    return row;
}

void fence_log_sum(const fence_log *log, size_t begin, size_t end, uint64_t verdicts[VT_VERDICT_COUNT]) {
    memset(verdicts, 0, VT_VERDICT_COUNT * sizeof *verdicts);
    for (size_t i = begin; i < end; i++) {
        verdicts[log->verdicts[i]]++;
    }
}

/* ---- the fence ---- */

vt_fence *fence_kit_open(vt_redis *redis, const fence_log *log, vt_fence_place place) {
    vt_fence *fence = NULL;
    vt_fence_options options = {
        .redis = redis,
        .place = place,
        .partition = FENCE_LOG_PARTITION,
        .ledger_id = log->ledger_id,
        .votes_per_voter = log->recipe.votes_per_voter,
    };
    assert_int_equal(vt_fence_open(&options, &fence), VT_OK);
    return fence;
}

size_t fence_kit_load(vt_fence *fence, const fence_log *log) {
    int64_t deadline_ns = vt_clock_monotonic_ns() + SERVER_KIT_WAIT_MS * INT64_C(1000000);
    vt_fence_state state = {0};
    vt_err err = vt_fence_load(fence, &state);
    while (err == VT_ERR_BUSY && vt_clock_monotonic_ns() < deadline_ns) {
        usleep(5000);
        err = vt_fence_load(fence, &state);
    }
    if (err != VT_OK) {
        fail_msg("load: %s: %s", vt_err_code(err), vt_fence_reason(fence));
    }
    if (!state.exists) {
        assert_int_equal(vt_fence_create(fence, FENCE_LOG_FIRST), VT_OK);
        return 0;
    }
    size_t row = fence_log_row_at(log, state.next);
    assert_int_equal(state.has_mark, row > 0);
    if (row > 0) {
        assert_int_equal(state.next, log->rows[row - 1].position.offset + 1);
        assert_true(vt_id_eq(&state.mark, &log->rows[row - 1].mark));
    }
    return row;
}

void fence_kit_apply(vt_fence *fence, const fence_log *log, size_t begin, size_t end) {
    vt_fence_outcome outcome;
    uint64_t expected[VT_VERDICT_COUNT];
    vt_err err = vt_fence_apply(fence, log->rows + begin, end - begin, &outcome);
    if (err != VT_OK) {
        fail_msg("rows %zu..%zu: %s: %s", begin, end, vt_err_code(err), vt_fence_reason(fence));
    }
    fence_log_sum(log, begin, end, expected);
    assert_memory_equal(outcome.verdicts, expected, sizeof expected);
    assert_int_equal(outcome.next, log->rows[end - 1].position.offset + 1);
}

void fence_kit_finish(vt_fence *fence, fence_log *log) {
    size_t row = fence_kit_load(fence, log);
    while (row < log->recipe.rows) {
        size_t count = 1 + fence_log_random(log, BATCH_MAX);
        size_t end = row + count < log->recipe.rows ? row + count : log->recipe.rows;
        fence_kit_apply(fence, log, row, end);
        row = end;
    }
}

/* ---- the comparison ---- */

/* The hash as a reader has it, and how much of it was asked for. */
typedef struct comparison {
    vt_redis *redis;
    const fence_log *log;
    size_t rows;
    char key_text[VT_TALLY_KEY_MAX];
    vt_slice key;
    size_t fields; /* that are expected */
} comparison;

static redisReply *ask(const comparison *self, const char *command, vt_slice field) {
    redisReply *reply = NULL;
    vt_slice arguments[] = {vt_slice_str(command), self->key, field};
    assert_int_equal(vt_redis_call(self->redis, arguments, field.ptr == NULL ? 2 : 3, &reply), VT_OK);
    return reply;
}

static void compare_head(comparison *self, vt_buf *names) {
    vt_slice arguments[2 + VT_FENCE_FIELDS] = {VT_SLICE("HMGET"), self->key};
    memcpy(arguments + 2, vt_fence_fields, sizeof vt_fence_fields);
    redisReply *reply = NULL;
    vt_fence_head head;
    uint64_t expected[VT_VERDICT_COUNT];
    assert_int_equal(vt_redis_call(self->redis, arguments, 2 + VT_FENCE_FIELDS, &reply), VT_OK);
    assert_int_equal(vt_fence_head_read(reply, &head), VT_OK);
    fence_log_sum(self->log, 0, self->rows, expected);
    assert_true(head.exists);
    assert_true(vt_id_eq(&head.ledger_id, &self->log->ledger_id));
    assert_memory_equal(head.verdicts, expected, sizeof expected);
    assert_int_equal(head.has_mark, self->rows > 0);
    self->fields += head.has_mark ? VT_FENCE_FIELDS : VT_FENCE_FIELDS - 1;
    assert_int_equal(vt_buf_append_slice(names, head.names), VT_OK);
    freeReplyObject(reply);
}

/* Folds what was counted, and notes the row of each pair's first vote. */
static void fold_counted(const comparison *self, vt_fold *fold, size_t first_rows[VT_FENCE_PAIRS_MAX]) {
    for (size_t i = 0; i < self->rows; i++) {
        vt_record record = self->log->rows[i].record;
        uint32_t pairs = vt_fold_pairs_count(fold);
        vt_verdict verdict;
        record.id = number_id('r', i);
        if (self->log->verdicts[i] == VT_VERDICT_COUNTED) {
            assert_int_equal(vt_fold_apply(fold, &record, &verdict), VT_OK);
        }
        if (vt_fold_pairs_count(fold) > pairs) {
            first_rows[pairs] = i;
        }
    }
}

static void compare_name(const vt_fence_name *name, const vt_fold_pair *pair, const vt_record *first) {
    bool is_other = vt_slice_eq(pair->name, VT_SLICE(VT_FOLD_OTHER));
    assert_true(vt_slice_eq(name->name, pair->name) && vt_slice_eq(name->album, pair->album));
    assert_true(vt_slice_eq(name->year, is_other ? VT_SLICE("") : vt_record_text(first, VT_FIELD_YEAR)));
}

/* The pairs of vt_fold are in the order of their first counted vote, as those of the hash. */
static void compare_pairs(comparison *self, vt_slice names) {
    vt_fold_limits limits = {.ids_max = (uint32_t) self->rows, .pairs_max = VT_FOLD_PAIRS_MAX};
    void *memory = malloc(vt_fold_bytes(&limits));
    vt_fold *fold = vt_fold_init(memory, &limits);
    size_t first_rows[VT_FENCE_PAIRS_MAX];
    fold_counted(self, fold, first_rows);
    for (uint32_t i = 0; i < vt_fold_pairs_count(fold); i++) {
        vt_fold_pair pair = vt_fold_pair_at(fold, i);
        vt_fence_name name;
        vt_fence_sums sums;
        vt_slice text;
        char field[VT_FENCE_PAIR_FIELD_MAX];
        assert_int_equal(vt_fence_name_take(&names, &name), VT_OK);
        compare_name(&name, &pair, &self->log->rows[first_rows[i]].record);
        redisReply *reply = ask(self, "HGET", vt_fence_pair_field(i, field));
        assert_int_equal(vt_fence_reply_text(reply, &text), VT_OK);
        assert_int_equal(vt_fence_sums_read(text, &sums), VT_OK);
        assert_int_equal(sums.votes, pair.votes);
        assert_int_equal(sums.points, pair.points);
        freeReplyObject(reply);
    }
    assert_int_equal(names.len, 0);
    self->fields += vt_fold_pairs_count(fold);
    free(memory);
}

/* The first record of each identity is what the hash remembers of it. */
static void compare_ids(comparison *self) {
    for (size_t i = 0; i < self->rows; i++) {
        const vt_ledger_row *row = &self->log->rows[i];
        vt_verdict verdict = self->log->verdicts[i];
        char field[VT_FENCE_SEEN_FIELD_LEN];
        vt_fence_seen seen;
        vt_slice value;
        if (row->is_anonymous || (verdict != VT_VERDICT_COUNTED && verdict != VT_VERDICT_QUOTA)) {
            continue;
        }
        vt_fence_seen_field(&row->record.id, field);
        redisReply *reply = ask(self, "HGET", vt_slice_of(field, sizeof field));
        assert_int_equal(vt_fence_reply_text(reply, &value), VT_OK);
        assert_int_equal(vt_fence_seen_read(value, &seen), VT_OK);
        assert_int_equal(seen.verdict, verdict);
        assert_int_equal(seen.offset, row->position.offset);
        assert_true(vt_id_eq(&seen.fingerprint, &row->record.fingerprint));
        freeReplyObject(reply);
        self->fields++;
    }
}

static void compare_voters(comparison *self) {
    const fence_log_recipe *recipe = &self->log->recipe;
    for (uint32_t voter = 0; recipe->votes_per_voter > 0 && voter < recipe->voters; voter++) {
        vt_id id = number_id('w', voter);
        int64_t votes = 0;
        for (size_t i = 0; i < self->rows; i++) {
            const vt_record *record = &self->log->rows[i].record;
            votes += self->log->verdicts[i] == VT_VERDICT_COUNTED && record->has_voter && vt_id_eq(&record->voter, &id);
        }
        char field[VT_FENCE_SEEN_FIELD_LEN] = "q";
        memcpy(field + 1, id.bytes, VT_ID_LEN);
        redisReply *reply = ask(self, "HGET", vt_slice_of(field, sizeof field));
        vt_slice text;
        int64_t number = 0;
        if (vt_fence_reply_text(reply, &text) == VT_OK) {
            assert_int_equal(vt_fence_number_read(text, &number), VT_OK);
            self->fields++;
        }
        assert_int_equal(number, votes);
        freeReplyObject(reply);
    }
}

void fence_kit_compare(vt_redis *redis, const fence_log *log, vt_fence_place place, size_t rows) {
    comparison self = {.redis = redis, .log = log, .rows = rows};
    vt_buf names;
    vt_buf_init(&names, VT_FENCE_NAMES_BYTES_MAX);
    self.key = vt_tally_key(vt_redis_key(redis), FENCE_LOG_PARTITION, place == VT_FENCE_SHADOW, self.key_text);
    compare_head(&self, &names);
    compare_pairs(&self, vt_buf_slice(&names));
    compare_ids(&self);
    compare_voters(&self);
    redisReply *reply = ask(&self, "HLEN", (vt_slice){0});
    assert_int_equal(reply->integer, self.fields);
    freeReplyObject(reply);
    vt_buf_release(&names);
}
