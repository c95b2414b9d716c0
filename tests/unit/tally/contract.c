#include "contract.h"

#include "vote/fold.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct state {
    const tally_factory *factory;
    void *context;
    vt_tally *tally;
    void *memory;
    vt_fold *fold;
} state;

static const tally_factory *current;

static vt_positions none(const state *self) {
    return vt_positions_none(self->factory->partitions);
}

static int set_up(void **context) {
    static const vt_fold_limits limits = {.ids_max = 20000, .voters_max = 100, .pairs_max = VT_FOLD_PAIRS_MAX};
    state *self = calloc(1, sizeof *self);
    self->factory = current;
    self->tally = self->factory->open(&self->context);
    self->memory = malloc(vt_fold_bytes(&limits));
    self->fold = vt_fold_init(self->memory, &limits);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    self->factory->close(self->context);
    free(self->memory);
    free(self);
    return 0;
}

static void append(state *self, vt_append *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        vt_verdict verdict = VT_VERDICT_NONE;
        assert_int_equal(vt_fold_apply(self->fold, &items[i].record, &verdict), VT_OK);
    }
    self->factory->append(self->context, items, count);
}

/* What the tally says is what the fold in memory says. */
static void assert_same(state *self) {
    vt_tally_snapshot snapshot = {0};
    vt_positions positions;
    assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_OK);
    uint64_t generation;
    assert_int_equal(vt_tally_positions(self->tally, &positions, &generation), VT_OK);
    assert_true(vt_positions_eq(&positions, &snapshot.positions));
    assert_int_equal(generation, snapshot.generation);
    for (int i = VT_VERDICT_COUNTED; i < VT_VERDICT_COUNT; i++) {
        bool is_kept = i == VT_VERDICT_COUNTED || self->factory->keeps_every_record;
        assert_int_equal(snapshot.verdicts[i], is_kept ? vt_fold_verdicts(self->fold, (vt_verdict) i) : 0);
    }
    assert_int_equal(snapshot.pairs_count, vt_fold_pairs_count(self->fold));
    for (uint32_t i = 0; i < snapshot.pairs_count; i++) {
        const vt_tally_pair *pair = &snapshot.pairs[i];
        uint32_t found = 0;
        for (uint32_t j = 0; j < vt_fold_pairs_count(self->fold); j++) {
            vt_fold_pair expected = vt_fold_pair_at(self->fold, j);
            if (vt_slice_eq(expected.name, pair->name) && vt_slice_eq(expected.album, pair->album)) {
                assert_int_equal(pair->votes, expected.votes);
                assert_int_equal(pair->points, expected.points);
                found++;
            }
        }
        assert_int_equal(found, 1);
        if (i > 0) {
            int order = vt_slice_cmp(pair[-1].name, pair->name);
            assert_true(order < 0 || (order == 0 && vt_slice_cmp(pair[-1].album, pair->album) < 0));
        }
    }
    vt_tally_snapshot_release(&snapshot);
}

static void is_empty_at_first(void **context) {
    state *self = *context;
    vt_tally_snapshot snapshot = {0};
    assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_OK);
    vt_positions expected = none(self);
    assert_true(vt_positions_eq(&snapshot.positions, &expected));
    assert_int_equal(snapshot.pairs_count, 0);
    vt_tally_snapshot_release(&snapshot);
    vt_tally_snapshot_release(&snapshot);
    assert_same(self);
}

static void sums_like_the_fold_in_memory(void **context) {
    enum { ITEMS = 5000 };
    static vt_append items[ITEMS];
    state *self = *context;
    unsigned random = 1;
    for (size_t i = 0; i < ITEMS; i++) {
        char name[32];
        char album[32];
        random = random * 1664525 + 1013904223;
        snprintf(name, sizeof name, "Band Ñ%u", (random >> 16) % 23);
        snprintf(album, sizeof album, "%.*s", (int) (random >> 8) % 3, "Re");
        /* One id in ten comes again. */
        kit_vote(&items[i], NULL, i % 10 == 9 ? i - 5 : i, name, album);
        items[i].record.points = (random >> 20) % 1001;
    }
    append(self, items, 1);
    append(self, items + 1, 999);
    assert_same(self);
    self->tally = self->factory->reopen(self->context);
    assert_same(self);
    append(self, items + 1000, ITEMS - 1000);
    assert_same(self);
}

