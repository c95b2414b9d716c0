#include "contract.h"
#include "kafka_kit.h"

#include "base/clock.h"
#include "ledger/ledger_kafka.h"

#include <stdio.h>
#include <stdlib.h>

static char reason[VT_KAFKA_REASON_MAX];

static vt_err open_with(const vt_kafka_target *target, vt_ledger_kafka_mode mode, vt_ledger **out) {
    const vt_ledger_kafka_options options = {.target = target,
                                             .mode = mode,
                                             .partitions = 1,
                                             .replication = -1,
                                             .queue_records_max = 16384,
                                             .delivery_timeout_ms = 10000};
    return vt_ledger_kafka_open(&options, out, reason);
}

static vt_ledger *open_or_fail(const vt_kafka_target *target, vt_ledger_kafka_mode mode) {
    vt_ledger *ledger = NULL;
    if (open_with(target, mode, &ledger) != VT_OK) {
        fail_msg("%s", reason);
    }
    return ledger;
}

/* ---- the contract ---- */

static vt_ledger *open_kafka(void **context) {
    vt_kafka_target *target = calloc(1, sizeof *target);
    kafka_kit_target(target);
    *context = target;
    return open_or_fail(target, VT_LEDGER_KAFKA_SERVE);
}

static vt_ledger *reopen_kafka(void *context, vt_ledger *ledger) {
    vt_ledger_close(ledger);
    return open_or_fail(context, VT_LEDGER_KAFKA_SERVE);
}

static void close_kafka(void *context, vt_ledger *ledger) {
    vt_ledger_close(ledger);
    free(context);
}

/* ---- opening ---- */

static void opens_for_reading_once_the_topic_is_there(void **context) {
    (void) context;
    vt_kafka_target target;
    vt_append item;
    vt_append *pointer = &item;
    vt_ledger_row row;
    size_t count = 0;
    vt_ledger *reader = NULL;
    kafka_kit_target(&target);
    assert_int_equal(open_with(&target, VT_LEDGER_KAFKA_READ, &reader), VT_ERR_BUSY);
    assert_non_null(strstr(reason, target.url.topic));
    vt_ledger *ledger = open_or_fail(&target, VT_LEDGER_KAFKA_SERVE);
    reader = open_or_fail(&target, VT_LEDGER_KAFKA_READ);
    kit_vote(&item, NULL, 1, "A", "");
    kit_append_one(ledger, &item);
    assert_int_equal(vt_ledger_append(reader, &pointer, 1), VT_ERR_UNIMPLEMENTED);
    assert_int_equal(vt_ledger_set_fold(reader, NULL, NULL), VT_ERR_UNIMPLEMENTED);
    assert_int_equal(vt_ledger_queue_depth(reader), 0);
    assert_int_equal(vt_ledger_read(reader, (vt_position){0, -1}, (vt_position){0, INT64_MAX}, &row, 1, &count), VT_OK);
    assert_int_equal(count, 1);
    /* Any role may be the first that stores the contest. */
    uint32_t version = 9;
    vt_buf json;
    vt_buf_init(&json, 16);
    assert_int_equal(vt_ledger_contest_append(reader, 1, VT_SLICE("{}")), VT_OK);
    assert_int_equal(vt_ledger_contest_latest(ledger, &json, &version), VT_OK);
    assert_int_equal(version, 1);
    vt_id id = vt_ledger_id(ledger);
    vt_id same = vt_ledger_id(reader);
    assert_true(vt_id_eq(&id, &same));
    vt_buf_release(&json);
    vt_ledger_close(reader);
    vt_ledger_close(ledger);
}

static void keeps_its_own_topic_as_it_made_it(void **context) {
    (void) context;
    vt_kafka_target target;
    vt_ledger *ledger;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    ledger = open_or_fail(&target, VT_LEDGER_KAFKA_SERVE);
    assert_int_equal(vt_ledger_contest_append(ledger, 1, VT_SLICE("{}")), VT_OK);
    assert_int_equal(vt_ledger_contest_append(ledger, 2, VT_SLICE("{}")), VT_OK);
    vt_ledger_close(ledger);
    kafka_kit_set_config(handle, target.url.topic, "retention.ms", "1000000");
    assert_int_equal(open_with(&target, VT_LEDGER_KAFKA_SERVE, &ledger), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "retention.ms=1000000"));
    assert_int_equal(open_with(&target, VT_LEDGER_KAFKA_READ, &ledger), VT_ERR_BAD_CONFIG);
    rd_kafka_destroy(handle);
}

