#include "log_kit.h"

#include "votelog/log_key.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 200, BATCH = VT_LOG_WRITER_RECORDS_MAX };

static int set_up(void **state) {
    log_kit *kit = calloc(1, sizeof *kit);
    log_kit_init(kit);
    *state = kit;
    return 0;
}

static int tear_down(void **state) {
    log_kit_release(*state);
    free(*state);
    return 0;
}

/* All documents before `until` are the ledger's records, each once, and none is missing but those in gaps. */
static void assert_log(const log_kit *kit, int32_t partition, int64_t first, int64_t until) {
    static vt_ledger_row rows[BATCH];
    vt_log_writer *writer = log_kit_writer(kit);
    size_t count = 1;
    int64_t next = first;
    while (count > 0) {
        assert_int_equal(vt_log_writer_read(writer, partition, next - 1, until, rows, BATCH, &count), VT_OK);
        for (size_t i = 0; i < count; i++) {
            vt_ledger_row expected = log_kit_row(partition, next++);
            assert_int_equal(rows[i].position.offset, expected.position.offset);
            assert_int_equal(rows[i].appended_ms, expected.appended_ms);
            assert_int_equal(rows[i].record.at_ms, expected.record.at_ms);
            assert_int_equal(rows[i].record.points, 1);
            assert_true(vt_id_eq(&rows[i].record.id, &expected.record.id));
            assert_true(vt_id_eq(&rows[i].record.fingerprint, &expected.record.fingerprint));
        }
    }
    assert_int_equal(next, until);
    assert_int_equal(log_kit_count(kit, partition), until - first);
    vt_log_writer_close(writer);
}

static vt_err write_from(vt_log_writer *writer, int32_t partition, int64_t from, size_t count) {
    static vt_ledger_row rows[BATCH];
    log_kit_rows(rows, partition, from, count);
    return vt_log_writer_write(writer, partition, from, rows, count);
}

static void keeps_a_position_for_each_partition(void **state) {
    log_kit *kit = *state;
    vt_log_position position = {.next = 9};
    assert_int_equal(vt_log_writer_load(kit->writer, 0, &position), VT_OK);
    assert_false(position.exists);
    assert_int_equal(write_from(kit->writer, 0, 0, 3), VT_ERR_MOVED);
    assert_int_equal(vt_log_writer_create(kit->writer, 0, 0), VT_OK);
    assert_int_equal(vt_log_writer_create(kit->writer, 0, 5), VT_ERR_MOVED);
    assert_int_equal(vt_log_writer_create(kit->writer, VT_PARTITIONS_MAX - 1, 70), VT_OK);
    assert_int_equal(write_from(kit->writer, VT_PARTITIONS_MAX - 1, 70, 10), VT_OK);
    position = log_kit_load(kit->writer, 0, -1);
    assert_int_equal(position.next, 0);
    assert_false(position.has_mark);
    assert_false(position.is_rebuilding);
    position = log_kit_load(kit->writer, VT_PARTITIONS_MAX - 1, -1);
    vt_id mark = log_kit_row(VT_PARTITIONS_MAX - 1, 79).mark;
    assert_int_equal(position.next, 80);
    assert_true(position.has_mark);
    assert_true(vt_id_eq(&position.mark, &mark));
    assert_log(kit, VT_PARTITIONS_MAX - 1, 70, 80);
}

static void makes_its_indexes_again(void **state) {
    log_kit *kit = *state;
    const bson_t *index;
    size_t count = 0;
    assert_int_equal(vt_log_writer_prepare(kit->writer), VT_OK);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(kit->shell.log, NULL);
    while (mongoc_cursor_next(cursor, &index)) {
        count++;
    }
    mongoc_cursor_destroy(cursor);
    assert_int_equal(count, 4);
}

static void writes_a_batch_again(void **state) {
    log_kit *kit = *state;
    static vt_ledger_row rows[BATCH];
    log_kit_rows(rows, 0, 0, BATCH);
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 0, rows, BATCH), VT_OK);
    /* The documents are taken as they are; the position tells that it was done. */
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 0, rows, BATCH), VT_ERR_MOVED);
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, BATCH);
    assert_log(kit, 0, 0, BATCH);
}

static void leaves_out_what_is_unreadable(void **state) {
    log_kit *kit = *state;
    vt_ledger_row rows[4];
    log_kit_rows(rows, 0, 0, 4);
    for (int i = 0; i < 4; i++) {
        rows[i].fault = i == 1 ? VT_OK : VT_ERR_MALFORMED_JSON;
    }
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 0, rows, 1), VT_OK);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 1, rows + 1, 3), VT_OK);
    vt_log_position position = log_kit_load(kit->writer, 0, 0);
    assert_int_equal(position.next, 4);
    assert_true(vt_id_eq(&position.mark, &rows[3].mark));
    assert_int_equal(log_kit_count(kit, 0), 1);
    assert_log(kit, 0, 1, 2);
}

