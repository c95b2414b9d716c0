/* The whole verification, on a topic in Kafka with its tally and its vote log. */
#include "stores_kit.h"

#include <stdio.h>

static int end(void **state) {
    stores_kit_close(*state);
    return 0;
}

static stores_kit *begin(void **state) {
    stores_kit *kit = stores_kit_open();
    *state = kit;
    return kit;
}

static void test_what_was_derived_agrees(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 0, 1, 1500);
    stores_kit_vote(kit, 0, 1400, 200); /* half of them once more */
    topic_kit_garbage(&kit->topic, 1, VT_SLICE(""), VT_SLICE("garbage"));
    topic_kit_votes(&kit->topic, 1, 0, 300); /* without ids */
    stores_kit_derive(kit);
    stores_kit_assert_agrees(kit);
    assert_int_equal(kit->report.records, 2001);
    assert_int_equal(kit->report.verdicts[VT_VERDICT_COUNTED], 1899);
    assert_int_equal(kit->report.verdicts[VT_VERDICT_DUPLICATE], 101);
    assert_int_equal(kit->report.verdicts[VT_VERDICT_BAD], 1);
    assert_int_equal(kit->report.ledger.offsets[0], 1699);
    assert_int_equal(kit->report.tally.offsets[0], 1699);
    assert_int_equal(kit->report.log.offsets[1], 300);
}

/* A writer with another partitioner repeats what stands elsewhere: it is counted where it belongs, and only there. */
static void test_an_id_in_two_partitions_is_counted_once(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 1, 1, 30);
    stores_kit_vote(kit, 0, 1, 10);
    stores_kit_misplace(kit, 0, 5, 3);
    stores_kit_misplace(kit, 0, 900, 1);
    stores_kit_derive(kit);
    stores_kit_assert_agrees(kit);
    assert_int_equal(kit->report.verdicts[VT_VERDICT_COUNTED], 40);
    assert_int_equal(kit->report.verdicts[VT_VERDICT_BAD], 4);
    assert_int_equal(kit->report.misplaced, 4);
    assert_int_equal(kit->report.first_misplaced.partition, 0);
    assert_int_equal(kit->report.first_misplaced.offset, 10);
}

/* As a counter did that did not look at the partition. */
static void test_a_tally_that_counted_an_id_twice_is_named(void **state) {
    stores_kit *kit = begin(state);
    vt_ledger_row row;
    size_t count;
    vt_fence_outcome outcome;
    stores_kit_vote(kit, 1, 1, 1);
    stores_kit_misplace(kit, 0, 1, 1);
    assert_int_equal(vt_ledger_read(kit->ledger, (vt_position){1, -1}, (vt_position){1, 0}, &row, 1, &count), VT_OK);
    vt_record twice = row.record;
    assert_int_equal(vt_ledger_read(kit->ledger, (vt_position){0, -1}, (vt_position){0, 0}, &row, 1, &count), VT_OK);
    assert_int_equal(row.fault, VT_ERR_MISPLACED);
    row.fault = VT_OK;
    row.record = twice;
    vt_fence *fence = stores_kit_fence(kit, kit->redis, 0);
    assert_int_equal(vt_fence_create(fence, 0), VT_OK);
    assert_int_equal(vt_fence_apply(fence, &row, 1, &outcome), VT_OK);
    vt_fence_close(fence);
    stores_kit_derive(kit);
    stores_kit_verify(kit);
    assert_true(stores_kit_found(kit, "tally: partition 0: 1 records are counted, but the ledger has 0"));
}

static void add_garbage(stores_kit *kit, int32_t partition, int count) {
    for (int i = 0; i < count; i++) {
        topic_kit_garbage(&kit->topic, partition, VT_SLICE("key"), VT_SLICE("garbage"));
    }
}

static void test_each_unreadable_record_has_a_letter(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 0, 1, 5);
    add_garbage(kit, 0, 4);
    add_garbage(kit, 1, 1);
    stores_kit_derive(kit);
    stores_kit_write_letters(kit, 0, 5, 2);
    stores_kit_write_letters(kit, 1, 0, 1);
    stores_kit_verify(kit);
    assert_int_equal(kit->report.letters, 3);
    assert_int_equal(kit->report.found.count, 1);
    assert_true(
        stores_kit_found(kit, "letters: partition 0: 2 of 4 unreadable records have none, the first at offset 7"));
    stores_kit_write_letters(kit, 0, 7, 2);
    stores_kit_assert_agrees(kit);
    assert_int_equal(kit->report.letters, 5);
    /* A live system: the letter comes before the tally. */
    add_garbage(kit, 1, 1);
    stores_kit_write_letters(kit, 1, 1, 1);
    stores_kit_assert_agrees(kit);
    stores_kit_write_letters(kit, 0, 2, 1);
    stores_kit_verify(kit);
    assert_int_equal(kit->report.found.count, 1);
    assert_true(stores_kit_found(kit, "letters: there is one of 0:2, but that record can be read"));
}

