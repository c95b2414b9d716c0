#include "topic_kit.h"

#include "base/clock.h"
#include "ledger/record_probe.h"

enum { VOTES = 20, NOT_LONG_MS = 3000 };

static topic_kit kit;
static vt_record_probe *probe;

static int open_probe(void **state) {
    (void) state;
    char reason[VT_KAFKA_REASON_MAX] = "";
    topic_kit_open(&kit, 2);
    assert_int_equal(vt_record_probe_open(&kit.target, &probe, reason), VT_OK);
    return 0;
}

static int close_probe(void **state) {
    (void) state;
    vt_record_probe_close(probe);
    topic_kit_close(&kit);
    return 0;
}

static vt_err ask(int32_t partition, int64_t offset, vt_id *out) {
    return vt_record_probe_mark(probe, partition, offset, KAFKA_KIT_TIMEOUT_MS, out);
}

static void await_end(int32_t partition, int64_t end) {
    int64_t deadline_ns = vt_clock_deadline_ns(KAFKA_KIT_TIMEOUT_MS);
    int64_t first;
    int64_t found = -1;
    while (found < end) {
        assert_true(vt_clock_left_ms(deadline_ns) > 0);
        assert_int_equal(vt_kafka_topic_watermarks(kit.handle, kit.target.url.topic, partition, KAFKA_KIT_TIMEOUT_MS,
                                                   &first, &found),
                         VT_OK);
    }
}

static void knows_records_again(void **state) {
    (void) state;
    vt_id marks[2][VOTES];
    vt_id again;
    for (int32_t partition = 0; partition < 2; partition++) {
        topic_kit_votes(&kit, partition, 0, VOTES);
        for (int64_t offset = 0; offset < VOTES; offset++) {
            assert_int_equal(ask(partition, offset, &marks[partition][offset]), VT_OK);
            assert_true(offset == 0 || !vt_id_eq(&marks[partition][offset], &marks[partition][offset - 1]));
        }
    }
    for (int64_t offset = VOTES - 1; offset >= 0; offset--) {
        int32_t partition = (int32_t) (offset % 2);
        assert_int_equal(ask(partition, offset, &again), VT_OK);
        assert_true(vt_id_eq(&again, &marks[partition][offset]));
    }
}

/* Deleted, not there yet, or no record but a marker of a transaction. */
static void says_what_is_gone(void **state) {
    (void) state;
    vt_id mark;
    topic_kit_votes(&kit, 0, 0, VOTES);
    topic_kit_delete_before(&kit, 0, 10);
    assert_int_equal(ask(0, 9, &mark), VT_ERR_GONE);
    assert_int_equal(ask(0, 10, &mark), VT_OK);
    assert_int_equal(ask(0, VOTES, &mark), VT_ERR_GONE);
    assert_int_equal(ask(0, VOTES + 5, &mark), VT_ERR_GONE);
    const kafka_kit_record record = {.value = VT_SLICE("{}")};
    kafka_kit_produce_in_transaction(&kit.target, kit.target.url.topic, 1, &record, 1, true);
    await_end(1, 2); /* the marker follows the answer */
    topic_kit_votes(&kit, 1, 0, 1);
    assert_int_equal(ask(1, 0, &mark), VT_OK);
    assert_int_equal(ask(1, 1, &mark), VT_ERR_GONE);
    assert_int_equal(ask(1, 2, &mark), VT_OK);
}

static void sees_another_log(void **state) {
    (void) state;
    vt_id before;
    vt_id after;
    topic_kit_votes(&kit, 0, 0, VOTES);
    assert_int_equal(ask(0, 5, &before), VT_OK);
    topic_kit_remake(&kit);
    topic_kit_votes(&kit, 0, 0, 2 * VOTES);
    int64_t deadline_ns = vt_clock_deadline_ns(KAFKA_KIT_TIMEOUT_MS);
    vt_err err = VT_ERR_GONE; /* until its client, too, has heard of the topic */
    while (err == VT_ERR_GONE && vt_clock_left_ms(deadline_ns) > 0) {
        err = ask(0, 5, &after);
    }
    assert_int_equal(err, VT_OK);
    assert_false(vt_id_eq(&before, &after)); /* the same vote, but appended at another time */
}

static void keeps_its_deadline_without_a_broker(void **state) {
    (void) state;
    const vt_kafka_target nowhere = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}, .properties = ""};
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_record_probe *own = NULL;
    vt_id mark;
    assert_int_equal(vt_record_probe_open(&nowhere, &own, reason), VT_OK);
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(vt_record_probe_mark(own, 0, 0, 200, &mark), VT_ERR_BUSY);
    assert_true(vt_clock_monotonic_ns() - began_ns < (int64_t) NOT_LONG_MS * 1000000);
    vt_record_probe_close(own);
    vt_record_probe_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_records_again, open_probe, close_probe),
        cmocka_unit_test_setup_teardown(says_what_is_gone, open_probe, close_probe),
        cmocka_unit_test_setup_teardown(sees_another_log, open_probe, close_probe),
        cmocka_unit_test(keeps_its_deadline_without_a_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
