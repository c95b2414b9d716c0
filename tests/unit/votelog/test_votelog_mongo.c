#include "contract.h"
#include "log_kit.h"

#include <stdlib.h>

enum { VOTES = 720, VOTES_OF_MS = 8, PARTITIONS = 3, BATCH = VT_LOG_WRITER_RECORDS_MAX };

typedef struct mongo_log {
    log_kit kit;
    vt_votelog *log;
} mongo_log;

/* Eight votes are appended in one millisecond, over three partitions; offsets have gaps. */
static vt_position position_mongo(int64_t vote) {
    return (vt_position){(int32_t) (vote % VOTES_OF_MS) / PARTITIONS, vote};
}

static vt_votelog *open_mongo(void **context) {
    mongo_log *self = calloc(1, sizeof *self);
    log_kit_init(&self->kit);
    self->log = log_kit_reader(&self->kit);
    *context = self;
    return self->log;
}

static void write_partition(vt_log_writer *writer, int32_t partition, const vt_append *items, size_t count) {
    static vt_ledger_row rows[BATCH];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t vote = (int64_t) i + 1;
        if (position_mongo(vote).partition == partition) {
            assert_true(used < BATCH);
            rows[used++] = (vt_ledger_row){.record = items[i].record,
                                           .position = position_mongo(vote),
                                           .appended_ms = 1800000000000 + vote / VOTES_OF_MS};
        }
    }
    log_kit_load(writer, partition, 0);
    assert_int_equal(vt_log_writer_write(writer, partition, 0, rows, used), VT_OK);
}

static void append_mongo(void *context, vt_append *items, size_t count) {
    mongo_log *self = context;
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        write_partition(self->kit.writer, partition, items, count);
    }
}

static void close_mongo(void *context) {
    mongo_log *self = context;
    vt_votelog_close(self->log);
    log_kit_release(&self->kit);
    free(self);
}

static int set_up(void **state) {
    void *context;
    open_mongo(&context);
    *state = context;
    return 0;
}

static int tear_down(void **state) {
    close_mongo(*state);
    return 0;
}

/* Writes rows behind what partition 0 has. */
static void write_rows(mongo_log *self, const vt_ledger_row *rows, size_t count) {
    int64_t from = log_kit_load(self->kit.writer, 0, 0).next;
    for (size_t i = 0; i < count; i += BATCH) {
        size_t len = count - i < BATCH ? count - i : BATCH;
        assert_int_equal(vt_log_writer_write(self->kit.writer, 0, from, rows + i, len), VT_OK);
        from = rows[i + len - 1].position.offset + 1;
    }
}

static void assert_page(mongo_log *self, const vt_votelog_query *query, const int64_t *offsets, uint32_t expected) {
    static vt_votelog_row rows[VT_VOTELOG_ROWS_MAX];
    uint32_t count = 0;
    assert_int_equal(vt_votelog_list(self->log, query, rows, &count), VT_OK);
    assert_int_equal(count, expected);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].position.offset, offsets[i]);
    }
}

/* 0 1 2 3 4, then 3 again, 1 with another content, 5, and 3 again. */
static void shows_a_repeated_vote_once(void **state) {
    mongo_log *self = *state;
    vt_ledger_row rows[9];
    vt_votelog_row found;
    log_kit_rows(rows, 0, 0, 9);
    rows[5].record = rows[3].record;
    rows[6].record.id = rows[1].record.id;
    rows[8].record = rows[3].record;
    write_rows(self, rows, 9);
    vt_votelog_query query = {.limit = 20};
    assert_page(self, &query, (int64_t[]){7, 4, 3, 2, 1, 0}, 6);
    query.limit = 2;
    assert_page(self, &query, (int64_t[]){7, 4}, 2);
    query = (vt_votelog_query){.limit = 2, .has_before = true, .before = {0, 8}};
    assert_page(self, &query, (int64_t[]){7, 4}, 2);
    query.before.offset = 3;
    query.limit = 9;
    assert_page(self, &query, (int64_t[]){2, 1, 0}, 3);
    assert_int_equal(vt_votelog_find(self->log, &rows[8].record.id, &found), VT_OK);
    assert_int_equal(found.position.offset, 3);
    assert_true(vt_id_eq(&found.record.fingerprint, &rows[3].record.fingerprint));
}

