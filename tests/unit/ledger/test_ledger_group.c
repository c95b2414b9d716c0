/* What one member reads. */
#include "member_kit.h"

#include <stdlib.h>
#include <time.h>

static void test_gives_nothing_until_it_is_told_where(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 500);
    topic_kit_votes(&kit, 1, 0, 500);
    member_join(&one, NULL);
    assert_int_equal(vt_ledger_group_rebalances(one.group), 0);
    assert_int_equal(vt_ledger_group_seek(one.group, 0, 0), VT_ERR_GONE);
    member_poll_until_assigned(&one, 2);
    assert_int_equal(vt_ledger_group_rebalances(one.group), 1);
    for (int i = 0; i < QUIET_POLLS; i++) {
        assert_int_equal(member_poll(&one), 0);
        assert_int_equal(one.err, VT_OK);
    }
    member_seek(&one, 1, 100);
    member_poll_until_at(&one, 1, 500);
    assert_int_equal(one.expected[0], 0);
    member_seek(&one, 0, 0);
    member_poll_until_at(&one, 0, 500);
}

static void test_rows_are_votes(void **state) {
    (void) state;
    size_t count = 0;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 7, 1);
    topic_kit_garbage(&kit, 0, VT_SLICE("k"), VT_SLICE("no vote"));
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    member_seek(&one, 0, 0);
    int64_t deadline_ns = member_deadline();
    while ((count = member_poll(&one)) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(one.rows[0].fault, VT_OK);
    vt_slice name = vt_record_text(&one.rows[0].record, VT_FIELD_NAME);
    assert_memory_equal(name.ptr, "Band 0-7", name.len);
    assert_true(one.rows[0].appended_ms > 0);
    const vt_ledger_row *bad = &one.rows[1];
    if (count == 1) {
        member_poll_until_at(&one, 0, 2);
        bad = &one.rows[0];
    }
    assert_int_equal(bad->fault, VT_ERR_MALFORMED_JSON);
    assert_true(vt_slice_eq(bad->raw_key, VT_SLICE("k")));
    assert_true(vt_slice_eq(bad->raw_value, VT_SLICE("no vote")));
}

/* Whatever was fetched already: after a seek the very record comes that was asked for. */
static void test_random_seeks(void **state) {
    (void) state;
    enum { PARTITIONS = 3, RECORDS = 8000, SEEKS = 150 };
    srand(4711);
    topic_kit_open(&kit, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        topic_kit_votes(&kit, i, 0, RECORDS);
    }
    member_join(&one, NULL);
    member_poll_until_assigned(&one, PARTITIONS);
    size_t rows = 0;
    int64_t deadline_ns = member_deadline();
    for (int i = 0; i < SEEKS; i++) {
        int32_t partition = rand() % PARTITIONS;
        if (rand() % 8 == 0) {
            vt_ledger_group_pause(one.group, partition);
            one.expected[partition] = -1;
        } else {
            member_seek(&one, partition, rand() % RECORDS);
        }
        for (int polls = rand() % 6; polls > 0; polls--) {
            rows += member_poll_some(&one, 1 + (size_t) (rand() % ROWS_MAX));
            assert_int_equal(one.err, VT_OK);
        }
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_true(rows > RECORDS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        member_seek(&one, i, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        member_poll_until_at(&one, i, RECORDS);
    }
}

static void test_pause(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 3000);
    topic_kit_votes(&kit, 1, 0, 3000);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 2);
    member_seek(&one, 0, 0);
    member_seek(&one, 1, 0);
    member_poll_until_at(&one, 0, 1);
    int64_t stopped_at = one.expected[0];
    vt_ledger_group_pause(one.group, 0);
    member_poll_until_at(&one, 1, 3000);
    for (int i = 0; i < QUIET_POLLS; i++) {
        assert_int_equal(member_poll(&one), 0);
    }
    assert_int_equal(one.expected[0], stopped_at);
    member_seek(&one, 0, stopped_at);
    member_poll_until_at(&one, 0, 3000);
    assert_int_equal(one.revoked, 0);
}

static void test_partitions_take_turns(void **state) {
    (void) state;
    enum { RECORDS = 60000 };
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, RECORDS);
    topic_kit_votes(&kit, 1, 0, RECORDS);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 2);
    member_seek(&one, 0, 0);
    member_seek(&one, 1, 0);
    int64_t deadline_ns = member_deadline();
    while (one.expected[0] < RECORDS && one.expected[1] < RECORDS) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(&one);
    }
    assert_true(one.expected[0] > RECORDS / 4);
    assert_true(one.expected[1] > RECORDS / 4);
}

/* ---- a log that is not what it was ---- */

static void test_beyond_the_end(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 10);
    topic_kit_votes(&kit, 1, 0, 10);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 2);
    member_seek(&one, 0, 5);
    member_seek(&one, 1, 500);
    bool is_gone = false;
    int64_t deadline_ns = member_deadline();
    while (!is_gone || one.expected[0] < 10) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(&one);
        if (one.err != VT_OK) {
            assert_int_equal(one.err, VT_ERR_GONE);
            assert_int_equal(one.partition, 1);
            assert_non_null(strstr(vt_ledger_group_reason(one.group), "partition 1: "));
            is_gone = true;
        }
    }
    /* The partition lives on. */
    member_seek(&one, 1, 3);
    member_poll_until_at(&one, 1, 10);
}

static void test_before_the_beginning(void **state) {
    (void) state;
    int64_t first;
    int64_t end;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    topic_kit_delete_before(&kit, 0, 60);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_bounds(one.group, 0, &first, &end), VT_OK);
    assert_int_equal(first, 60);
    assert_int_equal(end, 100);
    member_seek(&one, 0, 59);
    member_poll_until_err(&one, VT_ERR_GONE);
    assert_int_equal(one.partition, 0);
    member_seek(&one, 0, 60);
    member_poll_until_at(&one, 0, 100);
}

