/* The fence against vt_fold (vote/fold.h), and against other fences on the same partition. */
#include "fence_kit.h"

#include "tally/fence_state.h"
#include "tally/tally_keys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct state {
    vt_redis_url url;
    vt_redis *redis;
} state;

static int set_up(void **context) {
    *context = calloc(1, sizeof(state));
    return 0;
}

/* In the test, as only a test can be skipped. */
static state *begin(void **context) {
    state *self = *context;
    self->url = server_kit_shared();
    self->redis = server_kit_open(&self->url);
    return self;
}

static void remove_all(state *self) {
    char key[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice name = vt_tally_key(self->url.key, FENCE_LOG_PARTITION, false, key);
    assert_int_equal(vt_redis_call(self->redis, (vt_slice[]){VT_SLICE("DEL"), name}, 2, &reply), VT_OK);
    freeReplyObject(reply);
}

static int tear_down(void **context) {
    state *self = *context;
    if (self->redis != NULL) {
        remove_all(self);
    }
    vt_redis_close(self->redis);
    free(self);
    return 0;
}

/* ---- the fold ---- */

/* Folds a whole log in random batches, with restarts (a fence that loads again), with another worker that is faster
 * (this one's next batch is refused), and with replies that were lost (the other one wrote the very same batch). */
static void fold_and_compare(state *self, const fence_log_recipe *recipe, uint64_t seed) {
    fence_log log;
    size_t refusals = 0;
    fence_log_make(&log, recipe, seed);
    vt_fence *ours = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    vt_fence *other = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    size_t row = fence_kit_load(ours, &log);
    while (row < recipe->rows) {
        size_t most = fence_log_random(&log, 4) == 0 ? 10 : VT_FENCE_RECORDS_MAX;
        size_t count = 1 + fence_log_random(&log, (uint32_t) most);
        size_t end = row + count < recipe->rows ? row + count : recipe->rows;
        uint32_t event = fence_log_random(&log, 10);
        if (event == 0) {
            vt_fence_close(ours);
            ours = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
            assert_int_equal(fence_kit_load(ours, &log), row);
        }
        if (event == 1 || event == 2) {
            vt_fence_outcome outcome;
            size_t its_end = event == 1 ? end : row + 1 + fence_log_random(&log, (uint32_t) (recipe->rows - row));
            its_end = its_end - row <= VT_FENCE_RECORDS_MAX ? its_end : row + VT_FENCE_RECORDS_MAX;
            assert_int_equal(fence_kit_load(other, &log), row);
            fence_kit_apply(other, &log, row, its_end);
            assert_int_equal(vt_fence_apply(ours, log.rows + row, end - row, &outcome), VT_ERR_MOVED);
            assert_int_equal(vt_fence_apply(ours, log.rows + row, end - row, &outcome), VT_ERR_MOVED);
            assert_int_equal(fence_kit_load(ours, &log), its_end);
            row = its_end;
            refusals++;
            continue;
        }
        fence_kit_apply(ours, &log, row, end);
        row = end;
    }
    assert_true(refusals > 0);
    fence_kit_compare(self->redis, &log, VT_FENCE_LIVE, recipe->rows);
    vt_fence_close(ours);
    vt_fence_close(other);
    fence_log_release(&log);
}

static void folds_as_the_fold_in_memory(void **context) {
    static const fence_log_recipe recipe = {
        .rows = 12000, .bands = 60, .ids = 9000, .bad_percent = 3, .anonymous_percent = 10, .has_gaps = true};
    fold_and_compare(begin(context), &recipe, 1);
}

static void folds_quotas_as_the_fold_in_memory(void **context) {
    static const fence_log_recipe recipe = {
        .rows = 10000,
        .bands = 20,
        .ids = 8000,
        .voters = 700,
        .votes_per_voter = 3,
        .bad_percent = 1,
        .anonymous_percent = 5,
    };
    fold_and_compare(begin(context), &recipe, 2);
}

static void folds_too_many_pairs_as_the_fold_in_memory(void **context) {
    static const fence_log_recipe recipe = {.rows = 15000, .bands = 6000, .ids = 1000000, .anonymous_percent = 50};
    fold_and_compare(begin(context), &recipe, 3);
}

static void counts_only_anonymous_ones_without_reading(void **context) {
    static const fence_log_recipe recipe = {.rows = 8000, .bands = 30, .ids = 1, .anonymous_percent = 100};
    fold_and_compare(begin(context), &recipe, 4);
}

static void folds_few_records_and_many_conflicts(void **context) {
    static const fence_log_recipe recipe = {
        .rows = 6000, .bands = 5, .ids = 300, .voters = 40, .votes_per_voter = 2, .bad_percent = 20};
    state *self = begin(context);
    for (uint64_t seed = 10; seed < 20; seed++) {
        fold_and_compare(self, &recipe, seed);
        remove_all(self);
    }
}

/* A batch with all that it can hold: an id, a voter and a new pair for each record. */
static void takes_the_fullest_batch(void **context) {
    static const fence_log_recipe recipe = {
        .rows = VT_FENCE_RECORDS_MAX, .bands = 1 << 20, .ids = 1 << 30, .voters = 1 << 20, .votes_per_voter = 1};
    state *self = begin(context);
    fence_log log;
    fence_log_make(&log, &recipe, 5);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    assert_int_equal(fence_kit_load(fence, &log), 0);
    fence_kit_apply(fence, &log, 0, VT_FENCE_RECORDS_MAX);
    log.recipe.voters = 0;
    fence_kit_load(fence, &log);
    vt_fence_close(fence);
    fence_log_release(&log);
}

/* ---- compare and set ---- */

static void creates_once(void **context) {
    static const fence_log_recipe recipe = {.rows = 10, .bands = 2, .ids = 100};
    state *self = begin(context);
    fence_log log;
    vt_fence_state found;
    fence_log_make(&log, &recipe, 6);
    vt_fence *first = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    vt_fence *second = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    assert_int_equal(vt_fence_load(second, &found), VT_OK);
    assert_false(found.exists);
    assert_int_equal(vt_fence_create(first, FENCE_LOG_FIRST), VT_OK);
    fence_kit_apply(first, &log, 0, 4);
    assert_int_equal(vt_fence_create(second, FENCE_LOG_FIRST), VT_ERR_MOVED);
    assert_int_equal(fence_kit_load(second, &log), 4);
    fence_kit_compare(self->redis, &log, VT_FENCE_LIVE, 4);
    vt_fence_close(first);
    vt_fence_close(second);
    fence_log_release(&log);
}

/* The worst moment: after the batch's ids were read, everything went away and came back at the same offset. */
static void sees_a_flush(void **context) {
    static const fence_log_recipe recipe = {.rows = 30, .bands = 2, .ids = 10};
    state *self = begin(context);
    fence_log log;
    vt_fence_outcome outcome;
    vt_fence_state found;
    char words[VT_TALLY_KEY_MAX + 8];
    char key[VT_TALLY_KEY_MAX];
    fence_log_make(&log, &recipe, 7);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    fence_kit_load(fence, &log);
    fence_kit_apply(fence, &log, 0, 10);
    vt_tally_key(self->url.key, FENCE_LOG_PARTITION, false, key);
    (void) snprintf(words, sizeof words, "DEL %s", key);
    server_kit_do(self->redis, words);
    assert_int_equal(vt_fence_apply(fence, log.rows + 10, 10, &outcome), VT_ERR_MOVED);
    assert_int_equal(vt_fence_load(fence, &found), VT_OK);
    assert_false(found.exists);
    assert_int_equal(vt_fence_apply(fence, log.rows + 10, 10, &outcome), VT_ERR_MOVED);
    fence_kit_finish(fence, &log);
    fence_kit_compare(self->redis, &log, VT_FENCE_LIVE, recipe.rows);
    vt_fence_close(fence);
    fence_log_release(&log);
}

static void refuses_another_ledger(void **context) {
    static const fence_log_recipe recipe = {.rows = 10, .bands = 2, .ids = 100};
    state *self = begin(context);
    fence_log log;
    fence_log other;
    vt_fence_state found;
    vt_fence_outcome outcome;
    fence_log_make(&log, &recipe, 8);
    fence_log_make(&other, &recipe, 9);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    vt_fence *stranger = fence_kit_open(self->redis, &other, VT_FENCE_LIVE);
    fence_kit_load(fence, &log);
    fence_kit_apply(fence, &log, 0, 5);
    assert_int_equal(vt_fence_load(stranger, &found), VT_ERR_OTHER_LEDGER);
    assert_int_equal(vt_fence_create(stranger, FENCE_LOG_FIRST), VT_ERR_MOVED);
    assert_int_equal(vt_fence_apply(stranger, other.rows, 5, &outcome), VT_ERR_MOVED);
    fence_kit_compare(self->redis, &log, VT_FENCE_LIVE, 5);
    vt_fence_close(fence);
    vt_fence_close(stranger);
    fence_log_release(&log);
    fence_log_release(&other);
}

/* ---- damage ---- */

static void put(state *self, vt_slice field, vt_slice value) {
    char key[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice name = vt_tally_key(self->url.key, FENCE_LOG_PARTITION, false, key);
    assert_int_equal(vt_redis_call(self->redis, (vt_slice[]){VT_SLICE("HSET"), name, field, value}, 4, &reply), VT_OK);
    freeReplyObject(reply);
}

static void says_what_is_damaged(void **context) {
    static const fence_log_recipe recipe = {.rows = 20, .bands = 2, .ids = 1000};
    static const struct {
        vt_slice field;
        vt_slice value;
    } damages[] = {
        {{"off", 3}, {"", 0}},
        {{"off", 3}, {"-1", 2}},
        {{"off", 3}, {"007", 3}},
        {{"off", 3}, {"9007199254740992", 16}},
        {{"off", 3}, {"99999999999999999999999", 23}},
        {{"ledger", 6}, {"short", 5}},
        {{"last", 4}, {"short", 5}},
        {{"n", 1}, {"ten", 3}},
        {{"n", 1}, {"11", 2}},
        {{"dup", 3}, {"11", 2}},
        {{"names", 5}, {"\xff", 1}},
        {{"names", 5}, {"\x01\x00\x00", 3}},
        {{"names", 5},
         {"\x01\x00\x00"
          "a"
          "\x01\x00\x00"
          "a",
          8}},
        {{"b:0", 3}, {"1", 1}},
        {{"b:0", 3}, {"1 x", 3}},
        {{"b:0", 3}, {"1000 1", 6}},
    };
    state *self = begin(context);
    fence_log log;
    fence_log_make(&log, &recipe, 11);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        vt_fence_state found = {.next = -5};
        fence_kit_load(fence, &log);
        fence_kit_apply(fence, &log, 0, 10);
        put(self, damages[i].field, damages[i].value);
        if (vt_fence_load(fence, &found) != VT_ERR_CORRUPT) {
            fail_msg("damage %zu was not seen", i);
        }
        assert_non_null(strstr(vt_fence_reason(fence), "damaged"));
        assert_int_equal(found.next, -5);
        remove_all(self);
    }
    vt_fence_close(fence);
    fence_log_release(&log);
}

static void says_which_votes_are_damaged(void **context) {
    static const fence_log_recipe recipe = {.rows = 20, .bands = 2, .ids = 1000, .voters = 5, .votes_per_voter = 9};
    static const vt_slice damages[] = {{"", 0},
                                       {"\x01short", 6},
                                       {"\x02"
                                        "0123456789abcdef",
                                        17},
                                       {"\x01"
                                        "0123456789abcdef"
                                        "123456789",
                                        26}};
    state *self = begin(context);
    fence_log log;
    vt_fence_outcome outcome;
    fence_log_make(&log, &recipe, 12);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    fence_kit_load(fence, &log);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char field[VT_FENCE_SEEN_FIELD_LEN];
        vt_fence_seen_field(&log.rows[3].record.id, field);
        put(self, vt_slice_of(field, sizeof field), damages[i]);
        assert_int_equal(vt_fence_apply(fence, log.rows, 10, &outcome), VT_ERR_CORRUPT);
        assert_non_null(strstr(vt_fence_reason(fence), "damaged"));
        assert_int_equal(vt_fence_apply(fence, log.rows, 10, &outcome), VT_ERR_MOVED);
        assert_int_equal(fence_kit_load(fence, &log), 0);
    }
    vt_fence_close(fence);
    fence_log_release(&log);
}

