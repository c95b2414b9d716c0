/* Workers whose log is another one, and several workers. */
#include "worker_kit.h"

#include "ledger/ledger_group.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- another log ---- */

static void count_and_remake(int before, int after) {
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, before);
    run(&runners[0]);
    await_at(0, before);
    stop(&runners[0]);
    topic_kit_remake(&kit);
    if (after > 0) {
        topic_kit_votes(&kit, 0, 1, after);
    }
    run(&runners[0]);
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_CORRUPT);
    assert_non_null(strstr(runners[0].reason, "votaton rebuild"));
    assert_true(fake_store_is_at(&store, 0, before));
}

static void test_topic_made_anew_is_shorter(void **state) {
    (void) state;
    count_and_remake(100, 20);
    assert_non_null(strstr(runners[0].reason, "partition 0: the tally has records up to offset 99, but the ledger ends "
                                              "before 20: the topic was cut or made anew"));
}

static void test_topic_made_anew_is_longer(void **state) {
    (void) state;
    count_and_remake(100, 150);
    assert_non_null(
        strstr(runners[0].reason, "partition 0: the record at offset 99 is not the one that the tally has"));
}

/* The worker is there while it happens. */
static void test_topic_made_anew_under_a_worker(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    run(&runners[0]);
    await_at(0, 100);
    topic_kit_remake(&kit);
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_CORRUPT);
    assert_non_null(strstr(runners[0].reason, "made anew"));
    assert_true(fake_store_is_at(&store, 0, 100));
}

static void test_records_were_deleted(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    run(&runners[0]);
    await_at(0, 100);
    stop(&runners[0]);
    topic_kit_votes(&kit, 0, 100, 100);
    /* Exactly up to the position: nothing is missing, only the record before cannot be compared. */
    topic_kit_delete_before(&kit, 0, 100);
    run(&runners[0]);
    await_at(0, 200);
    stop(&runners[0]);
    topic_kit_votes(&kit, 0, 200, 10);
    topic_kit_delete_before(&kit, 0, 205);
    run(&runners[0]);
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_CORRUPT);
    assert_non_null(strstr(runners[0].reason, "is to go on at offset 200, but the ledger begins at 205"));
}

/* What it would know the log by is deleted under the worker. */
static void test_known_records_are_deleted(void **state) {
    (void) state;
    const struct timespec quiet = {.tv_sec = 1, .tv_nsec = 100000000};
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    run(&runners[0]);
    await_at(0, 100);
    topic_kit_delete_before(&kit, 0, 100);
    nanosleep(&quiet, NULL); /* behind so long a silence it looks before it counts */
    topic_kit_votes(&kit, 0, 100, 100);
    await_at(0, 200);
    topic_kit_delete_before(&kit, 0, 150);
    nanosleep(&quiet, NULL);
    topic_kit_votes(&kit, 0, 200, 100);
    await_at(0, 300);
    assert_int_equal(atomic_load(&runners[0].fatal_calls), 0);
}

/* ---- several workers ---- */

/* Starts or stops a worker, and waits until the group has given its partitions out anew. */
static void move(runner *self) {
    static const char series[] = "votaton_rebalances_total{store=\"tally\"}";
    long long before = metric(series);
    int64_t deadline_ns = deadline();
    if (self->worker == NULL) {
        run(self);
    } else {
        stop(self);
    }
    while (metric(series) <= before) {
        look_again(deadline_ns, "the group to rebalance");
    }
}

static void test_workers_come_and_go(void **state) {
    (void) state;
    enum { PARTITIONS = 4, MOVES = 7, VOTES = 400 };
    static const int moves[MOVES] = {0, 1, 0, 2, 0, 1, 2};
    int next[PARTITIONS] = {0};
    topic_kit_open(&kit, PARTITIONS);
    store.lost_one_in = 7;
    srand(815);
    for (int i = 0; i < MOVES; i++) {
        int applied = fake_store_read(&store, &store.applied);
        for (int32_t partition = 0; partition < PARTITIONS; partition++) {
            topic_kit_votes(&kit, partition, next[partition], VOTES);
            next[partition] += VOTES;
        }
        move(&runners[moves[i]]);
        int32_t back = rand() % PARTITIONS;
        fake_store_set_back(&store, back, rand() % next[back]);
        await_more(&store.applied, applied);
    }
    /* A store that was set back shows it with the next vote. */
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        topic_kit_votes(&kit, partition, next[partition], 1);
        next[partition]++;
    }
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        await_at(partition, next[partition]);
    }
    assert_true(fake_store_read(&store, &store.forgotten) >= PARTITIONS);
    for (int i = 0; i < WORKERS_MAX; i++) {
        assert_int_equal(atomic_load(&runners[i].fatal_calls), 0);
    }
}