static void two_writers_overlap(void **state) {
    log_kit *kit = *state;
    vt_log_writer *other = log_kit_writer(kit);
    log_kit_load(kit->writer, 0, 0);
    log_kit_load(other, 0, 0);
    assert_int_equal(write_from(kit->writer, 0, 0, 100), VT_OK);
    assert_int_equal(write_from(other, 0, 0, 150), VT_ERR_MOVED);
    assert_int_equal(log_kit_load(other, 0, 0).next, 100);
    assert_int_equal(write_from(other, 0, 100, 100), VT_OK);
    assert_int_equal(write_from(kit->writer, 0, 100, 70), VT_ERR_MOVED);
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, 200);
    assert_log(kit, 0, 0, 200);
    vt_log_writer_close(other);
}

static void assert_foreign(log_kit *kit, const char *change) {
    static int64_t from;
    vt_ledger_row rows[10];
    vt_ledger_row same;
    log_kit_rows(rows, 0, from, 10);
    same = rows[7];
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, from, &same, 1), VT_OK);
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, from + 8);
    log_kit_tamper(kit, same.position, change);
    char position[VT_POSITION_TEXT_MAX + 1] = "";
    vt_position_format(same.position, position);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, from, rows, 10), VT_ERR_CORRUPT);
    assert_non_null(strstr(vt_log_writer_reason(kit->writer), position));
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, from + 8);
    from += 8;
}

static void tells_of_a_foreign_document(void **state) {
    log_kit *kit = *state;
    assert_foreign(kit, "{\"$set\": {\"fp\": {\"$binary\": {\"base64\": \"AAECAwQFBgcICQoLDA0ODw==\", \"subType\": "
                        "\"00\"}}}}");
    assert_foreign(kit, "{\"$set\": {\"vote_id\": {\"$binary\": {\"base64\": \"AAECAwQFBgcICQoLDA0ODw==\", "
                        "\"subType\": \"04\"}}}}");
    assert_foreign(kit, "{\"$unset\": {\"fp\": \"\"}}");
    log_kit_insert(kit, (vt_position){1, 3}, "{\"a\": 1}");
    log_kit_load(kit->writer, 1, 0);
    assert_int_equal(write_from(kit->writer, 1, 0, 10), VT_ERR_CORRUPT);
    assert_non_null(strstr(vt_log_writer_reason(kit->writer), "1:3"));
}

static void run_command(log_kit *kit, const char *json) {
    bson_error_t error = {0};
    bson_t *command = bson_new_from_json((const uint8_t *) json, -1, &error);
    assert_non_null(command);
    if (!mongoc_client_command_simple(kit->shell.client, kit->url.database, command, NULL, NULL, &error)) {
        fail_msg("%s", error.message);
    }
    bson_destroy(command);
}

/* MongoDB takes some documents of a bulk and refuses another; the position could be written. */
static void does_not_pass_what_was_refused(void **state) {
    log_kit *kit = *state;
    vt_ledger_row rows[10];
    log_kit_load(kit->writer, 0, 0);
    log_kit_rows(rows, 0, 0, 10);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 0, rows, 2), VT_OK);
    run_command(kit, "{\"collMod\": \"logs\", \"validator\": {\"position\": {\"$ne\": \"0:7\"}}}");
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 2, rows + 2, 8), VT_ERR_SYSTEM);
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, 2);
    run_command(kit, "{\"collMod\": \"logs\", \"validator\": {}}");
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 2, rows + 2, 8), VT_OK);
    assert_log(kit, 0, 0, 10);
}

/* Some documents of a batch were written, the position was not. */
static void goes_on_after_half_a_batch(void **state) {
    log_kit *kit = *state;
    vt_log_writer *crashed = log_kit_writer(kit);
    log_kit_load(kit->writer, 0, 0);
    log_kit_load(crashed, 0, 0);
    assert_int_equal(write_from(kit->writer, 0, 0, 50), VT_OK);
    assert_int_equal(write_from(crashed, 0, 0, 150), VT_ERR_MOVED);
    for (int64_t offset = 60; offset < 150; offset += 3) {
        log_kit_tamper(kit, (vt_position){0, offset}, NULL);
    }
    vt_log_writer_close(crashed);
    vt_log_writer *again = log_kit_writer(kit);
    assert_int_equal(log_kit_load(again, 0, 0).next, 50);
    assert_int_equal(write_from(again, 0, 50, 150), VT_OK);
    assert_log(kit, 0, 0, 200);
    vt_log_writer_close(again);
}

