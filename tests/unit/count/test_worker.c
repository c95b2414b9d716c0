/* One worker: its store, unreadable records, options. */
#include "worker_kit.h"

#include "base/clock.h"
#include "ledger/dead_letters.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- one worker ---- */

static void test_counts_and_goes_on(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 1234);
    assert_int_equal(metric("votaton_records_total{store=\"tally\",verdict=\"counted\"}"), 0);
    assert_int_equal(metric("votaton_consumer_lag_records{store=\"tally\",partition=\"0\"}"), -1);
    run(&runners[0]);
    await_at(0, 1234);
    await_at(1, 0);
    assert_int_equal(store.partitions[0].begun_end, 1234);
    await_metric("votaton_consumer_lag_records{store=\"tally\",partition=\"0\"}", 0);
    assert_int_equal(metric("votaton_records_total{store=\"tally\",verdict=\"counted\"}"), 1234);
    assert_int_equal(metric("votaton_store_seconds_count{store=\"tally\"}"), store.applied);
    assert_true(metric("votaton_rebalances_total{store=\"tally\"}") >= 1);
    topic_kit_votes(&kit, 1, 0, 10);
    await_at(1, 10);
    assert_true(fake_store_read(&store, &store.ticks) > 0);
    stop(&runners[0]);
    assert_int_equal(store.closed, 1);
    assert_int_equal(metric("votaton_consumer_lag_records{store=\"tally\",partition=\"0\"}"), -1);
    assert_int_equal(topic_kit_committed(&kit, 0), 1234);
    assert_int_equal(topic_kit_committed(&kit, 1), 10);
    /* From the store's own position. */
    topic_kit_votes(&kit, 0, 1234, 100);
    run(&runners[0]);
    await_at(0, 1334);
    assert_int_equal(metric("votaton_records_total{store=\"tally\",verdict=\"counted\"}"), 1344);
    assert_int_equal(metric("votaton_fence_refusals_total{store=\"tally\"}"), 0);
}

static void test_ready_when_joined(void **state) {
    (void) state;
    char text[1024];
    topic_kit_open(&kit, 1);
    run(&runners[0]);
    await_health("\"ready\":true");
    run(&runners[1]);
    health_text(text);
    assert_non_null(strstr(text, "\"kafka\":\"waiting for the consumer group\""));
    /* One of the two has no partition. */
    await_health("\"ready\":true");
}

/* A store that cannot take a whole batch in time takes smaller ones. */
static void test_store_is_slow(void **state) {
    (void) state;
    store.slow_from = 20;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 300);
    run(&runners[0]);
    await_at(0, 300);
    assert_true(fake_store_read(&store, &store.applied) > 300 / 20);
    pthread_mutex_lock(&store.lock);
    store.slow_from = 0;
    store.applied = 0;
    pthread_mutex_unlock(&store.lock);
    topic_kit_votes(&kit, 0, 300, 1000);
    await_at(0, 1300);
    assert_in_range(fake_store_read(&store, &store.applied), 1, 1000 / 20);
}

static void test_store_is_away(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 500);
    topic_kit_votes(&kit, 1, 0, 500);
    run(&runners[0]);
    await_at(0, 500);
    await_at(1, 500);
    static const vt_err answers[][2] = {{VT_ERR_BUSY, VT_ERR_BUSY}, {VT_OK, VT_ERR_BUSY}, {VT_OK, VT_ERR_FULL}};
    for (int i = 0; i < 3; i++) {
        int next = 500 + i * 50;
        fake_store_answer(&store, answers[i][0], answers[i][1]);
        topic_kit_votes(&kit, 0, next, 50);
        await_health("\"tally\":\"away since 20");
        await_metric("votaton_consumer_lag_records{store=\"tally\",partition=\"0\"}", 50);
        int loads = fake_store_read(&store, &store.loads);
        await_more(&store.loads, loads + 1);
        fake_store_answer(&store, VT_OK, VT_OK);
        await_at(0, next + 50);
        await_health("\"ready\":true");
    }
    assert_true(metric("votaton_store_failures_total{store=\"tally\",error=\"busy\"}") > 1);
    assert_true(metric("votaton_store_failures_total{store=\"tally\",error=\"full\"}") >= 1);
    assert_int_equal(metric("votaton_rebalances_total{store=\"tally\"}"), store.forgotten / 2 + 1);
}