static void refuses_a_key_of_somebody_else(void **context) {
    static const fence_log_recipe recipe = {.rows = 20, .bands = 2, .ids = 1000};
    state *self = begin(context);
    fence_log log;
    vt_fence_state found;
    fence_log_make(&log, &recipe, 13);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    put(self, VT_SLICE("something"), VT_SLICE("else"));
    assert_int_equal(vt_fence_load(fence, &found), VT_ERR_CORRUPT);
    assert_non_null(strstr(vt_fence_reason(fence), "something else"));
    assert_int_equal(vt_fence_create(fence, 0), VT_ERR_MOVED);
    vt_fence_close(fence);
    fence_log_release(&log);
}

/* Sums at the edge of what Redis can count. */
static void refuses_numbers_that_get_too_large(void **context) {
    static const fence_log_recipe recipe = {.rows = 10, .bands = 1, .ids = 1, .anonymous_percent = 100};
    state *self = begin(context);
    fence_log log;
    vt_fence_outcome outcome;
    fence_log_make(&log, &recipe, 14);
    vt_fence *fence = fence_kit_open(self->redis, &log, VT_FENCE_LIVE);
    fence_kit_load(fence, &log);
    fence_kit_apply(fence, &log, 0, 2);
    put(self, VT_SLICE("b:0"), VT_SLICE("2 9007199254740991"));
    assert_int_equal(fence_kit_load(fence, &log), 2);
    assert_int_equal(vt_fence_apply(fence, log.rows + 2, 1, &outcome), VT_ERR_CORRUPT);
    assert_non_null(strstr(vt_fence_reason(fence), "too large"));
    assert_int_equal(fence_kit_load(fence, &log), 2);
    log.rows[9].position.offset = VT_FENCE_NUMBER_MAX;
    log.rows[9].fault = VT_ERR_BAD_ID;
    assert_int_equal(vt_fence_apply(fence, log.rows + 9, 1, &outcome), VT_ERR_CORRUPT);
    vt_fence_close(fence);
    fence_log_release(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folds_as_the_fold_in_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folds_quotas_as_the_fold_in_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folds_too_many_pairs_as_the_fold_in_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_only_anonymous_ones_without_reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folds_few_records_and_many_conflicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_the_fullest_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(creates_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_a_flush, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_another_ledger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_which_votes_are_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_key_of_somebody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_numbers_that_get_too_large, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
