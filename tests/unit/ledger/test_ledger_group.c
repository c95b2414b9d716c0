#include "topic_kit.h"

#include "base/clock.h"
#include "ledger/ledger_group.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS_MAX = 4, ROWS_MAX = 700, POLL_MS = 50, QUIET_POLLS = 20, SESSION_MS = 6000 };

/* A member of the group and what it saw. */
typedef struct member {
    vt_ledger_group *group;
    bool is_assigned[PARTITIONS_MAX];
    int64_t expected[PARTITIONS_MAX]; /* the offset that must come next */
    int assigned;
    int revoked;
    vt_ledger_row rows[ROWS_MAX];
    vt_err err; /* of the last poll */
    int32_t partition;
} member;

static topic_kit kit;
static member one;
static member two;

static void on_assigned(void *context, int32_t partition) {
    member *self = context;
    assert_false(self->is_assigned[partition]);
    self->is_assigned[partition] = true;
    self->assigned++;
}

static void on_revoked(void *context, int32_t partition) {
    member *self = context;
    assert_true(self->is_assigned[partition]);
    self->is_assigned[partition] = false;
    self->revoked++;
}

static void join_as(member *self, const char *instance) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    memset(self, 0, sizeof *self);
    vt_ledger_group_options options = {.target = &kit.target,
                                       .group = kit.group,
                                       .instance = instance,
                                       .ledger_id = kit.ledger_id,
                                       .partitions = kit.partitions,
                                       .session_timeout_ms = SESSION_MS,
                                       .context = self,
                                       .assigned = on_assigned,
                                       .revoked = on_revoked};
    if (vt_ledger_group_open(&options, &self->group, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

static void leave(member *self) {
    vt_ledger_group_close(self->group);
    self->group = NULL;
}

/* One poll; each row must be the one that is expected. Returns how many there were. */
static size_t poll_some(member *self, size_t rows_max) {
    size_t count;
    self->err = vt_ledger_group_poll(self->group, POLL_MS, self->rows, rows_max, &count, &self->partition);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(self->rows[i].position.partition, self->partition);
        assert_true(self->is_assigned[self->partition]);
        assert_int_equal(self->rows[i].position.offset, self->expected[self->partition]);
        self->expected[self->partition]++;
    }
    return count;
}

static size_t poll(member *self) {
    return poll_some(self, ROWS_MAX);
}

static int64_t deadline(void) {
    return vt_clock_monotonic_ns() + (int64_t) KAFKA_KIT_TIMEOUT_MS * 1000000;
}

static int assigned_now(const member *self) {
    int count = 0;
    for (int i = 0; i < PARTITIONS_MAX; i++) {
        count += self->is_assigned[i];
    }
    return count;
}

static void poll_until_assigned(member *self, int partitions) {
    int64_t deadline_ns = deadline();
    while (assigned_now(self) != partitions) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(self);
    }
}

static void poll_until_at(member *self, int32_t partition, int64_t next) {
    int64_t deadline_ns = deadline();
    while (self->expected[partition] < next) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(self);
        assert_int_equal(self->err, VT_OK);
    }
}

static void poll_until_err(member *self, vt_err err) {
    int64_t deadline_ns = deadline();
    do {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        assert_int_equal(poll(self), 0);
    } while (self->err != err);
}

static void seek(member *self, int32_t partition, int64_t next) {
    assert_int_equal(vt_ledger_group_seek(self->group, partition, next), VT_OK);
    self->expected[partition] = next;
}

static int open_topic(void **state) {
    (void) state;
    memset(&kit, 0, sizeof kit);
    one.group = two.group = NULL;
    return 0;
}

static int close_topic(void **state) {
    (void) state;
    leave(&one);
    leave(&two);
    if (kit.handle != NULL) {
        topic_kit_close(&kit);
    }
    return 0;
}

/* ---- positions ---- */

static void test_gives_nothing_until_it_is_told_where(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 500);
    topic_kit_votes(&kit, 1, 0, 500);
    join_as(&one, NULL);
    assert_int_equal(vt_ledger_group_rebalances(one.group), 0);
    assert_int_equal(vt_ledger_group_seek(one.group, 0, 0), VT_ERR_GONE);
    poll_until_assigned(&one, 2);
    assert_int_equal(vt_ledger_group_rebalances(one.group), 1);
    for (int i = 0; i < QUIET_POLLS; i++) {
        assert_int_equal(poll(&one), 0);
        assert_int_equal(one.err, VT_OK);
    }
    seek(&one, 1, 100);
    poll_until_at(&one, 1, 500);
    assert_int_equal(one.expected[0], 0);
    seek(&one, 0, 0);
    poll_until_at(&one, 0, 500);
}

