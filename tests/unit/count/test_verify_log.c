/* What the documents of a partition may say wrongly, each of it named. The vote log is one that the writer made. */
#include "count/verify_log.h"
#include "fake_topic.h"
#include "log_kit.h"

#include <stdlib.h>

enum {
    PARTITION = 4,
    RECORDS = 1300, /* more than a page */
    FIRST = 3,
    GAP = 500,       /* an offset without a record */
    UNREADABLE = 600 /* one with a record that is no vote */
};

typedef struct fixture {
    log_kit kit;
    fake_topic topic;
    vt_log_position stand;
    vt_differences found;
    uint64_t shown;
    bool is_stopped;
} fixture;

static void make_topic(fixture *fix) {
    fake_topic_init(&fix->topic, RECORDS);
    for (int64_t offset = FIRST; fix->topic.count < RECORDS; offset++) {
        if (offset == GAP) {
            continue;
        }
        vt_ledger_row *row = &fix->topic.rows[fix->topic.count++];
        *row = log_kit_row(PARTITION, offset);
        row->fault = offset == UNREADABLE ? VT_ERR_MALFORMED_JSON : VT_OK;
    }
}

/* Writes the first `until` records, from where the log stands. */
static void archive(fixture *fix, size_t until) {
    vt_log_position position = log_kit_load(fix->kit.writer, PARTITION, FIRST);
    size_t at = 0;
    while (at < until && fix->topic.rows[at].position.offset < position.next) {
        at++;
    }
    while (at < until) {
        size_t count = until - at < 500 ? until - at : 500;
        assert_int_equal(vt_log_writer_write(fix->kit.writer, PARTITION, position.next, fix->topic.rows + at, count),
                         VT_OK);
        at += count;
        position.next = fix->topic.rows[at - 1].position.offset + 1;
    }
    fix->stand = log_kit_load(fix->kit.writer, PARTITION, FIRST);
}

static fixture *begin(void **state) {
    log_kit kit;
    log_kit_init(&kit);
    fixture *fix = calloc(1, sizeof *fix);
    *state = fix;
    fix->kit = kit;
    make_topic(fix);
    return fix;
}

static int end(void **state) {
    fixture *fix = *state;
    if (fix != NULL) {
        log_kit_release(&fix->kit);
        fake_topic_release(&fix->topic);
        free(fix);
    }
    return 0;
}

static bool show(void *context, uint64_t records) {
    fixture *fix = context;
    fix->shown += records;
    return !fix->is_stopped;
}

static vt_err check(fixture *fix) {
    fix->found = (vt_differences){0};
    fix->shown = 0;
    vt_log_check wanted = {.ledger = &fix->topic.ledger,
                           .log = fix->kit.writer,
                           .partition = PARTITION,
                           .first = FIRST,
                           .stand = &fix->stand,
                           .found = &fix->found,
                           .progress = show,
                           .progress_context = fix};
    return vt_log_check_run(&wanted);
}

/* Exactly one difference, with this text; NULL: none. */
static void assert_found(fixture *fix, const char *text) {
    assert_int_equal(check(fix), VT_OK);
    assert_int_equal(fix->found.count, text != NULL);
    if (text != NULL && strstr(fix->found.text[0], text) == NULL) {
        fail_msg("not named: %s; but: %s", text, fix->found.text[0]);
    }
}

static void tamper(fixture *fix, int64_t offset, const char *change) {
    log_kit_tamper(&fix->kit, (vt_position){PARTITION, offset}, change);
}

static void test_what_the_writer_made_agrees(void **state) {
    fixture *fix = begin(state);
    archive(fix, 0);
    assert_found(fix, NULL);
    archive(fix, RECORDS / 2);
    assert_found(fix, NULL);
    vt_log_position half = fix->stand;
    archive(fix, RECORDS);
    assert_found(fix, NULL);
    assert_int_equal(fix->shown, RECORDS);
    fix->stand = half; /* a log that goes on meanwhile */
    assert_found(fix, NULL);
}

static void test_a_missing_document_is_named(void **state) {
    fixture *fix = begin(state);
    archive(fix, RECORDS);
    tamper(fix, 1100, NULL);
    assert_found(fix, "log: 4:1100 is missing");
    tamper(fix, FIRST, NULL);
    assert_int_equal(check(fix), VT_OK);
    assert_int_equal(fix->found.count, 2);
}