static void set_position(log_kit *kit, const char *change) {
    bson_error_t error = {0};
    bson_t all = BSON_INITIALIZER;
    bson_t *update = bson_new_from_json((const uint8_t *) change, -1, &error);
    assert_non_null(update);
    if (!mongoc_collection_update_many(kit->shell.positions, &all, update, NULL, NULL, &error)) {
        fail_msg("%s", error.message);
    }
    bson_destroy(update);
}

/* An older copy of the database: its newest documents are missing, and the position is back with them. */
static void goes_on_from_an_older_copy(void **state) {
    log_kit *kit = *state;
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(write_from(kit->writer, 0, 0, 100), VT_OK);
    for (int64_t offset = 40; offset < 100; offset++) {
        log_kit_tamper(kit, (vt_position){0, offset}, NULL);
    }
    set_position(kit, "{\"$set\": {\"next\": 40}}");
    assert_int_equal(write_from(kit->writer, 0, 100, 100), VT_ERR_MOVED);
    assert_int_equal(log_kit_load(kit->writer, 0, 0).next, 40);
    assert_int_equal(write_from(kit->writer, 0, 40, 160), VT_OK);
    assert_log(kit, 0, 0, 200);
}

static void says_what_is_damaged(void **state) {
    static const char *const changes[] = {
        "{\"$set\": {\"next\": -1}}",     "{\"$set\": {\"next\": \"5\"}}",      "{\"$set\": {\"mark\": \"x\"}}",
        "{\"$unset\": {\"next\": \"\"}}", "{\"$set\": {\"is_rebuilding\": 1}}", "{\"$set\": {\"generation\": 1}}",
    };
    log_kit *kit = *state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        vt_log_position position = {.next = 9};
        bson_t all = BSON_INITIALIZER;
        mongoc_collection_delete_many(kit->shell.positions, &all, NULL, NULL, NULL);
        log_kit_load(kit->writer, 3, 0);
        set_position(kit, changes[i]);
        assert_int_equal(vt_log_writer_load(kit->writer, 3, &position), VT_ERR_CORRUPT);
        assert_non_null(strstr(vt_log_writer_reason(kit->writer), "3"));
        assert_int_equal(position.next, 9);
    }
    vt_ledger_row rows[2];
    size_t count = 7;
    log_kit_insert(kit, (vt_position){1, 3}, "{\"a\": 1}");
    assert_int_equal(vt_log_writer_read(kit->writer, 1, -1, 9, rows, 2, &count), VT_ERR_CORRUPT);
    assert_non_null(strstr(vt_log_writer_reason(kit->writer), "1:3"));
    assert_int_equal(count, 7);
}

static void reads_over_gaps(void **state) {
    log_kit *kit = *state;
    /* The third is the first of a step of deleting. */
    static const int64_t offsets[] = {5, 6, 20005, INT64_C(5000000000), INT64_MAX - 1};
    vt_ledger_row rows[5];
    vt_ledger_row found[5];
    size_t count;
    for (int i = 0; i < 5; i++) {
        rows[i] = log_kit_row(0, i);
        rows[i].position.offset = offsets[i];
    }
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(vt_log_writer_write(kit->writer, 0, 0, rows, 5), VT_OK);
    assert_int_equal(vt_log_writer_read(kit->writer, 0, 5, INT64_MAX, found, 5, &count), VT_OK);
    assert_int_equal(count, 4);
    assert_int_equal(found[0].position.offset, 6);
    assert_int_equal(vt_log_writer_read(kit->writer, 0, -1, 20005, found, 5, &count), VT_OK);
    assert_int_equal(count, 2);
    assert_int_equal(vt_log_writer_read(kit->writer, 0, -1, INT64_MAX, found, 3, &count), VT_OK);
    assert_int_equal(count, 3);
    assert_int_equal(found[2].position.offset, 20005);
    assert_int_equal(vt_log_writer_read(kit->writer, 1, -1, INT64_MAX, found, 3, &count), VT_OK);
    assert_int_equal(count, 0);
    assert_int_equal(vt_log_writer_begin_rebuild(kit->writer, 0, 0), VT_OK);
    assert_int_equal(log_kit_count(kit, 0), 0);
}

