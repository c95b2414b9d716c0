#include "kafka_kit.h"

#include "ledger/kafka_contest.h"
#include "ledger/kafka_settings.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* One process that works on the contest. */
typedef struct party {
    rd_kafka_t *reader;
    vt_kafka_contest *contest;
    vt_kafka_contest_state state; /* to be appended */
    vt_slice json;
    vt_err err;
    pthread_t thread;
    pthread_barrier_t *start;
} party;

static vt_kafka_target target;
static char topic[VT_KAFKA_TOPIC_BYTES_MAX + 16];
static char reason[VT_KAFKA_REASON_MAX];

static const vt_id ids[2] = {{{1}}, {{2}}};

static void name_topic(void) {
    kafka_kit_target(&target);
    snprintf(topic, sizeof topic, "%s%s", target.url.topic, VT_KAFKA_CONTEST_SUFFIX);
}

static void open_party(party *self) {
    *self = (party){.reader = kafka_kit_reader(&target)};
    if (vt_kafka_settings_make_contest(self->reader, topic, -1, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    assert_int_equal(vt_kafka_contest_open(self->reader, &target, &self->contest), VT_OK);
}

static void close_party(party *self) {
    vt_kafka_contest_close(self->contest);
    rd_kafka_destroy(self->reader);
}

static vt_err append(party *self, uint32_t version, const vt_id *ledger_id, bool made_topic, vt_slice json) {
    vt_kafka_contest_state state = {version, *ledger_id, made_topic};
    return vt_kafka_contest_append(self->contest, &state, json);
}

static void assert_latest(party *self, uint32_t version, const vt_id *ledger_id, bool made_topic, vt_slice json) {
    vt_kafka_contest_state state = {0};
    vt_buf found;
    vt_buf_init(&found, VT_KAFKA_CONTEST_BYTES_MAX);
    assert_int_equal(vt_kafka_contest_latest(self->contest, &state, &found), VT_OK);
    assert_int_equal(state.version, version);
    if (version > 0) {
        assert_true(vt_id_eq(&state.ledger_id, ledger_id));
        assert_int_equal(state.made_topic, made_topic);
    }
    assert_true(vt_slice_eq(vt_buf_slice(&found), json));
    vt_buf_release(&found);
}

static void keeps_versions_in_order(void **context) {
    (void) context;
    party one;
    party two;
    name_topic();
    open_party(&one);
    open_party(&two);
    assert_latest(&one, 0, NULL, false, VT_SLICE(""));
    assert_int_equal(append(&one, 2, &ids[0], true, VT_SLICE("{}")), VT_ERR_IN_USE);
    assert_int_equal(append(&one, 1, &ids[0], true, VT_SLICE("{\"a\":1}")), VT_OK);
    assert_int_equal(append(&two, 1, &ids[1], false, VT_SLICE("{\"b\":1}")), VT_ERR_IN_USE);
    assert_latest(&two, 1, &ids[0], true, VT_SLICE("{\"a\":1}"));
    assert_int_equal(append(&two, 2, &ids[0], false, VT_SLICE("{\"b\":2}")), VT_OK);
    assert_int_equal(append(&one, 2, &ids[0], false, VT_SLICE("{\"a\":2}")), VT_ERR_IN_USE);
    assert_latest(&one, 2, &ids[0], true, VT_SLICE("{\"b\":2}"));
    close_party(&one);
    open_party(&one); /* which knows nothing */
    assert_latest(&one, 2, &ids[0], true, VT_SLICE("{\"b\":2}"));
    close_party(&one);
    close_party(&two);
}

static void *race(void *context) {
    party *self = context;
    pthread_barrier_wait(self->start);
    self->err = vt_kafka_contest_append(self->contest, &self->state, self->json);
    return NULL;
}

/* Both write the same version at once: both may stand in the log, one counts. */
static void lets_one_win_a_race(void **context) {
    (void) context;
    enum { ROUNDS = 8 };
    static const vt_slice jsons[2] = {VT_SLICE("{\"zero\":0}"), VT_SLICE("{\"one\":1}")};
    party parties[2];
    pthread_barrier_t start;
    vt_id ledger_id = ids[0];
    pthread_barrier_init(&start, NULL, 2);
    name_topic();
    open_party(&parties[0]);
    open_party(&parties[1]);
    for (uint32_t version = 1; version <= ROUNDS; version++) {
        for (size_t i = 0; i < 2; i++) {
            parties[i].state = (vt_kafka_contest_state){version, version == 1 ? ids[i] : ledger_id, i == 0};
            parties[i].json = jsons[i];
            parties[i].start = &start;
            assert_int_equal(pthread_create(&parties[i].thread, NULL, race, &parties[i]), 0);
        }
        pthread_join(parties[0].thread, NULL);
        pthread_join(parties[1].thread, NULL);
        size_t winner = parties[0].err == VT_OK ? 0 : 1;
        assert_int_equal(parties[winner].err, VT_OK);
        assert_int_equal(parties[1 - winner].err, VT_ERR_IN_USE);
        static bool made_topic;
        if (version == 1) {
            ledger_id = ids[winner];
            made_topic = winner == 0;
        }
        assert_latest(&parties[0], version, &ledger_id, made_topic, jsons[winner]);
        assert_latest(&parties[1], version, &ledger_id, made_topic, jsons[winner]);
    }
    close_party(&parties[0]);
    close_party(&parties[1]);
    pthread_barrier_destroy(&start);
}

static void passes_over_what_is_no_version(void **context) {
    (void) context;
    static const kafka_kit_header own[] = {{"ledger-id", &ids[0], VT_ID_LEN}, {0}},
                                  others[] = {{"ledger-id", &ids[1], VT_ID_LEN}, {0}},
                                  damaged[] = {{"ledger-id", &ids[0], 15}, {0}};
    const kafka_kit_record before[] = {
        {.value = VT_SLICE("{}"), .headers = own},
        {.key = VT_SLICE("1"), .value = VT_SLICE("{}")},
        {.key = VT_SLICE("1"), .value = VT_SLICE("{}"), .headers = damaged},
        {.key = VT_SLICE("1"), .headers = own},
        {.key = VT_SLICE("2"), .value = VT_SLICE("{}"), .headers = own},
        {.key = VT_SLICE("one"), .value = VT_SLICE("{}"), .headers = own},
        {.key = VT_SLICE("4294967297"), .value = VT_SLICE("{}"), .headers = own},
    };
    const kafka_kit_record after[] = {
        {.key = VT_SLICE("2"), .value = VT_SLICE("{}"), .headers = others},
        {.key = VT_SLICE("1"), .value = VT_SLICE("{}"), .headers = own},
        {.key = VT_SLICE("3"), .value = VT_SLICE("{}"), .headers = own},
    };
    party one;
    name_topic();
    open_party(&one);
    kafka_kit_produce(&target, topic, 0, before, sizeof before / sizeof before[0]);
    assert_latest(&one, 0, NULL, false, VT_SLICE(""));
    assert_int_equal(append(&one, 1, &ids[0], false, VT_SLICE("{\"a\":1}")), VT_OK);
    kafka_kit_produce(&target, topic, 0, after, sizeof after / sizeof after[0]);
    assert_latest(&one, 1, &ids[0], false, VT_SLICE("{\"a\":1}"));
    assert_int_equal(append(&one, 2, &ids[0], false, VT_SLICE("{\"a\":2}")), VT_OK);
    assert_latest(&one, 2, &ids[0], false, VT_SLICE("{\"a\":2}"));
    close_party(&one);
}

static void has_room_for_the_longest_contest(void **context) {
    (void) context;
    enum { LONGEST = 4194304 };
    char *json = malloc(LONGEST);
    party one;
    memset(json, 'x', LONGEST);
    name_topic();
    open_party(&one);
    assert_int_equal(append(&one, 1, &ids[0], true, vt_slice_of(json, LONGEST)), VT_OK);
    assert_latest(&one, 1, &ids[0], true, vt_slice_of(json, LONGEST));
    close_party(&one);

    static const char *const small[] = {"max.message.bytes", "100000", NULL};
    name_topic();
    rd_kafka_t *reader = kafka_kit_reader(&target);
    kafka_kit_make_topic(reader, topic, 1, small);
    rd_kafka_destroy(reader);
    open_party(&one);
    assert_int_equal(append(&one, 1, &ids[0], true, vt_slice_of(json, LONGEST)), VT_ERR_TOO_LONG);
    assert_latest(&one, 0, NULL, false, VT_SLICE(""));
    close_party(&one);
    free(json);
}

static void misses_a_beginning_that_is_gone(void **context) {
    (void) context;
    party one;
    party two;
    name_topic();
    open_party(&one);
    assert_int_equal(append(&one, 1, &ids[0], true, VT_SLICE("{}")), VT_OK);
    assert_int_equal(append(&one, 2, &ids[0], true, VT_SLICE("{}")), VT_OK);
    kafka_kit_delete_before(one.reader, topic, 0, 1);
    open_party(&two);
    vt_kafka_contest_state state = {.version = 9};
    assert_int_equal(vt_kafka_contest_latest(two.contest, &state, NULL), VT_ERR_CORRUPT);
    assert_int_equal(state.version, 9);
    assert_int_equal(append(&two, 1, &ids[1], true, VT_SLICE("{}")), VT_ERR_CORRUPT);
    close_party(&one);
    close_party(&two);
    vt_kafka_contest_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_versions_in_order),         cmocka_unit_test(lets_one_win_a_race),
        cmocka_unit_test(passes_over_what_is_no_version),  cmocka_unit_test(has_room_for_the_longest_contest),
        cmocka_unit_test(misses_a_beginning_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
