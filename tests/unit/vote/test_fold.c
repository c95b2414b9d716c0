#include "vote/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

typedef struct fixture {
    void *memory;
    vt_fold *fold;
} fixture;

/* Exactly the bytes that are asked for, so that a sanitizer sees what goes beyond. */
static fixture open_fold(vt_fold_limits limits) {
    fixture made = {.memory = malloc(vt_fold_bytes(&limits))};
    assert_non_null(made.memory);
    memset(made.memory, 0xa5, vt_fold_bytes(&limits));
    made.fold = vt_fold_init(made.memory, &limits);
    return made;
}

static vt_record make_record(uint32_t id, const char *name, const char *album) {
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name), [VT_FIELD_ALBUM] = vt_slice_str(album)}};
    vt_record record = {0};
    vt_record_set_vote(&record, &vote);
    memcpy(record.id.bytes, &id, sizeof id);
    return record;
}

static vt_record by_voter(vt_record record, uint8_t voter) {
    record.has_voter = true;
    record.voter.bytes[0] = voter;
    return record;
}

static void assert_verdict(vt_fold *fold, vt_record record, vt_verdict expected) {
    vt_verdict verdict = VT_VERDICT_NONE;
    assert_int_equal(vt_fold_apply(fold, &record, &verdict), VT_OK);
    assert_int_equal(verdict, expected);
}

static void assert_full(vt_fold *fold, vt_record record) {
    vt_verdict verdict = VT_VERDICT_NONE;
    assert_int_equal(vt_fold_apply(fold, &record, &verdict), VT_ERR_FULL);
    assert_int_equal(verdict, VT_VERDICT_NONE);
}

static void assert_pair(const vt_fold *fold, uint32_t i, const char *name, const char *album, uint64_t votes,
                        uint64_t points) {
    vt_fold_pair pair = vt_fold_pair_at(fold, i);
    assert_true(vt_slice_eq(pair.name, vt_slice_str(name)));
    assert_true(vt_slice_eq(pair.album, vt_slice_str(album)));
    assert_int_equal(pair.votes, votes);
    assert_int_equal(pair.points, points);
}

static void test_verdicts(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 10, .voters_max = 2, .pairs_max = 4, .votes_per_voter = 2});
    assert_verdict(f.fold, make_record(1, "a", "x"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(1, "a", "x"), VT_VERDICT_DUPLICATE);
    assert_verdict(f.fold, make_record(1, "a", "y"), VT_VERDICT_CONFLICT);
    assert_verdict(f.fold, make_record(1, "a", "x"), VT_VERDICT_DUPLICATE);
    assert_verdict(f.fold, by_voter(make_record(2, "a", "x"), 1), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, by_voter(make_record(3, "b", ""), 1), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, by_voter(make_record(4, "b", ""), 1), VT_VERDICT_QUOTA);
    assert_verdict(f.fold, by_voter(make_record(4, "b", ""), 1), VT_VERDICT_DUPLICATE);
    assert_verdict(f.fold, by_voter(make_record(4, "c", ""), 2), VT_VERDICT_CONFLICT);
    assert_verdict(f.fold, by_voter(make_record(5, "b", ""), 2), VT_VERDICT_COUNTED);
    /* Votes without a voter are not limited. */
    assert_verdict(f.fold, make_record(6, "b", ""), VT_VERDICT_COUNTED);
    vt_fold_apply_bad(f.fold);
    static const uint64_t expected[VT_VERDICT_COUNT] = {0, 5, 3, 2, 1, 1};
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        assert_int_equal(vt_fold_verdicts(f.fold, (vt_verdict) i), expected[i]);
    }
    assert_int_equal(vt_fold_pairs_count(f.fold), 2);
    assert_pair(f.fold, 0, "a", "x", 2, 2);
    assert_pair(f.fold, 1, "b", "", 3, 3);
    free(f.memory);
}