static void ignore_partition(void *context, int32_t partition) {
    (void) context;
    (void) partition;
}

/* Joins under a name that a worker has, and leaves when that worker has lost its place. */
static void take_place(const char *instance) {
    static const char waits[] = "took this instance id";
    char reason[VT_KAFKA_REASON_MAX] = "";
    char text[1024] = "";
    int64_t deadline_ns = deadline();
    vt_ledger_group *group;
    vt_ledger_row row;
    const vt_ledger_group_options options = {.target = &kit.target,
                                             .group = kit.group,
                                             .instance = instance,
                                             .ledger_id = kit.ledger_id,
                                             .session_timeout_ms = 10000,
                                             .assigned = ignore_partition,
                                             .revoked = ignore_partition};
    assert_int_equal(vt_ledger_group_open(&options, &group, reason), VT_OK);
    for (health_text(text); strstr(text, waits) == NULL; health_text(text)) {
        size_t count;
        int32_t partition;
        look_again(deadline_ns, waits);
        (void) !vt_ledger_group_poll(group, 10, &row, 1, &count, &partition);
    }
    vt_ledger_group_close(group);
}

/* Groups of their own: each has every partition, as a zombie and its successor do. */
static void test_three_owners_of_one_partition(void **state) {
    (void) state;
    static const char *const groups[WORKERS_MAX] = {"a", "b", "c"};
    char names[WORKERS_MAX][TOPIC_KIT_NAME_MAX + 2];
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 3000);
    store.lost_one_in = 5;
    for (int i = 0; i < WORKERS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "%s-%s", kit.group, groups[i]);
        run_in(&runners[i], names[i], NULL, false);
    }
    int64_t deadline_ns = deadline();
    while (metric("votaton_rebalances_total{store=\"tally\"}") < WORKERS_MAX) {
        look_again(deadline_ns, "all three to have the partition");
    }
    /* Until two of them came with the same records. */
    int next = 3000;
    while (next < 6000 || metric("votaton_fence_refusals_total{store=\"tally\"}") == 0) {
        topic_kit_votes(&kit, 0, next, 300);
        next += 300;
        assert_true(next < FAKE_OFFSETS_MAX);
    }
    await_at(0, next);
}

/* A namesake that goes, as a member does whose broker died while it came back. */
static void test_static_worker_comes_back_twice(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    run_in(&runners[0], kit.group, "count-0", false);
    await_at(0, 100);
    take_place("count-0");
    for (int i = 1; i <= 2; i++) {
        topic_kit_votes(&kit, 0, i * 100, 100);
        await_at(0, i * 100 + 100);
        assert_int_equal(atomic_load(&runners[0].fatal_calls), 0);
        take_place("count-0");
    }
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_IN_USE);
    assert_non_null(strstr(runners[0].reason, "again: does another process have the same --instance?"));
}

static void test_static_worker_is_taken_over(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    run_in(&runners[0], kit.group, "count-0", false);
    await_at(0, 100);
    run_in(&runners[1], kit.group, "count-0", false);
    await_fatal(&runners[0]);
    assert_int_equal(runners[0].fatal, VT_ERR_IN_USE);
    topic_kit_votes(&kit, 0, 100, 100);
    await_at(0, 200);
    assert_int_equal(atomic_load(&runners[1].fatal_calls), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_topic_made_anew_is_shorter),     TEST(test_topic_made_anew_is_longer),
        TEST(test_topic_made_anew_under_a_worker), TEST(test_records_were_deleted),
        TEST(test_known_records_are_deleted),      TEST(test_workers_come_and_go),
        TEST(test_three_owners_of_one_partition),  TEST(test_static_worker_comes_back_twice),
        TEST(test_static_worker_is_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
