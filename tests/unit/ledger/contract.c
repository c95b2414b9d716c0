#include "contract.h"

#include <stdlib.h>

enum { THREADS = 200, VOTERS = 8, VOTES_EACH = 5, QUOTA = 3 };

typedef struct state {
    const ledger_factory *factory;
    void *context;
    vt_ledger *ledger;
} state;

/* One adapter for each run: cmocka hands no argument to a group. */
static const ledger_factory *current;

static int set_up(void **context) {
    state *self = calloc(1, sizeof *self);
    self->factory = current;
    self->ledger = self->factory->open(&self->context);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    self->factory->close(self->context, self->ledger);
    free(self);
    return 0;
}

static vt_append appended(state *self, uint64_t number, const char *name) {
    vt_append item;
    kit_vote(&item, NULL, number, name, "");
    kit_append_one(self->ledger, &item);
    return item;
}

/* Where the record stands that was stored as the `number`-th, from 1 on. */
static vt_position position_of(const state *self, int64_t number) {
    return (vt_position){self->factory->partition, self->factory->first_offset + number - 1};
}

static void assert_answer(const state *self, const vt_append *item, vt_err err, vt_verdict verdict, int64_t number) {
    assert_int_equal(item->err, err);
    assert_int_equal(item->verdict, self->factory->decides ? verdict : VT_VERDICT_NONE);
    if (err == VT_OK) {
        vt_position expected = position_of(self, number);
        assert_int_equal(item->position.partition, expected.partition);
        assert_int_equal(item->position.offset, expected.offset);
    }
}

static void counts_votes_in_order(void **context) {
    state *self = *context;
    for (int64_t i = 1; i <= 3; i++) {
        vt_append item = appended(self, (uint64_t) i, "Los Prisioneros");
        assert_answer(self, &item, VT_OK, VT_VERDICT_COUNTED, i);
    }
}

static void answers_a_duplicate_with_the_first_position(void **context) {
    state *self = *context;
    appended(self, 1, "A");
    appended(self, 2, "B");
    vt_append again = appended(self, 1, "A");
    assert_answer(self, &again, VT_OK, VT_VERDICT_DUPLICATE, 1);
    vt_append next = appended(self, 3, "C");
    assert_answer(self, &next, VT_OK, VT_VERDICT_COUNTED, 3);
}

static void refuses_an_id_with_other_content(void **context) {
    state *self = *context;
    appended(self, 1, "A");
    vt_append other = appended(self, 1, "B");
    assert_answer(self, &other, VT_ERR_ID_CONFLICT, VT_VERDICT_CONFLICT, 0);
}

static void resolves_repeats_inside_of_one_call(void **context) {
    state *self = *context;
    kit_sink sink;
    vt_append items[4];
    kit_sink_init(&sink);
    kit_vote(&items[0], &sink, 1, "A", "");
    kit_vote(&items[1], &sink, 1, "A", "");
    kit_vote(&items[2], &sink, 1, "B", "");
    kit_vote(&items[3], &sink, 2, "A", "");
    kit_append(self->ledger, &sink, items, 4);
    assert_answer(self, &items[0], VT_OK, VT_VERDICT_COUNTED, 1);
    assert_answer(self, &items[1], VT_OK, VT_VERDICT_DUPLICATE, 1);
    assert_answer(self, &items[2], VT_ERR_ID_CONFLICT, VT_VERDICT_CONFLICT, 0);
    assert_answer(self, &items[3], VT_OK, VT_VERDICT_COUNTED, 2);
}

static void looks_up_before_it_refuses(void **context) {
    state *self = *context;
    vt_append item;
    appended(self, 1, "A");
    kit_vote(&item, NULL, 1, "A", "");
    item.refusal = VT_ERR_CLOSED;
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_OK, VT_VERDICT_DUPLICATE, 1);
    kit_vote(&item, NULL, 1, "B", "");
    item.refusal = VT_ERR_CLOSED;
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_ERR_ID_CONFLICT, VT_VERDICT_CONFLICT, 0);
    kit_vote(&item, NULL, 2, "A", "");
    item.refusal = VT_ERR_CLOSED;
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_ERR_CLOSED, VT_VERDICT_NONE, 0);
    vt_append next = appended(self, 2, "A");
    assert_answer(self, &next, VT_OK, VT_VERDICT_COUNTED, 2);
}

static void counts_a_voter_up_to_the_quota(void **context) {
    state *self = *context;
    vt_append item;
    vt_ledger_set_votes_per_voter(self->ledger, 2);
    for (uint64_t i = 1; i <= 3; i++) {
        kit_vote(&item, NULL, i, "A", "");
        kit_voter(&item, 1);
        kit_append_one(self->ledger, &item);
        if (i <= 2) {
            assert_answer(self, &item, VT_OK, VT_VERDICT_COUNTED, (int64_t) i);
        } else {
            assert_answer(self, &item, VT_ERR_QUOTA, VT_VERDICT_QUOTA, 0);
        }
    }
    kit_vote(&item, NULL, 1, "A", "");
    kit_voter(&item, 1);
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_OK, VT_VERDICT_DUPLICATE, 1);
    kit_vote(&item, NULL, 4, "A", "");
    kit_voter(&item, 2);
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_OK, VT_VERDICT_COUNTED, 3);
    self->ledger = self->factory->reopen(self->context, self->ledger);
    vt_ledger_set_votes_per_voter(self->ledger, 2);
    kit_vote(&item, NULL, 5, "A", "");
    kit_voter(&item, 1);
    kit_append_one(self->ledger, &item);
    assert_answer(self, &item, VT_ERR_QUOTA, VT_VERDICT_QUOTA, 0);
}