/* What retention took is no difference, and is told. */
static void test_letters_that_were_deleted_are_told(void **state) {
    stores_kit *kit = begin(state);
    char dead[VT_LETTER_TOPIC_BYTES_MAX];
    add_garbage(kit, 0, 3);
    stores_kit_derive(kit);
    stores_kit_write_letters(kit, 0, 0, 3);
    snprintf(dead, sizeof dead, "%s", vt_letter_reader_topic(kit->letters));
    kafka_kit_set_config(kit->topic.handle, dead, "cleanup.policy", "delete");
    kafka_kit_delete_before(kit->topic.handle, dead, 0, 2);
    stores_kit_assert_agrees(kit);
    assert_int_equal(kit->report.letters, 1);
    assert_int_equal(kit->report.letters_deleted, 2);
}

static void test_a_store_that_is_behind_agrees(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 0, 1, 50);
    stores_kit_derive(kit);
    stores_kit_vote(kit, 0, 100, 10);
    stores_kit_vote(kit, 1, 200, 10);
    stores_kit_assert_agrees(kit);
    assert_int_equal(kit->report.ledger.offsets[0], 59);
    assert_int_equal(kit->report.tally.offsets[0], 49);
    assert_int_equal(kit->report.ledger.offsets[1], 9);
    assert_int_equal(kit->report.log.offsets[1], -1);
}

static void test_stores_that_are_missing_are_named(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 0, 1, 5);
    stores_kit_verify(kit);
    assert_int_equal(kit->report.found.count, 2 * STORES_KIT_PARTITIONS);
    assert_true(stores_kit_found(kit, "tally: partition 1 is missing"));
    assert_true(stores_kit_found(kit, "log: partition 0 is missing"));
}

static void test_a_change_in_each_store_is_named(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 1, 1, 60);
    stores_kit_derive(kit);
    stores_kit_set(kit, 1, "b:0", "999 3");
    log_kit other = kit->log;
    other.ledger_id = vt_ledger_id(kit->ledger);
    log_kit_tamper(&other, (vt_position){1, 30}, NULL);
    stores_kit_verify(kit);
    assert_int_equal(kit->report.found.count, 2);
    assert_true(stores_kit_found(kit, "has 999 votes and 3 points, but the ledger has "));
    assert_true(stores_kit_found(kit, "log: 1:30 is missing"));
    stores_kit_set(kit, 1, "names", "x");
    stores_kit_verify(kit);
    assert_true(stores_kit_found(kit, "tally: partition 1 is damaged"));
}

static void test_a_position_behind_the_end_is_named(void **state) {
    stores_kit *kit = begin(state);
    stores_kit_vote(kit, 0, 1, 20);
    stores_kit_derive(kit);
    stores_kit_set(kit, 0, "off", "25");
    stores_kit_verify(kit);
    assert_true(stores_kit_found(kit, "tally: partition 0 stands at 24, but the ledger ends at 19"));
    stores_kit_set(kit, 0, "off", "20");
    vt_ledger_row row = log_kit_row(0, 33);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 20, &row, 1), VT_OK);
    stores_kit_verify(kit);
    assert_true(stores_kit_found(kit, "log: partition 0 stands at 33, but the ledger ends at 19"));
    assert_true(stores_kit_found(kit, "log: 0:33: there is a document, but the ledger ends at 19"));
}

static void test_another_ledger_ends_it(void **state) {
    stores_kit *kit = begin(state);
    char reason[VT_VERIFY_TOPIC_REASON_MAX];
    vt_verify_topic_options options = {.ledger = kit->ledger, .redis = kit->redis};
    stores_kit_vote(kit, 0, 1, 5);
    stores_kit_derive(kit);
    stores_kit_set(kit, 1, "ledger", "0123456789abcdef");
    assert_int_equal(vt_verify_topic(&options, &kit->report, reason), VT_ERR_OTHER_LEDGER);
    assert_string_equal(reason, "partition 1 of the tally: this store belongs to another ledger");
}

static bool stop(void *context, int64_t done, int64_t total) {
    (void) context;
    return done < total / 2;
}

static void test_it_ends_when_nobody_waits(void **state) {
    stores_kit *kit = begin(state);
    char reason[VT_VERIFY_TOPIC_REASON_MAX];
    vt_verify_topic_options options = {.ledger = kit->ledger, .redis = kit->redis, .progress = stop};
    stores_kit_vote(kit, 0, 1, 20);
    stores_kit_derive(kit);
    assert_int_equal(vt_verify_topic(&options, &kit->report, reason), VT_ERR_GONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_was_derived_agrees, end),
        cmocka_unit_test_teardown(test_an_id_in_two_partitions_is_counted_once, end),
        cmocka_unit_test_teardown(test_a_tally_that_counted_an_id_twice_is_named, end),
        cmocka_unit_test_teardown(test_each_unreadable_record_has_a_letter, end),
        cmocka_unit_test_teardown(test_letters_that_were_deleted_are_told, end),
        cmocka_unit_test_teardown(test_a_store_that_is_behind_agrees, end),
        cmocka_unit_test_teardown(test_stores_that_are_missing_are_named, end),
        cmocka_unit_test_teardown(test_a_change_in_each_store_is_named, end),
        cmocka_unit_test_teardown(test_a_position_behind_the_end_is_named, end),
        cmocka_unit_test_teardown(test_another_ledger_ends_it, end),
        cmocka_unit_test_teardown(test_it_ends_when_nobody_waits, end),
    };
    return cmocka_run_group_tests_name("count/verify_topic", tests, NULL, NULL);
}