static void test_points(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 10, .pairs_max = 4});
    vt_record record = make_record(1, "a", "x");
    record.points = 0;
    assert_verdict(f.fold, record, VT_VERDICT_COUNTED);
    record.id.bytes[0] = 2;
    record.points = UINT32_MAX;
    assert_verdict(f.fold, record, VT_VERDICT_COUNTED);
    record.id.bytes[0] = 3;
    assert_verdict(f.fold, record, VT_VERDICT_COUNTED);
    assert_pair(f.fold, 0, "a", "x", 3, 2 * (uint64_t) UINT32_MAX);
    free(f.memory);
}

/* The border between name and album is part of a pair. */
static void test_pairs_are_distinct(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 10, .pairs_max = 10});
    assert_verdict(f.fold, make_record(1, "ab", "c"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(2, "a", "bc"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(3, "abc", ""), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(4, "a", "bc"), VT_VERDICT_COUNTED);
    assert_int_equal(vt_fold_pairs_count(f.fold), 3);
    assert_pair(f.fold, 1, "a", "bc", 2, 2);
    free(f.memory);
}

static void test_other(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 10, .pairs_max = 2});
    assert_verdict(f.fold, make_record(1, "a", "1"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(2, "a", "2"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(3, "a", "3"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(4, "b", "4"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(5, "a", "2"), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(6, VT_FOLD_OTHER, ""), VT_VERDICT_COUNTED);
    assert_int_equal(vt_fold_pairs_count(f.fold), 3);
    assert_pair(f.fold, 1, "a", "2", 2, 2);
    assert_pair(f.fold, 2, VT_FOLD_OTHER, "", 3, 3);
    free(f.memory);
}

/* A vote for a band of that very name does not get a second row. */
static void test_other_was_voted_for(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 10, .pairs_max = 1});
    assert_verdict(f.fold, make_record(1, VT_FOLD_OTHER, ""), VT_VERDICT_COUNTED);
    assert_verdict(f.fold, make_record(2, "a", "1"), VT_VERDICT_COUNTED);
    assert_int_equal(vt_fold_pairs_count(f.fold), 1);
    assert_pair(f.fold, 0, VT_FOLD_OTHER, "", 2, 2);
    free(f.memory);
}

static void test_full(void **state) {
    (void) state;
    fixture f = open_fold((vt_fold_limits){.ids_max = 3, .voters_max = 1, .pairs_max = 1, .votes_per_voter = 1});
    assert_verdict(f.fold, by_voter(make_record(1, "a", ""), 1), VT_VERDICT_COUNTED);
    assert_full(f.fold, by_voter(make_record(2, "a", ""), 2));
    assert_verdict(f.fold, by_voter(make_record(2, "a", ""), 1), VT_VERDICT_QUOTA);
    assert_verdict(f.fold, make_record(3, "a", ""), VT_VERDICT_COUNTED);
    assert_full(f.fold, make_record(4, "a", ""));
    assert_verdict(f.fold, make_record(3, "a", ""), VT_VERDICT_DUPLICATE);
    assert_pair(f.fold, 0, "a", "", 2, 2);
    free(f.memory);
    f = open_fold((vt_fold_limits){0});
    assert_full(f.fold, make_record(1, "a", ""));
    free(f.memory);
}

/* The same, as simple as it can be said: lists that are searched from the start. */
enum { RECORDS = 3000, BANDS = 7, ALBUMS = 5, VOTERS = 40, QUOTA = 12, PAIRS_MAX = 20 };

typedef struct simple_fold {
    vt_record seen[RECORDS];
    uint32_t seen_count;
    uint32_t used[VOTERS];
    vt_record pairs[PAIRS_MAX + 1]; /* the texts */
    uint64_t votes[PAIRS_MAX + 1];
    uint64_t points[PAIRS_MAX + 1];
    uint32_t pairs_count;
} simple_fold;

static bool is_same_pair(const vt_record *a, const vt_record *b) {
    return vt_slice_eq(vt_record_text(a, VT_FIELD_NAME), vt_record_text(b, VT_FIELD_NAME)) &&
           vt_slice_eq(vt_record_text(a, VT_FIELD_ALBUM), vt_record_text(b, VT_FIELD_ALBUM));
}

static void simple_count(simple_fold *fold, const vt_record *record) {
    uint32_t i = 0;
    while (i < fold->pairs_count && !is_same_pair(&fold->pairs[i], record)) {
        i++;
    }
    i = i < PAIRS_MAX ? i : PAIRS_MAX;
    if (i == fold->pairs_count) {
        fold->pairs[i] = i < PAIRS_MAX ? *record : make_record(0, VT_FOLD_OTHER, "");
        fold->pairs_count++;
    }
    fold->votes[i]++;
    fold->points[i] += record->points;
}

static vt_verdict simple_apply(simple_fold *fold, const vt_record *record) {
    for (uint32_t i = 0; i < fold->seen_count; i++) {
        if (vt_id_eq(&fold->seen[i].id, &record->id)) {
            bool is_same = vt_id_eq(&fold->seen[i].fingerprint, &record->fingerprint);
            return is_same ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
        }
    }
    fold->seen[fold->seen_count++] = *record;
    if (record->has_voter && fold->used[record->voter.bytes[0]]++ >= QUOTA) {
        return VT_VERDICT_QUOTA;
    }
    simple_count(fold, record);
    return VT_VERDICT_COUNTED;
}

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t) (*seed >> 33);
}