typedef struct racer {
    pthread_t thread;
    pthread_barrier_t *start;
    vt_ledger *ledger;
    vt_append item;
} racer;

static void *race(void *context) {
    racer *self = context;
    pthread_barrier_wait(self->start);
    kit_append_one(self->ledger, &self->item);
    return NULL;
}

static racer *run_race(vt_ledger *ledger, size_t count, void (*fill)(vt_append *item, size_t i)) {
    racer *racers = calloc(count, sizeof *racers);
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned) count);
    for (size_t i = 0; i < count; i++) {
        racers[i].start = &start;
        racers[i].ledger = ledger;
        fill(&racers[i].item, i);
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(racers[i].thread, NULL);
    }
    pthread_barrier_destroy(&start);
    return racers;
}

static void fill_same(vt_append *item, size_t i) {
    (void) i;
    kit_vote(item, NULL, 99, "A", "");
}

static void counts_one_id_of_many_threads_once(void **context) {
    state *self = *context;
    size_t counted = 0;
    racer *racers = run_race(self->ledger, THREADS, fill_same);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(racers[i].item.err, VT_OK);
        assert_int_equal(racers[i].item.position.offset, 1);
        counted += racers[i].item.verdict == VT_VERDICT_COUNTED;
    }
    assert_int_equal(counted, 1);
    free(racers);
}

static void fill_voters(vt_append *item, size_t i) {
    kit_vote(item, NULL, i + 1, "A", "");
    kit_voter(item, i % VOTERS);
}

static void holds_the_quota_in_a_race(void **context) {
    state *self = *context;
    size_t counted[VOTERS] = {0};
    vt_ledger_set_votes_per_voter(self->ledger, QUOTA);
    racer *racers = run_race(self->ledger, VOTERS * VOTES_EACH, fill_voters);
    for (size_t i = 0; i < VOTERS * VOTES_EACH; i++) {
        vt_err err = racers[i].item.err;
        assert_true(err == VT_OK || err == VT_ERR_QUOTA);
        counted[i % VOTERS] += err == VT_OK;
    }
    for (size_t i = 0; i < VOTERS; i++) {
        assert_int_equal(counted[i], QUOTA);
    }
    free(racers);
}

/* Reads what stands behind the `after`-th record, up to the `until`-th, until `max` are there or no more come. */
static size_t read_all(state *self, int64_t after, int64_t until, vt_ledger_row *rows, size_t max) {
    size_t total = 0;
    size_t count = 1;
    vt_position from = position_of(self, after);
    while (count > 0 && total < max) {
        assert_int_equal(
            vt_ledger_read(self->ledger, from, position_of(self, until), rows + total, max - total, &count), VT_OK);
        total += count;
        from = total == 0 ? from : rows[total - 1].position;
    }
    return total;
}

static void reads_back_what_was_stored(void **context) {
    state *self = *context;
    vt_append items[5];
    kit_sink sink;
    kit_sink_init(&sink);
    assert_int_equal(vt_ledger_contest_append(self->ledger, 1, VT_SLICE("{}")), VT_OK); /* the id is final now */
    for (size_t i = 0; i < 5; i++) {
        kit_vote(&items[i], &sink, i + 1, i % 2 == 0 ? "Café Tacvba" : "Ω", i == 3 ? "" : "Re");
        items[i].record.points = (uint32_t) (i * 250);
    }
    kit_voter(&items[2], 7);
    kit_append(self->ledger, &sink, items, 5);
    vt_id id = vt_ledger_id(self->ledger);
    self->ledger = self->factory->reopen(self->context, self->ledger);
    vt_id same = vt_ledger_id(self->ledger);
    assert_true(vt_id_eq(&id, &same));

    static vt_ledger_row rows[5];
    assert_int_equal(read_all(self, 0, 5, rows, 5), 5);
    for (size_t i = 0; i < 5; i++) {
        const vt_record *record = &rows[i].record;
        vt_position expected = position_of(self, (int64_t) i + 1);
        assert_int_equal(rows[i].position.partition, expected.partition);
        assert_int_equal(rows[i].position.offset, expected.offset);
        assert_true(vt_id_eq(&record->id, &items[i].record.id));
        assert_true(vt_id_eq(&record->fingerprint, &items[i].record.fingerprint));
        assert_int_equal(record->has_voter, i == 2);
        assert_int_equal(record->points, i * 250);
        assert_int_equal(record->at_ms, items[i].record.at_ms);
        for (vt_field field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
            assert_true(vt_slice_eq(vt_record_text(record, field), vt_record_text(&items[i].record, field)));
        }
    }
    assert_true(vt_id_eq(&rows[2].record.voter, &items[2].record.voter));
    assert_int_equal(read_all(self, 1, 3, rows, 5), 2);
    assert_int_equal(rows[0].position.offset, position_of(self, 2).offset);
    assert_int_equal(read_all(self, 3, 99, rows, 1), 1);
    assert_int_equal(rows[0].position.offset, position_of(self, 4).offset);
    assert_int_equal(read_all(self, 4, 99, rows, 5), 1);
    assert_int_equal(read_all(self, 5, 99, rows, 5), 0);
    assert_int_equal(read_all(self, 5, 99, rows, 5), 0);
    assert_int_equal(read_all(self, 0, 0, rows, 5), 0);
}