static void test_topic_is_made_anew(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    member_seek(&one, 0, 0);
    member_poll_until_at(&one, 0, 100);
    topic_kit_remake(&kit);
    /* Either the position is gone, or the group has given the partition out again: in no case it is read on. */
    int64_t deadline_ns = member_deadline();
    do {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        assert_int_equal(member_poll(&one), 0);
    } while (one.err != VT_ERR_GONE && one.assigned < 2);
    if (member_partitions(&one) == 0) {
        member_poll_until_assigned(&one, 1);
    }
    topic_kit_votes(&kit, 0, 0, 5);
    member_seek(&one, 0, 0);
    deadline_ns = member_deadline();
    while (one.expected[0] < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        int assigned = one.assigned;
        member_poll(&one);
        if (one.assigned != assigned || one.err == VT_ERR_GONE) {
            member_seek(&one, 0, one.expected[0]);
        }
    }
}

static rd_kafka_t *open_transactional(void) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    rd_kafka_conf_t *conf;
    assert_int_equal(vt_kafka_conf_make(&kit.target, "test", &conf, reason), VT_OK);
    vt_kafka_conf_set(conf, "transactional.id", kit.group);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_non_null(producer);
    assert_null(rd_kafka_init_transactions(producer, KAFKA_KIT_TIMEOUT_MS));
    return producer;
}

static void transact(rd_kafka_t *producer, const char *text, bool commits) {
    assert_null(rd_kafka_begin_transaction(producer));
    assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(kit.target.url.topic), RD_KAFKA_V_PARTITION(0),
                                       RD_KAFKA_V_VALUE(strdup(text), strlen(text)),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_FREE), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, KAFKA_KIT_TIMEOUT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_null(commits ? rd_kafka_commit_transaction(producer, KAFKA_KIT_TIMEOUT_MS)
                        : rd_kafka_abort_transaction(producer, KAFKA_KIT_TIMEOUT_MS));
}

/* Offsets: 0 taken back, 1 its mark, 2 committed, 3 its mark, 4 ours. */
static void test_foreign_transactions(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    rd_kafka_t *producer = open_transactional();
    transact(producer, "{\"name\":\"taken back\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}", false);
    transact(producer, "{\"name\":\"given\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}", true);
    rd_kafka_destroy(producer);
    topic_kit_votes(&kit, 0, 0, 1);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    member_seek(&one, 0, 0);
    int64_t offsets[3] = {-1, -1, -1};
    size_t seen = 0;
    int64_t deadline_ns = member_deadline();
    while (seen < 2) {
        size_t count;
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        assert_int_equal(vt_ledger_group_poll(one.group, POLL_MS, one.rows, ROWS_MAX, &count, &one.partition), VT_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(seen < 2);
            assert_int_equal(one.rows[i].fault, VT_OK);
            offsets[seen++] = one.rows[i].position.offset;
        }
    }
    assert_int_equal(offsets[0], 2);
    assert_int_equal(offsets[1], 4);
}

/* Offsets without a record at the end of the log are behind a member that has read up to there. */
static void test_end_without_records(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 3);
    rd_kafka_t *producer = open_transactional();
    transact(producer, "{\"name\":\"taken back\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}", false);
    rd_kafka_destroy(producer);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    member_seek(&one, 0, 0);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    int64_t deadline_ns = member_deadline();
    while (member_poll_some(&one, 2) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), 2); /* the third waits */
    while (vt_ledger_group_read_until(one.group, 0) < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(&one);
    }
    assert_int_equal(one.expected[0], 3);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 0);
    member_seek(&one, 0, 3);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    while (vt_ledger_group_read_until(one.group, 0) < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(&one);
    }
}

/* The end was told while records in front of it wait: they are dropped with the list, so it is not reached any more. */
static void test_end_is_dropped_with_what_waits(void **state) {
    (void) state;
    enum { ROUNDS = 3, RECORDS = 3 };
    const struct timespec until_end_is_told = {.tv_nsec = 500000000}; /* where it is not: nothing is tested */
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, RECORDS);
    topic_kit_votes(&kit, 1, 0, 1);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 2);
    for (int i = 0; i < ROUNDS; i++) {
        member_seek(&one, 0, 0);
        size_t count;
        assert_int_equal(vt_ledger_group_poll(one.group, 0, one.rows, 1, &count, &one.partition), VT_OK);
        one.expected[0] += (int64_t) count;
        nanosleep(&until_end_is_told, NULL);
        int64_t deadline_ns = member_deadline();
        while (one.expected[0] == 0) {
            assert_true(vt_clock_monotonic_ns() < deadline_ns);
            member_poll_some(&one, 1);
        }
        member_seek(&one, 1, 1);
        member_poll_some(&one, 1);
        assert_true(one.expected[0] < RECORDS);
        assert_true(vt_ledger_group_read_until(one.group, 0) <= one.expected[0]);
        member_poll_until_at(&one, 0, RECORDS);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, members_set_up, members_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_gives_nothing_until_it_is_told_where),
        TEST(test_rows_are_votes),
        TEST(test_random_seeks),
        TEST(test_pause),
        TEST(test_partitions_take_turns),
        TEST(test_beyond_the_end),
        TEST(test_before_the_beginning),
        TEST(test_topic_is_made_anew),
        TEST(test_foreign_transactions),
        TEST(test_end_without_records),
        TEST(test_end_is_dropped_with_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