/* Nothing is left to apply: that the store is back shows all the same. */
static void test_store_is_back_without_votes(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    fake_store_answer(&store, VT_ERR_BUSY, VT_OK);
    run(&runners[0]);
    await_health("\"tally\":\"away since 20");
    fake_store_answer(&store, VT_OK, VT_OK);
    await_health("\"ready\":true");
}

static void test_lost_answers(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    store.lost_one_in = 3;
    topic_kit_votes(&kit, 0, 0, 1500);
    topic_kit_votes(&kit, 1, 0, 500);
    run(&runners[0]);
    await_at(0, 1500);
    await_at(1, 500);
    assert_true(metric("votaton_store_failures_total{store=\"tally\",error=\"busy\"}") >= 5);
}

static void test_store_is_set_back(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 2000);
    run(&runners[0]);
    await_at(0, 2000);
    int next = 2000;
    for (int i = 0; i < 5; i++) {
        fake_store_set_back(&store, 0, 400 * i);
        topic_kit_votes(&kit, 0, next, 10);
        next += 10;
        await_at(0, next);
    }
    assert_int_equal(metric("votaton_fence_refusals_total{store=\"tally\"}"), 5);
    /* The others were noticed before a batch came. */
    assert_in_range(fake_store_read(&store, &store.moved), 1, 5);
}

static void test_store_is_set_back_while_nothing_comes(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 500);
    run(&runners[0]);
    await_at(0, 500);
    fake_store_set_back(&store, 0, 100);
    await_at(0, 500);
    assert_int_equal(fake_store_read(&store, &store.moved), 0);
}

static void test_store_goes_away_while_nothing_comes(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 5);
    run(&runners[0]);
    await_at(0, 5);
    await_health("\"ready\":true");
    fake_store_answer(&store, VT_ERR_BUSY, VT_OK);
    await_health("\"tally\":\"away since 20");
    fake_store_answer(&store, VT_OK, VT_OK);
    await_health("\"ready\":true");
}

static void test_waits_for_a_rebuild(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 5);
    run(&runners[0]);
    await_at(0, 5);
    stop(&runners[0]);
    topic_kit_votes(&kit, 0, 5, 5);
    topic_kit_votes(&kit, 1, 0, 10);
    fake_store_block(&store, 0, true);
    run(&runners[0]);
    await_at(1, 10);
    int loads = fake_store_read(&store, &store.loads);
    await_more(&store.loads, loads + 1);
    assert_false(fake_store_is_at(&store, 0, 10));
    assert_int_equal(fake_store_read(&store, &store.moved), 0);
    await_health("\"tally\":\"partition 0 is being rebuilt");
    assert_int_equal(metric("votaton_consumer_lag_records{store=\"tally\",partition=\"0\"}"), 5);
    fake_store_block(&store, 0, false);
    await_at(0, 10);
    await_health("\"ready\":true");
}

static void test_store_error_is_fatal(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 10);
    fake_store_answer(&store, VT_OK, VT_ERR_CORRUPT);
    run(&runners[0]);
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_CORRUPT);
    assert_string_equal(runners[0].reason, "partition 0: the tally: the fake store was told to");
    assert_int_equal(metric("votaton_store_failures_total{store=\"tally\",error=\"fatal\"}"), 1);
    stop(&runners[0]);
    assert_int_equal(atomic_load(&runners[0].fatal_calls), 1);
}

/* ---- unreadable records ---- */

static int64_t letters_end(int32_t partition) {
    char topic[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX];
    int64_t low = 0;
    int64_t high = 0;
    snprintf(topic, sizeof topic, "%s" VT_KAFKA_DEAD_SUFFIX, kit.target.url.topic);
    assert_int_equal(vt_kafka_topic_watermarks(kit.handle, topic, partition, KAFKA_KIT_TIMEOUT_MS, &low, &high), VT_OK);
    return high;
}