static void counts_more_pairs_than_there_is_room_for_as_other(void **context) {
    enum { ITEMS = VT_FOLD_PAIRS_MAX + 300 };
    static vt_append items[ITEMS];
    static vt_append again[ITEMS];
    state *self = *context;
    for (size_t i = 0; i < ITEMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "Band %zu", i);
        kit_vote(&items[i], NULL, i, name, "x");
        kit_vote(&again[i], NULL, i + ITEMS, name, "x");
    }
    append(self, items, ITEMS);
    assert_same(self);
    self->tally = self->factory->reopen(self->context);
    append(self, again, ITEMS);
    assert_same(self);
}

static void keeps_a_band_of_that_name_apart(void **context) {
    vt_append items[3];
    state *self = *context;
    kit_vote(&items[0], NULL, 1, VT_FOLD_OTHER, "");
    kit_vote(&items[1], NULL, 2, VT_FOLD_OTHER, "x");
    kit_vote(&items[2], NULL, 3, VT_FOLD_OTHER, "");
    append(self, items, 3);
    assert_same(self);
}

static vt_verdict verdict_at(state *self, const vt_append *item, int64_t behind) {
    vt_tally_question question = {.id = item->record.id,
                                  .fingerprint = item->record.fingerprint,
                                  .position = {item->position.partition, item->position.offset + behind},
                                  .verdict = VT_VERDICT_BAD};
    assert_int_equal(vt_tally_verdicts(self->tally, &question, 1), VT_OK);
    return question.verdict;
}

/* A ledger that keeps no duplicates names the position of the first record instead. */
static void tells_the_verdict_of_each_record(void **context) {
    enum { ITEMS = 300 };
    static vt_append items[ITEMS];
    vt_tally_question questions[ITEMS];
    vt_verdict expected[ITEMS];
    state *self = *context;
    for (size_t i = 0; i < ITEMS; i++) {
        /* The same ids again: first with the same content, then with another. */
        kit_vote(&items[i], NULL, i % 100, i < 200 ? "a" : "b", "");
        assert_int_equal(vt_fold_apply(self->fold, &items[i].record, &expected[i]), VT_OK);
    }
    size_t count = self->factory->keeps_every_record ? ITEMS : 200;
    self->factory->append(self->context, items, count);
    for (size_t i = 0; i < count; i++) {
        const vt_record *record = &items[i].record;
        questions[i] = (vt_tally_question){record->id, record->fingerprint, items[i].position, VT_VERDICT_BAD};
    }
    assert_int_equal(vt_tally_verdicts(self->tally, questions, count), VT_OK);
    for (size_t i = 0; i < count; i++) {
        vt_verdict told = self->factory->keeps_every_record ? expected[i] : VT_VERDICT_COUNTED;
        assert_int_equal(questions[i].verdict, told);
    }
    assert_int_equal(verdict_at(self, &items[99], 1000), VT_VERDICT_NONE);
    assert_int_equal(vt_tally_verdicts(self->tally, questions, 0), VT_OK);
}

/* Moves with every record, and only then. */
static void tells_the_positions_of_the_last_records(void **context) {
    vt_append items[10];
    vt_positions expected;
    vt_positions found;
    uint64_t generation;
    uint64_t first;
    state *self = *context;
    expected = none(self);
    assert_int_equal(vt_tally_positions(self->tally, &found, &first), VT_OK);
    for (size_t i = 0; i < 10; i++) {
        kit_vote(&items[i], NULL, i, "a", "");
        append(self, &items[i], 1);
        int32_t partition = items[i].position.partition;
        expected.offsets[partition < 0 ? 0 : partition] = items[i].position.offset;
        assert_int_equal(vt_tally_positions(self->tally, &found, &generation), VT_OK);
        assert_true(vt_positions_eq(&found, &expected));
        assert_int_equal(generation, first);
    }
    assert_same(self);
}

int tally_contract(const tally_factory *factory) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_empty_at_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sums_like_the_fold_in_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_band_of_that_name_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_verdict_of_each_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_positions_of_the_last_records, set_up, tear_down),
    };
    /* The room for pairs is that of each partition. */
    const struct CMUnitTest of_one_fold[] = {
        cmocka_unit_test_setup_teardown(counts_more_pairs_than_there_is_room_for_as_other, set_up, tear_down),
    };
    char group[64];
    current = factory;
    snprintf(group, sizeof group, "tally contract: %s", factory->name);
    int failed = cmocka_run_group_tests_name(group, tests, NULL, NULL);
    if (factory->partitions <= 1) {
        snprintf(group, sizeof group, "tally contract, one fold: %s", factory->name);
        failed += cmocka_run_group_tests_name(group, of_one_fold, NULL, NULL);
    }
    return failed;
}