static void test_the_last_document_is_named(void **state) {
    fixture *fix = begin(state);
    archive(fix, 40);
    tamper(fix, 42, NULL);
    assert_found(fix, "log: 4:42 is missing");
}

static void test_a_change_is_named(void **state) {
    static const char *const changes[] = {
        "{\"$set\": {\"data.name\": \"other\"}}",
        "{\"$set\": {\"data.rank\": \"9\"}}",
        "{\"$set\": {\"points\": 77}}",
        "{\"$set\": {\"timestamp\": {\"$date\": \"2020-01-01T00:00:00Z\"}}}",
        "{\"$set\": {\"at\": {\"$date\": \"2020-01-01T00:00:00Z\"}}}",
        "{\"$set\": {\"fp\": {\"$binary\": {\"base64\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"subType\": \"00\"}}}}",
        "{\"$set\": {\"vote_id\": {\"$binary\": {\"base64\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"subType\": \"04\"}}}}",
    };
    fixture *fix = begin(state);
    archive(fix, 40);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        tamper(fix, 20 + (int64_t) i, changes[i]);
        assert_int_equal(check(fix), VT_OK);
        assert_int_equal(fix->found.count, i + 1);
        assert_non_null(strstr(fix->found.text[i], "the document says something else than the ledger"));
    }
}

static void test_a_document_too_many_is_named(void **state) {
    static const char json[] =
        "{\"data\": {\"name\": \"a\", \"album\": \"\", \"year\": \"\", \"rank\": \"\"},"
        " \"timestamp\": {\"$date\": \"2026-01-01T00:00:00Z\"},"
        " \"at\": {\"$date\": \"2026-01-01T00:00:00Z\"}, \"points\": 1,"
        " \"vote_id\": {\"$binary\": {\"base64\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"subType\": \"04\"}},"
        " \"fp\": {\"$binary\": {\"base64\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"subType\": \"00\"}}}";
    fixture *fix = begin(state);
    archive(fix, RECORDS);
    log_kit_insert(&fix->kit, (vt_position){PARTITION, GAP}, json);
    assert_found(fix, "log: 4:500: there is a document, but no such record in the ledger");
    tamper(fix, GAP, NULL);
    log_kit_insert(&fix->kit, (vt_position){PARTITION, UNREADABLE}, json);
    assert_found(fix, "log: 4:600: there is a document of an unreadable record");
    tamper(fix, UNREADABLE, NULL);
    log_kit_insert(&fix->kit, (vt_position){PARTITION, 1}, json);
    assert_found(fix, "log: 4:1: there is a document, but no such record in the ledger");
}

static void test_a_damaged_document_is_named(void **state) {
    fixture *fix = begin(state);
    archive(fix, RECORDS);
    tamper(fix, 1200, "{\"$unset\": {\"data.name\": \"\"}}");
    assert_found(fix, "document of 4:1200 is damaged; what is behind it was not compared");
}

static void test_the_mark_is_named(void **state) {
    fixture *fix = begin(state);
    archive(fix, 40);
    fix->stand.mark.bytes[0] ^= 1;
    assert_found(fix, "log: partition 4: the mark at its position 42 is not that of the ledger");
}

static void test_it_ends_when_nobody_waits(void **state) {
    fixture *fix = begin(state);
    archive(fix, 40);
    fix->is_stopped = true;
    assert_int_equal(check(fix), VT_ERR_GONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_the_writer_made_agrees, end),
        cmocka_unit_test_teardown(test_a_missing_document_is_named, end),
        cmocka_unit_test_teardown(test_the_last_document_is_named, end),
        cmocka_unit_test_teardown(test_a_change_is_named, end),
        cmocka_unit_test_teardown(test_a_document_too_many_is_named, end),
        cmocka_unit_test_teardown(test_a_damaged_document_is_named, end),
        cmocka_unit_test_teardown(test_the_mark_is_named, end),
        cmocka_unit_test_teardown(test_it_ends_when_nobody_waits, end),
    };
    return cmocka_run_group_tests_name("count/verify_log", tests, NULL, NULL);
}