static vt_record random_record(uint64_t *seed) {
    char name[16];
    char album[16];
    snprintf(name, sizeof name, "band %u", next_random(seed) % BANDS);
    snprintf(album, sizeof album, "%u", next_random(seed) % ALBUMS);
    vt_record record = make_record(next_random(seed) % (RECORDS * 2 / 3), name, album);
    record.points = next_random(seed) % 1000;
    return next_random(seed) % 4 == 0 ? record : by_voter(record, (uint8_t) (next_random(seed) % VOTERS));
}

static void test_against_lists(void **state) {
    (void) state;
    uint64_t seed = (uint64_t) time(NULL);
    print_message("seed %llu\n", (unsigned long long) seed);
    static simple_fold simple;
    memset(&simple, 0, sizeof simple);
    fixture f = open_fold((vt_fold_limits){RECORDS, VOTERS, PAIRS_MAX, QUOTA, .seed = 7});
    uint64_t verdicts[VT_VERDICT_COUNT] = {0};
    for (int i = 0; i < RECORDS; i++) {
        vt_record record = random_record(&seed);
        vt_verdict expected = simple_apply(&simple, &record);
        assert_verdict(f.fold, record, expected);
        verdicts[expected]++;
    }
    for (int i = VT_VERDICT_COUNTED; i <= VT_VERDICT_QUOTA; i++) {
        assert_int_equal(vt_fold_verdicts(f.fold, (vt_verdict) i), verdicts[i]);
        assert_true(verdicts[i] > 0);
    }
    assert_int_equal(vt_fold_pairs_count(f.fold), simple.pairs_count);
    assert_int_equal(simple.pairs_count, PAIRS_MAX + 1);
    for (uint32_t i = 0; i < simple.pairs_count; i++) {
        vt_fold_pair pair = vt_fold_pair_at(f.fold, i);
        assert_true(vt_slice_eq(pair.name, vt_record_text(&simple.pairs[i], VT_FIELD_NAME)));
        assert_true(vt_slice_eq(pair.album, vt_record_text(&simple.pairs[i], VT_FIELD_ALBUM)));
        assert_int_equal(pair.votes, simple.votes[i]);
        assert_int_equal(pair.points, simple.points[i]);
    }
    free(f.memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_pairs_are_distinct),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_other_was_voted_for),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_against_lists),
    };
    return cmocka_run_group_tests_name("vote/fold", tests, NULL, NULL);
}