/* More than a page, a round of keys and an answer of the index hold. */
static void gets_past_thousands_of_repeats(void **state) {
    enum { FIRST = 5, REPEATS = 2100 };
    static vt_ledger_row rows[FIRST + REPEATS];
    mongo_log *self = *state;
    log_kit_rows(rows, 0, 0, FIRST + REPEATS);
    for (int i = FIRST; i < FIRST + REPEATS; i++) {
        rows[i].record = rows[i % 2].record;
    }
    write_rows(self, rows, FIRST + REPEATS);
    vt_votelog_query query = {.limit = 4};
    assert_page(self, &query, (int64_t[]){4, 3, 2, 1}, 4);
    query.limit = 50;
    assert_page(self, &query, (int64_t[]){4, 3, 2, 1, 0}, 5);
}

static void knows_its_cursor(void **state) {
    mongo_log *self = *state;
    vt_ledger_row row = log_kit_row(0, 5);
    vt_votelog_row found;
    uint32_t count;
    write_rows(self, &row, 1);
    const vt_position unknown[] = {{0, 4}, {1, 5}, {-1, 5}, {0, INT64_MAX}, {INT32_MAX, 0}};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        vt_votelog_query query = {.has_before = true, .before = unknown[i], .limit = 1};
        assert_int_equal(vt_votelog_list(self->log, &query, &found, &count), VT_ERR_NOT_FOUND);
    }
}

static void sees_nothing_of_others(void **state) {
    mongo_log *self = *state;
    vt_ledger_row row = log_kit_row(0, 5);
    vt_votelog_row found;
    bson_error_t error;
    write_rows(self, &row, 1);
    log_kit other = self->kit;
    other.ledger_id = kit_id(78);
    vt_log_writer *writer = log_kit_writer(&other);
    vt_ledger_row theirs = log_kit_row(0, 9);
    log_kit_load(writer, 0, 0);
    assert_int_equal(vt_log_writer_write(writer, 0, 0, &theirs, 1), VT_OK);
    bson_t *old = BCON_NEW("message", "ok", "timestamp", BCON_DATE_TIME(1900000000000), "data", "{", "name", "common",
                           "album", "x", "year", "1994", "rank", "1", "}");
    assert_true(mongoc_collection_insert_one(self->kit.shell.log, old, NULL, NULL, &error));
    bson_destroy(old);
    assert_page(self, &(vt_votelog_query){.limit = 9}, (int64_t[]){5}, 1);
    assert_page(self, &(vt_votelog_query){.limit = 9, .band = VT_SLICE("common")}, (int64_t[]){5}, 1);
    assert_int_equal(vt_votelog_find(self->log, &theirs.record.id, &found), VT_ERR_NOT_FOUND);
    vt_log_writer_close(writer);
}

static void returns_the_whole_record(void **state) {
    mongo_log *self = *state;
    vt_ledger_row row = log_kit_row(2, 5);
    vt_votelog_row found;
    row.record.points = UINT32_MAX;
    row.record.at_ms = 123;
    log_kit_load(self->kit.writer, 2, 0);
    assert_int_equal(vt_log_writer_write(self->kit.writer, 2, 0, &row, 1), VT_OK);
    assert_int_equal(vt_votelog_find(self->log, &row.record.id, &found), VT_OK);
    assert_int_equal(found.record.at_ms, 123);
    assert_int_equal(found.record.points, UINT32_MAX);
    assert_int_equal(found.position.partition, 2);
    assert_true(vt_id_eq(&found.record.id, &row.record.id));
    assert_true(vt_id_eq(&found.record.fingerprint, &row.record.fingerprint));
    assert_false(found.record.has_voter);
    for (int field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
        assert_true(vt_slice_eq(vt_record_text(&found.record, (vt_field) field),
                                vt_record_text(&row.record, (vt_field) field)));
    }
}

/* What old dashboards read. */
static void has_the_shape_of_old_logs(void **state) {
    mongo_log *self = *state;
    vt_ledger_row row = log_kit_row(0, 5);
    bson_t filter = BSON_INITIALIZER;
    const bson_t *document;
    write_rows(self, &row, 1);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(self->kit.shell.log, &filter, NULL, NULL);
    assert_true(mongoc_cursor_next(cursor, &document));
    char *json = bson_as_relaxed_extended_json(document, NULL);
    assert_non_null(strstr(json, "\"message\" : \"vote recorded\""));
    assert_non_null(strstr(json, "\"data\" : { \"name\" : \"common\", \"album\" : \"x\", \"year\" : \"1994\", "
                                 "\"rank\" : \"7\" }"));
    assert_non_null(strstr(json, "\"timestamp\" : { \"$date\" : \"2027-01-15T08:00:00.005Z\" }"));
    assert_non_null(strstr(json, "\"position\" : \"0:5\""));
    assert_true(document->len < 2048);
    bson_free(json);
    mongoc_cursor_destroy(cursor);
}