static void takes_a_topic_of_others_as_it_is(void **context) {
    (void) context;
    static const char *const config[] = {"retention.ms", "1000000", NULL};
    const kafka_kit_record record = {.value = VT_SLICE("{\"Name\":\"a\",\"Album\":\"\",\"Year\":\"\",\"Rank\":\"\"}")};
    vt_kafka_target target;
    vt_ledger_row row;
    size_t count = 0;
    int64_t first = 9;
    int64_t end = 9;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    kafka_kit_make_topic(handle, target.url.topic, 3, config);
    kafka_kit_produce(&target, target.url.topic, 2, &record, 1);
    for (int i = 0; i < 2; i++) {
        vt_ledger *ledger = open_or_fail(&target, VT_LEDGER_KAFKA_SERVE);
        assert_int_equal(vt_ledger_partitions(ledger), 3);
        if (i == 0) {
            assert_int_equal(vt_ledger_contest_append(ledger, 1, VT_SLICE("{}")), VT_OK);
        }
        assert_int_equal(vt_ledger_read(ledger, (vt_position){2, -1}, (vt_position){2, 99}, &row, 1, &count), VT_OK);
        assert_int_equal(count, 1);
        assert_int_equal(row.fault, VT_OK);
        assert_true(row.is_anonymous);
        assert_int_equal(vt_ledger_kafka_bounds(ledger, 2, &first, &end), VT_OK);
        assert_int_equal(first, 0);
        assert_int_equal(end, 1);
        vt_ledger_close(ledger);
    }
    rd_kafka_destroy(handle);
}

static void refuses_more_partitions_than_a_ledger_has(void **context) {
    (void) context;
    vt_kafka_target target;
    vt_ledger *ledger;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    kafka_kit_make_topic(handle, target.url.topic, VT_PARTITIONS_MAX + 1, NULL);
    assert_int_equal(open_with(&target, VT_LEDGER_KAFKA_SERVE, &ledger), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "257"));
    kafka_kit_delete_topic(handle, target.url.topic);
    rd_kafka_destroy(handle);
}

static void tells_what_is_gone(void **context) {
    (void) context;
    vt_kafka_target target;
    vt_append items[3];
    vt_ledger_row row;
    size_t count = 9;
    int64_t first = 9;
    int64_t end = 9;
    kafka_kit_target(&target);
    vt_ledger *ledger = open_or_fail(&target, VT_LEDGER_KAFKA_SERVE);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    for (size_t i = 0; i < 3; i++) {
        kit_vote(&items[i], NULL, i + 1, "A", "");
        kit_append_one(ledger, &items[i]);
    }
    kafka_kit_delete_before(handle, target.url.topic, 0, 2);
    assert_int_equal(vt_ledger_read(ledger, (vt_position){0, -1}, (vt_position){0, 99}, &row, 1, &count), VT_ERR_GONE);
    assert_int_equal(count, 9);
    assert_int_equal(vt_ledger_kafka_bounds(ledger, 0, &first, &end), VT_OK);
    assert_int_equal(first, 2);
    assert_int_equal(end, 3);
    assert_int_equal(vt_ledger_read(ledger, (vt_position){0, first - 1}, (vt_position){0, 99}, &row, 1, &count), VT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(vt_ledger_read(ledger, (vt_position){0, 3}, (vt_position){0, 99}, &row, 1, &count), VT_ERR_GONE);
    rd_kafka_destroy(handle);
    vt_ledger_close(ledger);
}

static void gives_up_without_a_broker(void **context) {
    (void) context;
    enum { PATIENCE_MS = 15000 };
    const vt_kafka_target target = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    vt_ledger *ledger;
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(open_with(&target, VT_LEDGER_KAFKA_SERVE, &ledger), VT_ERR_BUSY);
    assert_in_range(vt_clock_monotonic_ns() - began_ns, 0, (int64_t) PATIENCE_MS * 1000000);
    assert_non_null(strstr(reason, "no broker"));
    const vt_kafka_target wrong = {.url = target.url, .properties = "acks=1"};
    assert_int_equal(open_with(&wrong, VT_LEDGER_KAFKA_SERVE, &ledger), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "acks"));
}

int main(void) {
    const ledger_factory factory = {
        .name = "kafka", .partition = 0, .open = open_kafka, .reopen = reopen_kafka, .close = close_kafka};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_for_reading_once_the_topic_is_there),
        cmocka_unit_test(keeps_its_own_topic_as_it_made_it),
        cmocka_unit_test(takes_a_topic_of_others_as_it_is),
        cmocka_unit_test(refuses_more_partitions_than_a_ledger_has),
        cmocka_unit_test(tells_what_is_gone),
        cmocka_unit_test(gives_up_without_a_broker),
    };
    int failed = 0;
    if (kafka_kit_is_there()) {
        failed = ledger_contract(&factory) + ledger_contract_answers(&factory);
    }
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