static void test_rows_are_votes(void **state) {
    (void) state;
    size_t count = 0;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 7, 1);
    topic_kit_garbage(&kit, 0, VT_SLICE("k"), VT_SLICE("no vote"));
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    seek(&one, 0, 0);
    int64_t deadline_ns = deadline();
    while ((count = poll(&one)) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(one.rows[0].fault, VT_OK);
    vt_slice name = vt_record_text(&one.rows[0].record, VT_FIELD_NAME);
    assert_memory_equal(name.ptr, "Band 0-7", name.len);
    assert_true(one.rows[0].appended_ms > 0);
    const vt_ledger_row *bad = &one.rows[1];
    if (count == 1) {
        poll_until_at(&one, 0, 2);
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
    join_as(&one, NULL);
    poll_until_assigned(&one, PARTITIONS);
    size_t rows = 0;
    int64_t deadline_ns = deadline();
    for (int i = 0; i < SEEKS; i++) {
        int32_t partition = rand() % PARTITIONS;
        if (rand() % 8 == 0) {
            vt_ledger_group_pause(one.group, partition);
            one.expected[partition] = -1;
        } else {
            seek(&one, partition, rand() % RECORDS);
        }
        for (int polls = rand() % 6; polls > 0; polls--) {
            rows += poll_some(&one, 1 + (size_t) (rand() % ROWS_MAX));
            assert_int_equal(one.err, VT_OK);
        }
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_true(rows > RECORDS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        seek(&one, i, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        poll_until_at(&one, i, RECORDS);
    }
}

static void test_pause(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, 3000);
    topic_kit_votes(&kit, 1, 0, 3000);
    join_as(&one, NULL);
    poll_until_assigned(&one, 2);
    seek(&one, 0, 0);
    seek(&one, 1, 0);
    poll_until_at(&one, 0, 1);
    int64_t stopped_at = one.expected[0];
    vt_ledger_group_pause(one.group, 0);
    poll_until_at(&one, 1, 3000);
    for (int i = 0; i < QUIET_POLLS; i++) {
        assert_int_equal(poll(&one), 0);
    }
    assert_int_equal(one.expected[0], stopped_at);
    seek(&one, 0, stopped_at);
    poll_until_at(&one, 0, 3000);
    assert_int_equal(one.revoked, 0);
}

static void test_partitions_take_turns(void **state) {
    (void) state;
    enum { RECORDS = 60000 };
    topic_kit_open(&kit, 2);
    topic_kit_votes(&kit, 0, 0, RECORDS);
    topic_kit_votes(&kit, 1, 0, RECORDS);
    join_as(&one, NULL);
    poll_until_assigned(&one, 2);
    seek(&one, 0, 0);
    seek(&one, 1, 0);
    int64_t deadline_ns = deadline();
    while (one.expected[0] < RECORDS && one.expected[1] < RECORDS) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(&one);
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
    join_as(&one, NULL);
    poll_until_assigned(&one, 2);
    seek(&one, 0, 5);
    seek(&one, 1, 500);
    bool is_gone = false;
    int64_t deadline_ns = deadline();
    while (!is_gone || one.expected[0] < 10) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(&one);
        if (one.err != VT_OK) {
            assert_int_equal(one.err, VT_ERR_GONE);
            assert_int_equal(one.partition, 1);
            assert_non_null(strstr(vt_ledger_group_reason(one.group), "partition 1: "));
            is_gone = true;
        }
    }
    /* The partition lives on. */
    seek(&one, 1, 3);
    poll_until_at(&one, 1, 10);
}

static void test_before_the_beginning(void **state) {
    (void) state;
    int64_t first;
    int64_t end;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    topic_kit_delete_before(&kit, 0, 60);
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_bounds(one.group, 0, &first, &end), VT_OK);
    assert_int_equal(first, 60);
    assert_int_equal(end, 100);
    seek(&one, 0, 59);
    poll_until_err(&one, VT_ERR_GONE);
    assert_int_equal(one.partition, 0);
    seek(&one, 0, 60);
    poll_until_at(&one, 0, 100);
}

static void test_topic_is_made_anew(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    seek(&one, 0, 0);
    poll_until_at(&one, 0, 100);
    topic_kit_remake(&kit);
    /* Either the position is gone, or the group has given the partition out again: in no case it is read on. */
    int64_t deadline_ns = deadline();
    do {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        assert_int_equal(poll(&one), 0);
    } while (one.err != VT_ERR_GONE && one.assigned < 2);
    if (assigned_now(&one) == 0) {
        poll_until_assigned(&one, 1);
    }
    topic_kit_votes(&kit, 0, 0, 5);
    seek(&one, 0, 0);
    deadline_ns = deadline();
    while (one.expected[0] < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        int assigned = one.assigned;
        poll(&one);
        if (one.assigned != assigned || one.err == VT_ERR_GONE) {
            seek(&one, 0, one.expected[0]);
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
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    seek(&one, 0, 0);
    int64_t offsets[3] = {-1, -1, -1};
    size_t seen = 0;
    int64_t deadline_ns = deadline();
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
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    seek(&one, 0, 0);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    int64_t deadline_ns = deadline();
    while (poll_some(&one, 2) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), 2); /* the third waits */
    while (vt_ledger_group_read_until(one.group, 0) < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(&one);
    }
    assert_int_equal(one.expected[0], 3);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 0);
    seek(&one, 0, 3);
    assert_int_equal(vt_ledger_group_read_until(one.group, 0), -1);
    while (vt_ledger_group_read_until(one.group, 0) < 5) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(&one);
    }
}

