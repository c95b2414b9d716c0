/* Members that share, come and go. */
#include "member_kit.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

static void poll_both(int64_t deadline_ns) {
    assert_true(vt_clock_monotonic_ns() < deadline_ns);
    member_poll(&one);
    member_poll(&two);
}

static void test_two_members_share(void **state) {
    (void) state;
    enum { PARTITIONS = 4, RECORDS = 200 };
    topic_kit_open(&kit, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        topic_kit_votes(&kit, i, 0, RECORDS);
    }
    member_join(&one, NULL);
    member_poll_until_assigned(&one, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        member_seek(&one, i, 0);
    }
    member_poll_until_at(&one, 0, 1);
    member_join(&two, NULL);
    int64_t deadline_ns = member_deadline();
    while (member_partitions(&one) != 2 || member_partitions(&two) != 2) {
        poll_both(deadline_ns);
    }
    assert_int_equal(one.revoked, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        assert_true(one.is_assigned[i] != two.is_assigned[i]);
        member *owner = one.is_assigned[i] ? &one : &two;
        member *other = one.is_assigned[i] ? &two : &one;
        assert_int_equal(vt_ledger_group_seek(other->group, i, 0), VT_ERR_GONE);
        member_seek(owner, i, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        member *owner = one.is_assigned[i] ? &one : &two;
        while (owner->expected[i] < RECORDS) {
            poll_both(deadline_ns);
        }
    }
    member_leave(&two);
    member_poll_until_assigned(&one, PARTITIONS);
    assert_true(vt_ledger_group_rebalances(one.group) >= 3);
}

/* More members than partitions: it has joined, and knows that it has nothing. */
static void test_member_without_a_partition(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    member_join(&two, NULL);
    int64_t deadline_ns = member_deadline();
    while (vt_ledger_group_rebalances(two.group) == 0 || member_partitions(&one) + member_partitions(&two) != 1) {
        poll_both(deadline_ns);
    }
}

static void test_static_member_is_taken_over(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 10);
    member_join(&one, "count-0");
    member_poll_until_assigned(&one, 1);
    member_seek(&one, 0, 0);
    member_poll_until_at(&one, 0, 10);
    member_join(&two, "count-0");
    member_poll_until_assigned(&two, 1);
    member_poll_until_err(&one, VT_ERR_IN_USE);
    assert_non_null(strstr(vt_ledger_group_reason(one.group), "instance id"));
    /* For good. */
    member_poll(&one);
    assert_int_equal(one.err, VT_ERR_IN_USE);
    member_seek(&two, 0, 0);
    member_poll_until_at(&two, 0, 10);
}

static void test_static_member_comes_back(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    member_join(&one, "count-0");
    member_poll_until_assigned(&one, 2);
    member_join(&two, "count-1");
    int64_t deadline_ns = member_deadline();
    while (member_partitions(&one) != 1 || member_partitions(&two) != 1) {
        poll_both(deadline_ns);
    }
    bool had[2] = {one.is_assigned[0], one.is_assigned[1]};
    int revoked = two.revoked;
    member_leave(&one);
    member_join(&one, "count-0");
    deadline_ns = member_deadline();
    while (member_partitions(&one) != 1) {
        poll_both(deadline_ns);
    }
    assert_int_equal(two.revoked, revoked);
    assert_true(one.is_assigned[0] == had[0] && one.is_assigned[1] == had[1]);
}

static void test_lag_and_commit(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), -1);
    member_seek(&one, 0, 90);
    int64_t deadline_ns = member_deadline();
    while (member_poll_some(&one, 4) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 100 - one.expected[0]);
    member_poll_until_at(&one, 0, 100);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 0);
    assert_int_equal(topic_kit_committed(&kit, 0), -1);
    vt_ledger_group_commit(one.group, 0, 100);
    while (topic_kit_committed(&kit, 0) != 100) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(&one);
    }
}

/* Closing waits for a commit that is on its way. */
static void test_commit_at_the_end(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    vt_ledger_group_commit(one.group, 0, 77);
    member_leave(&one);
    assert_int_equal(topic_kit_committed(&kit, 0), 77);
}

/* ---- brokers ---- */

static void test_brokers_go_and_come(void **state) {
    (void) state;
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(host);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    assert_non_null(cluster);
    memset(&kit, 0, sizeof kit);
    snprintf(kit.target.url.brokers, sizeof kit.target.url.brokers, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    snprintf(kit.target.url.topic, sizeof kit.target.url.topic, "votes");
    snprintf(kit.group, sizeof kit.group, "count");
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "votes", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    member_join(&one, NULL);
    member_poll_until_assigned(&one, 1);
    member_seek(&one, 0, 0);
    member_poll(&one);
    assert_int_equal(one.err, VT_OK);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    member_poll_until_err(&one, VT_ERR_BUSY);
    assert_true(vt_ledger_group_reason(one.group)[0] != '\0');
    member_poll(&one);
    assert_int_equal(one.err, VT_ERR_BUSY);
    assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    member_poll_until_err(&one, VT_OK);
    member_leave(&one);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

static void test_bad_options(void **state) {
    (void) state;
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_kafka_target target = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}, .properties = "acks=0"};
    vt_ledger_group *group = NULL;
    vt_ledger_group_options options = {.target = &target,
                                       .group = "g",
                                       .session_timeout_ms = SESSION_MS,
                                       .assigned = member_assigned,
                                       .revoked = member_revoked};
    assert_int_equal(vt_ledger_group_open(&options, &group, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "acks"));
    assert_null(group);
    vt_ledger_group_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, members_set_up, members_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_two_members_share),
        TEST(test_member_without_a_partition),
        TEST(test_static_member_is_taken_over),
        TEST(test_static_member_comes_back),
        TEST(test_lag_and_commit),
        TEST(test_commit_at_the_end),
        TEST(test_brokers_go_and_come),
        TEST(test_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