static void test_dead_letters(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 1, 0, 10);
    topic_kit_garbage(&kit, 1, VT_SLICE("k"), VT_SLICE("no vote"));
    topic_kit_votes(&kit, 1, 11, 10);
    assert_int_equal(metric("votaton_dead_letters_total"), 0);
    run_in(&runners[0], kit.group, NULL, true);
    await_at(1, 21);
    await_metric("votaton_dead_letters_total", 1);
    assert_int_equal(metric("votaton_records_total{store=\"tally\",verdict=\"bad\"}"), 1);
    assert_int_equal(letters_end(1), 1);
    /* Counted again, but not written again: by this worker, and by the next. */
    fake_store_set_back(&store, 1, 5);
    topic_kit_garbage(&kit, 1, VT_SLICE(""), VT_SLICE("no vote either"));
    await_at(1, 22);
    assert_int_equal(letters_end(1), 2);
    stop(&runners[0]);
    fake_store_set_back(&store, 1, 0);
    run_in(&runners[0], kit.group, NULL, true);
    await_at(1, 22);
    assert_int_equal(letters_end(1), 2);
    assert_int_equal(letters_end(0), 0);
}

static void test_without_dead_letters(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_garbage(&kit, 0, VT_SLICE("k"), VT_SLICE("no vote"));
    run(&runners[0]);
    await_at(0, 1);
    assert_int_equal(store.bad, 1);
    assert_int_equal(metric("votaton_dead_letters_total"), 0);
}

static void test_letters_that_are_refused(void **state) {
    (void) state;
    char topic[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX];
    const char *small[] = {"max.message.bytes", "1000", NULL};
    static char bytes[5000];
    memset(bytes, 'x', sizeof bytes);
    topic_kit_open(&kit, 1);
    snprintf(topic, sizeof topic, "%s" VT_KAFKA_DEAD_SUFFIX, kit.target.url.topic);
    kafka_kit_make_topic(kit.handle, topic, 1, small);
    topic_kit_garbage(&kit, 0, VT_SLICE("k"), vt_slice_of(bytes, sizeof bytes));
    run_in(&runners[0], kit.group, NULL, true);
    await_health("\"dead_letters\":\"away since 20");
    assert_true(fake_store_is_at(&store, 0, 0));
    assert_int_equal(atomic_load(&runners[0].fatal_calls), 0);
}

/* ---- options ---- */

static void test_bad_options(void **state) {
    (void) state;
    char reason[VT_COUNT_REASON_MAX] = "";
    vt_kafka_target target = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}, .properties = "group.id=x"};
    vt_derived *derived = fake_store_derived(&store);
    vt_count_worker *worker = NULL;
    vt_count_worker_options options = {.target = &target,
                                       .group = "g",
                                       .partitions = 1,
                                       .batch_records_max = 1,
                                       .derived = derived,
                                       .status = status,
                                       .on_fatal = on_fatal};
    assert_int_equal(vt_count_worker_open(&options, &worker, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "group.id"));
    assert_null(worker);
    derived->kind->close(derived);
    vt_count_worker_close(NULL);
}

static void test_no_broker(void **state) {
    (void) state;
    kit.target = (vt_kafka_target){.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    snprintf(kit.group, sizeof kit.group, "g");
    kit.partitions = 1;
    run(&runners[0]);
    await_health("\"kafka\":\"no broker answers: 127.0.0.1:1/bootstrap: Connect to ");
    stop(&runners[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_counts_and_goes_on),
        TEST(test_ready_when_joined),
        TEST(test_store_is_slow),
        TEST(test_store_is_away),
        TEST(test_store_is_back_without_votes),
        TEST(test_lost_answers),
        TEST(test_store_is_set_back),
        TEST(test_store_is_set_back_while_nothing_comes),
        TEST(test_store_goes_away_while_nothing_comes),
        TEST(test_waits_for_a_rebuild),
        TEST(test_store_error_is_fatal),
        TEST(test_dead_letters),
        TEST(test_without_dead_letters),
        TEST(test_letters_that_are_refused),
        TEST(test_bad_options),
        TEST(test_no_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