static void says_what_is_damaged(void **state) {
    static const char *const changes[] = {
        "{\"$set\": {\"data.name\": 5}}",
        "{\"$set\": {\"data.name\": \"\"}}",
        "{\"$set\": {\"data.name\": \" common\"}}",
        "{\"$set\": {\"data.album\": \"a\\u0001b\"}}",
        ("{\"$set\": {\"data.year\": \"123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."
         "123456789.123456789.123456789.123456789.123456789.\"}}"),
        "{\"$unset\": {\"data.rank\": \"\"}}",
        "{\"$set\": {\"points\": -1}}",
        "{\"$set\": {\"points\": 4294967296}}",
        "{\"$set\": {\"points\": \"1\"}}",
        "{\"$set\": {\"at\": 5}}",
        "{\"$set\": {\"fp\": {\"$binary\": {\"base64\": \"AAAA\", \"subType\": \"00\"}}}}",
        "{\"$set\": {\"data\": [1]}}",
    };
    mongo_log *self = *state;
    vt_votelog_row found[2];
    uint32_t count = 7;
    vt_votelog_query query = {.limit = 2};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        vt_ledger_row row = log_kit_row(0, (int64_t) i);
        write_rows(self, &row, 1);
        log_kit_tamper(&self->kit, row.position, changes[i]);
        assert_int_equal(vt_votelog_find(self->log, &row.record.id, found), VT_ERR_CORRUPT);
        assert_int_equal(vt_votelog_list(self->log, &query, found, &count), VT_ERR_CORRUPT);
        assert_int_equal(count, 7);
        log_kit_tamper(&self->kit, row.position, NULL);
    }
}

static void says_what_is_damaged_in_the_keys(void **state) {
    static const char *const changes[] = {
        "{\"$set\": {\"vote_id\": \"01\"}}",
        "{\"$unset\": {\"vote_id\": \"\"}}",
        "{\"$set\": {\"timestamp\": 5}}",
    };
    mongo_log *self = *state;
    vt_votelog_row found;
    uint32_t count;
    vt_votelog_query query = {.limit = 1};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        vt_ledger_row row = log_kit_row(0, (int64_t) i);
        write_rows(self, &row, 1);
        log_kit_tamper(&self->kit, row.position, changes[i]);
        assert_int_equal(vt_votelog_list(self->log, &query, &found, &count), VT_ERR_CORRUPT);
        log_kit_tamper(&self->kit, row.position, NULL);
    }
}

enum { READERS = 12, READS = 4 };

static void *read_often(void *context) {
    mongo_log *self = context;
    vt_votelog_row rows[3];
    vt_id id = kit_id(7);
    for (int i = 0; i < READS; i++) {
        uint32_t count = 0;
        if (vt_votelog_list(self->log, &(vt_votelog_query){.limit = 3}, rows, &count) != VT_OK || count != 3 ||
            vt_votelog_find(self->log, &id, rows) != VT_OK) {
            return NULL;
        }
    }
    return context;
}

static void serves_more_threads_than_connections(void **state) {
    mongo_log *self = *state;
    vt_ledger_row rows[20];
    pthread_t threads[READERS];
    log_kit_rows(rows, 0, 0, 20);
    write_rows(self, rows, 20);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, self), 0);
    }
    for (int i = 0; i < READERS; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_ptr_equal(done, self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_a_repeated_vote_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gets_past_thousands_of_repeats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_its_cursor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_nothing_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(returns_the_whole_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_the_shape_of_old_logs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_damaged_in_the_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(serves_more_threads_than_connections, set_up, tear_down),
    };
    const votelog_factory factory = {.name = "mongo",
                                     .votes = VOTES,
                                     .verdict = VT_VERDICT_NONE,
                                     .position = position_mongo,
                                     .open = open_mongo,
                                     .append = append_mongo,
                                     .close = close_mongo};
    int failed;
    if (!mongo_kit_is_there(&failed)) {
        return failed;
    }
    return votelog_contract(&factory) + cmocka_run_group_tests_name("vote log in MongoDB", tests, NULL, NULL);
}