/* ---- the group ---- */

static void poll_both(int64_t deadline_ns) {
    assert_true(vt_clock_monotonic_ns() < deadline_ns);
    poll(&one);
    poll(&two);
}

static void test_two_members_share(void **state) {
    (void) state;
    enum { PARTITIONS = 4, RECORDS = 200 };
    topic_kit_open(&kit, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        topic_kit_votes(&kit, i, 0, RECORDS);
    }
    join_as(&one, NULL);
    poll_until_assigned(&one, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        seek(&one, i, 0);
    }
    poll_until_at(&one, 0, 1);
    join_as(&two, NULL);
    int64_t deadline_ns = deadline();
    while (assigned_now(&one) != 2 || assigned_now(&two) != 2) {
        poll_both(deadline_ns);
    }
    assert_int_equal(one.revoked, PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        assert_true(one.is_assigned[i] != two.is_assigned[i]);
        member *owner = one.is_assigned[i] ? &one : &two;
        member *other = one.is_assigned[i] ? &two : &one;
        assert_int_equal(vt_ledger_group_seek(other->group, i, 0), VT_ERR_GONE);
        seek(owner, i, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        member *owner = one.is_assigned[i] ? &one : &two;
        while (owner->expected[i] < RECORDS) {
            poll_both(deadline_ns);
        }
    }
    leave(&two);
    poll_until_assigned(&one, PARTITIONS);
    assert_true(vt_ledger_group_rebalances(one.group) >= 3);
}

/* More members than partitions: it has joined, and knows that it has nothing. */
static void test_member_without_a_partition(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    join_as(&two, NULL);
    int64_t deadline_ns = deadline();
    while (vt_ledger_group_rebalances(two.group) == 0 || assigned_now(&one) + assigned_now(&two) != 1) {
        poll_both(deadline_ns);
    }
}

static void test_static_member_is_taken_over(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 10);
    join_as(&one, "count-0");
    poll_until_assigned(&one, 1);
    seek(&one, 0, 0);
    poll_until_at(&one, 0, 10);
    join_as(&two, "count-0");
    poll_until_assigned(&two, 1);
    poll_until_err(&one, VT_ERR_IN_USE);
    assert_non_null(strstr(vt_ledger_group_reason(one.group), "instance id"));
    /* For good. */
    poll(&one);
    assert_int_equal(one.err, VT_ERR_IN_USE);
    seek(&two, 0, 0);
    poll_until_at(&two, 0, 10);
}

static void test_static_member_comes_back(void **state) {
    (void) state;
    topic_kit_open(&kit, 2);
    join_as(&one, "count-0");
    poll_until_assigned(&one, 2);
    join_as(&two, "count-1");
    int64_t deadline_ns = deadline();
    while (assigned_now(&one) != 1 || assigned_now(&two) != 1) {
        poll_both(deadline_ns);
    }
    bool had[2] = {one.is_assigned[0], one.is_assigned[1]};
    int revoked = two.revoked;
    leave(&one);
    join_as(&one, "count-0");
    deadline_ns = deadline();
    while (assigned_now(&one) != 1) {
        poll_both(deadline_ns);
    }
    assert_int_equal(two.revoked, revoked);
    assert_true(one.is_assigned[0] == had[0] && one.is_assigned[1] == had[1]);
}

static void test_lag_and_commit(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    topic_kit_votes(&kit, 0, 0, 100);
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), -1);
    seek(&one, 0, 90);
    int64_t deadline_ns = deadline();
    while (poll_some(&one, 4) == 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 100 - one.expected[0]);
    poll_until_at(&one, 0, 100);
    assert_int_equal(vt_ledger_group_lag(one.group, 0), 0);
    assert_int_equal(topic_kit_committed(&kit, 0), -1);
    vt_ledger_group_commit(one.group, 0, 100);
    while (topic_kit_committed(&kit, 0) != 100) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        poll(&one);
    }
}

/* Closing waits for a commit that is on its way. */
static void test_commit_at_the_end(void **state) {
    (void) state;
    topic_kit_open(&kit, 1);
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    vt_ledger_group_commit(one.group, 0, 77);
    leave(&one);
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
    join_as(&one, NULL);
    poll_until_assigned(&one, 1);
    seek(&one, 0, 0);
    poll(&one);
    assert_int_equal(one.err, VT_OK);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    poll_until_err(&one, VT_ERR_BUSY);
    assert_true(vt_ledger_group_reason(one.group)[0] != '\0');
    poll(&one);
    assert_int_equal(one.err, VT_ERR_BUSY);
    assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    poll_until_err(&one, VT_OK);
    leave(&one);
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
                                       .assigned = on_assigned,
                                       .revoked = on_revoked};
    assert_int_equal(vt_ledger_group_open(&options, &group, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "acks"));
    assert_null(group);
    vt_ledger_group_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_topic, close_topic)

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