/* One who wrote documents before a rebuild, and moves the position after it. */
static void a_rebuild_shuts_others_out(void **state) {
    log_kit *kit = *state;
    vt_log_writer *rebuilder = log_kit_writer(kit);
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(write_from(kit->writer, 0, 0, 100), VT_OK);
    assert_int_equal(vt_log_writer_begin_rebuild(rebuilder, 0, 0), VT_OK);
    assert_int_equal(log_kit_count(kit, 0), 0);
    assert_int_equal(write_from(rebuilder, 0, 0, 100), VT_OK);
    /* The position is where the other one left it, yet it is not the same any more. */
    assert_int_equal(write_from(kit->writer, 0, 100, 10), VT_ERR_MOVED);
    assert_true(log_kit_load(kit->writer, 0, 0).is_rebuilding);
    assert_int_equal(write_from(kit->writer, 0, 100, 10), VT_ERR_MOVED);
    assert_true(log_kit_load(rebuilder, 0, 0).is_rebuilding);
    assert_int_equal(write_from(rebuilder, 0, 100, 50), VT_OK);
    assert_int_equal(vt_log_writer_end_rebuild(rebuilder, 0), VT_OK);
    assert_int_equal(vt_log_writer_end_rebuild(rebuilder, 0), VT_OK);
    assert_false(log_kit_load(kit->writer, 0, 0).is_rebuilding);
    assert_int_equal(write_from(kit->writer, 0, 150, 50), VT_OK);
    assert_log(kit, 0, 0, 200);
    vt_log_writer_close(rebuilder);
}

static void a_stopped_writer_sees_a_rebuild_that_is_over(void **state) {
    log_kit *kit = *state;
    vt_log_writer *rebuilder = log_kit_writer(kit);
    log_kit_load(kit->writer, 0, 0);
    assert_int_equal(write_from(kit->writer, 0, 0, 100), VT_OK);
    assert_int_equal(vt_log_writer_begin_rebuild(rebuilder, 0, 0), VT_OK);
    assert_int_equal(write_from(rebuilder, 0, 0, 100), VT_OK);
    assert_int_equal(vt_log_writer_end_rebuild(rebuilder, 0), VT_OK);
    assert_int_equal(write_from(kit->writer, 0, 100, 10), VT_ERR_MOVED);
    vt_log_writer_close(rebuilder);
}

static void a_rebuild_begins_again(void **state) {
    log_kit *kit = *state;
    vt_log_writer *crashed = log_kit_writer(kit);
    assert_int_equal(vt_log_writer_begin_rebuild(crashed, 0, 0), VT_OK);
    assert_int_equal(write_from(crashed, 0, 0, 30), VT_OK);
    assert_int_equal(vt_log_writer_begin_rebuild(kit->writer, 0, 0), VT_OK);
    /* It was not dead. */
    assert_int_equal(write_from(crashed, 0, 30, 30), VT_ERR_MOVED);
    assert_int_equal(vt_log_writer_end_rebuild(crashed, 0), VT_ERR_MOVED);
    assert_int_equal(write_from(kit->writer, 0, 0, 60), VT_OK);
    assert_int_equal(vt_log_writer_end_rebuild(kit->writer, 0), VT_OK);
    assert_log(kit, 0, 0, 60);
    vt_log_writer_close(crashed);
    vt_log_writer_close(NULL);
}

static void is_busy_without_a_server(void **state) {
    (void) state;
    vt_mongo_url url;
    vt_id id = kit_id(1);
    vt_log_writer *writer;
    vt_log_position position;
    char reason[VT_MONGO_REASON_MAX] = "";
    assert_int_equal(vt_mongo_url_parse(VT_SLICE("mongodb://127.0.0.1:1"), &url, reason), VT_OK);
    assert_int_equal(vt_log_writer_open(&url, &id, 200, &writer, reason), VT_OK);
    assert_int_equal(vt_log_writer_prepare(writer), VT_ERR_BUSY);
    assert_int_equal(vt_log_writer_load(writer, 0, &position), VT_ERR_BUSY);
    assert_int_equal(vt_log_writer_create(writer, 0, 0), VT_ERR_BUSY);
    assert_int_equal(write_from(writer, 0, 0, 5), VT_ERR_BUSY);
    assert_true(strlen(vt_log_writer_reason(writer)) > 0);
    vt_log_writer_close(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_busy_without_a_server),
        cmocka_unit_test_setup_teardown(keeps_a_position_for_each_partition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(makes_its_indexes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_a_batch_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_writers_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_of_a_foreign_document, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_pass_what_was_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_after_half_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_from_an_older_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_over_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rebuild_shuts_others_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_writer_sees_a_rebuild_that_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rebuild_begins_again, set_up, tear_down),
    };
    int failed;
    if (!mongo_kit_is_there(&failed)) {
        return failed;
    }
    return cmocka_run_group_tests_name("log writer", tests, NULL, NULL);
}