static void keeps_the_versions_of_the_contest(void **context) {
    state *self = *context;
    uint32_t version = 9;
    vt_buf json;
    vt_buf_init(&json, 1024);
    assert_int_equal(vt_ledger_contest_latest(self->ledger, &json, &version), VT_OK);
    assert_int_equal(version, 0);
    assert_int_equal(vt_ledger_contest_append(self->ledger, 1, VT_SLICE("{\"a\":1}")), VT_OK);
    assert_int_equal(vt_ledger_contest_append(self->ledger, 1, VT_SLICE("{\"a\":2}")), VT_ERR_IN_USE);
    assert_int_equal(vt_ledger_contest_append(self->ledger, 3, VT_SLICE("{\"a\":2}")), VT_ERR_IN_USE);
    assert_int_equal(vt_ledger_contest_append(self->ledger, 2, VT_SLICE("{\"a\":3}")), VT_OK);
    self->ledger = self->factory->reopen(self->context, self->ledger);
    assert_int_equal(vt_ledger_contest_latest(self->ledger, &json, &version), VT_OK);
    assert_int_equal(version, 2);
    assert_true(vt_slice_eq(vt_buf_slice(&json), VT_SLICE("{\"a\":3}")));
    vt_buf_release(&json);
}

/* A sink that notes the order in which its votes come back. */
typedef struct ordered_sink {
    kit_sink kit;
    vt_append *last;
    bool in_order;
} ordered_sink;

static void done_in_order(vt_sink *sink, vt_append *chain) {
    ordered_sink *self = (ordered_sink *) sink;
    pthread_mutex_lock(&self->kit.lock);
    self->kit.calls++;
    for (; chain != NULL; chain = chain->next) {
        self->in_order = self->in_order && chain > self->last;
        self->last = chain;
        self->kit.answered++;
    }
    pthread_cond_broadcast(&self->kit.moved);
    pthread_mutex_unlock(&self->kit.lock);
}

static void answers_each_sink_in_order(void **context) {
    enum { SINKS = 3, ITEMS = 300 };
    state *self = *context;
    static vt_append items[ITEMS];
    vt_append *pointers[ITEMS];
    ordered_sink sinks[SINKS];
    for (size_t s = 0; s < SINKS; s++) {
        sinks[s] = (ordered_sink){.in_order = true};
        kit_sink_init(&sinks[s].kit);
        sinks[s].kit.sink.done = done_in_order;
    }
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sinks[i % SINKS].kit, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    assert_int_equal(vt_ledger_append(self->ledger, pointers, ITEMS), VT_OK);
    for (size_t s = 0; s < SINKS; s++) {
        kit_sink_wait(&sinks[s].kit, ITEMS / SINKS);
        assert_true(sinks[s].in_order);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(items[i].err, VT_OK);
        assert_int_equal(items[i].position.offset, position_of(self, (int64_t) i + 1).offset);
    }
}

static void answers_all_before_it_closes(void **context) {
    enum { ITEMS = 3000 };
    state *self = *context;
    static vt_append items[ITEMS];
    static vt_append *pointers[ITEMS];
    kit_sink sink;
    kit_sink_init(&sink);
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    assert_int_equal(vt_ledger_append(self->ledger, pointers, ITEMS), VT_OK);
    self->factory->close(self->context, self->ledger);
    assert_int_equal(sink.answered, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(items[i].err, VT_OK);
    }
    self->ledger = self->factory->open(&self->context);
}

int ledger_contract(const ledger_factory *factory) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_votes_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_back_what_was_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_versions_of_the_contest, set_up, tear_down),
    };
    current = factory;
    return cmocka_run_group_tests_name("ledger contract", tests, NULL, NULL);
}

int ledger_contract_verdicts(const ledger_factory *factory) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_a_duplicate_with_the_first_position, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_an_id_with_other_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resolves_repeats_inside_of_one_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_up_before_it_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_a_voter_up_to_the_quota, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_one_id_of_many_threads_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_the_quota_in_a_race, set_up, tear_down),
    };
    current = factory;
    return cmocka_run_group_tests_name("ledger verdicts", tests, NULL, NULL);
}

int ledger_contract_answers(const ledger_factory *factory) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_each_sink_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_all_before_it_closes, set_up, tear_down),
    };
    current = factory;
    return cmocka_run_group_tests_name("ledger answers", tests, NULL, NULL);
}
