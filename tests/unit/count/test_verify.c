#include "count_kit.h"

#include <stdio.h>
#include <unistd.h>

static int set_up(void **state) {
    static test_kit kit;
    count_kit_fill(&kit);
    *state = &kit;
    return 0;
}

static int tear_down(void **state) {
    kit_release(*state);
    return 0;
}

static void finds_nothing_wrong(void **state) {
    static vt_verify_report report;
    assert_int_equal(count_kit_verify(*state, &report), VT_OK);
    if (report.found.count != 0) {
        fail_msg("%s", report.found.text[0]);
    }
    assert_int_equal(report.position, COUNT_KIT_VOTES);
    assert_int_equal(report.ledger_end, COUNT_KIT_VOTES);
    assert_int_equal(report.records, COUNT_KIT_VOTES);
    assert_int_equal(report.votes, COUNT_KIT_VOTES);
    assert_int_equal(report.points, COUNT_KIT_VOTES * 3);
    assert_int_equal(report.pairs, 10);
}

static void finds_nothing_wrong_with_nothing(void **state) {
    static vt_verify_report report;
    test_kit kit;
    (void) state;
    kit_init(&kit);
    kit_open(&kit);
    assert_int_equal(count_kit_verify(&kit, &report), VT_OK);
    assert_int_equal(report.found.count, 0);
    assert_int_equal(report.position, 0);
    kit_release(&kit);
}

/* What was done to the file, and the words that the recount must say of it. */
typedef struct damage {
    const char *sql;
    const char *says;
    uint64_t differences_max;
} damage;

static const damage damages[] = {
    {"UPDATE tally SET votes = votes + 1 WHERE name = 'Band 3'", "band \"Band 3\", album \"Re\"", 1},
    {"UPDATE tally SET points = 0 WHERE name = 'Band 4'", "band \"Band 4\", album \"\"", 1},
    {"DELETE FROM tally WHERE name = 'Band 5'", "band \"Band 5\"", 1},
    {"INSERT INTO tally VALUES ('Nobody', 'x', 3, 3)", "band \"Nobody\", album \"x\": the tally has 3 votes", 1},
    {"UPDATE tally_state SET counted = 7", "the tally has counted 7 votes, the ledger has 3000", 1},
    {"UPDATE tally_state SET position = 2990", "the tally stands at position 2990, the ledger ends at 3000", 20},
    {"UPDATE tally_state SET link = zeroblob(16)", "another record at position 3000", 1},
    {"DELETE FROM tally_state", "the tally has no position", 20},
    {"UPDATE vote SET id = randomblob(16) WHERE position = 17", "position 17 was changed", 1},
    {"UPDATE vote SET id = x'00' WHERE position = 17", "position 17 is damaged", 20},
    {"UPDATE vote SET name = 'Band 1' WHERE position = 1001", "position 1001 was changed: its texts", 3},
    {"UPDATE vote SET name = '' WHERE position = 1001", "position 1001: name", 20},
    {"UPDATE vote SET name = ' Band 0' WHERE position = 1001", "position 1001: a text is not trimmed", 20},
    {"UPDATE vote SET year = CAST(x'ff' AS TEXT) WHERE position = 44", "position 44: year: the text is not valid", 1},
    {"UPDATE vote SET points = 900 WHERE position = 2", "position 2 was changed", 2},
    {"UPDATE vote SET at_ms = at_ms + 1 WHERE position = 2", "position 2 was changed", 1},
    {"UPDATE vote SET voter = NULL WHERE position = 2", "position 2 was changed", 1},
    {"UPDATE vote SET voter = zeroblob(16) WHERE position IN (2, 3, 4)", "more than 2 votes", 4},
    {"UPDATE vote SET link = zeroblob(16) WHERE position = 5", "position 5 was changed", 2},
    {"DELETE FROM vote WHERE position = 100", "position 100 is missing", 3},
    {"DELETE FROM vote WHERE position BETWEEN 100 AND 119", "positions 100 to 119 are missing", 20},
    {"DELETE FROM vote WHERE position = 3000", "the ledger ends at 2999", 4},
    {"DELETE FROM vote WHERE position = 1", "position 1 is missing", 4},
    {"INSERT INTO vote SELECT 3001, randomblob(16), at_ms, name, album, year, rank, NULL, points, fp, link FROM vote"
     " WHERE position = 3000",
     "position 3001 was changed", 2},
    {"UPDATE vote SET position = -1 WHERE position = 10; UPDATE vote SET position = 10 WHERE position = 20;"
     "UPDATE vote SET position = 20 WHERE position = -1",
     "position 10 was changed", 4},
    {"DELETE FROM log_block WHERE name = 'Band 7' AND block = 1", "positions 1024 to 2047: the log does not find band",
     1},
    {"DELETE FROM contest", "there are votes, but no contest", 1},
    {"DELETE FROM contest WHERE version = 1", "version 1 of the contest is missing", 1},
    {"DELETE FROM contest WHERE version = 2", "version 2 of the contest is missing", 1},
    {"UPDATE contest SET definition = '{\"a\":9}' WHERE version = 2", "version 2 of the contest was changed", 1},
    {"UPDATE contest SET at_ms = at_ms + 1 WHERE version = 3", "version 3 of the contest was changed", 1},
    {"UPDATE contest SET link = randomblob(16) WHERE version = 1", "version 1 of the contest was changed", 2},
    {"UPDATE contest SET link = x'00' WHERE version = 3", "version 3 of the contest was changed", 1},
};

static void names_every_damage(void **state) {
    (void) state;
    static vt_verify_report report;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        test_kit kit;
        count_kit_fill(&kit);
        kit_tamper(&kit, damages[i].sql);
        assert_int_equal(count_kit_verify(&kit, &report), VT_OK);
        bool is_named = false;
        for (uint32_t d = 0; d < report.found.listed; d++) {
            is_named = is_named || strstr(report.found.text[d], damages[i].says) != NULL;
        }
        if (!is_named || report.found.count > damages[i].differences_max) {
            fail_msg("%s: %llu differences, \"%s\"", damages[i].sql, (unsigned long long) report.found.count,
                     report.found.text[0]);
        }
        kit_release(&kit);
    }
}

/* An index that lacks an entry, as a damaged page may leave it: a repetition of that vote would be counted. */
static void sees_an_index_that_lacks_an_entry(void **state) {
    test_kit *kit = *state;
    static vt_verify_report report;
    kit_tamper(kit, "CREATE TABLE shadow (position INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);"
                    "INSERT INTO shadow SELECT position, id FROM vote WHERE position <> 17;"
                    "PRAGMA writable_schema = 1;"
                    "UPDATE sqlite_schema SET rootpage ="
                    " (SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_shadow_1')"
                    " WHERE name = 'sqlite_autoindex_vote_1'");
    assert_int_equal(count_kit_verify(kit, &report), VT_OK);
    assert_int_equal(report.found.count, 1);
    assert_string_equal(report.found.text[0], "position 17 is not found by its id");
}

static void sees_an_index_of_voters_that_lacks_an_entry(void **state) {
    test_kit *kit = *state;
    static vt_verify_report report;
    kit_tamper(kit, "CREATE INDEX shadow ON vote (voter) WHERE voter IS NOT NULL AND position <> 17;"
                    "PRAGMA writable_schema = 1;"
                    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'shadow')"
                    " WHERE name = 'vote_by_voter'; DELETE FROM sqlite_schema WHERE name = 'shadow'");
    assert_int_equal(count_kit_verify(kit, &report), VT_OK);
    assert_int_equal(report.found.count, 1);
    assert_string_equal(report.found.text[0], "2000 votes have a voter, but the index of voters has 1999");
}

static void says_where_the_file_cannot_be_read(void **state) {
    test_kit *kit = *state;
    static vt_verify_report report;
    char path[KIT_PATH_MAX];
    int64_t page = kit_number(kit, "SELECT max(pageno) FROM dbstat WHERE name = 'vote' AND pagetype = 'leaf'"
                                   " AND pageno < (SELECT max(pageno) FROM dbstat WHERE name = 'vote')");
    kit_path(path, kit->dir, "votes.db");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long) (page - 1) * 4096, SEEK_SET), 0);
    for (int i = 0; i < 4096; i++) {
        fputc(0xff, file);
    }
    fclose(file);
    assert_int_equal(count_kit_verify(kit, &report), VT_ERR_CORRUPT);
    assert_non_null(strstr(report.found.text[report.found.listed - 1], "cannot be read behind position"));
}

static void says_what_is_missing_from_the_file(void **state) {
    test_kit *kit = *state;
    static vt_verify_report report;
    kit_tamper(kit, "DROP TABLE tally");
    assert_int_equal(count_kit_verify(kit, &report), VT_ERR_CORRUPT);
    assert_string_equal(report.found.text[0], "the file cannot be read: no such table: tally");
}

static void note_progress(void *context, int64_t position, int64_t ledger_end) {
    int64_t *last = context;
    assert_true(position > *last && position <= ledger_end);
    *last = position;
}

static void recounts_beside_a_server(void **state) {
    enum { ITEMS = 20000 };
    static vt_append items[ITEMS];
    static vt_verify_report report;
    test_kit *kit = *state;
    kit_sink sink;
    vt_append *pointer;
    char reason[VT_STORE_REASON_MAX];
    vt_store *store = NULL;
    kit_sink_init(&sink);
    kit_open(kit);
    int recounts = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, COUNT_KIT_VOTES + 1 + i, i % 3 == 0 ? "Band 1" : "Band new", "");
        pointer = &items[i];
        vt_err err = VT_ERR_OVERLOADED;
        while (err == VT_ERR_OVERLOADED) {
            err = vt_ledger_append(kit->ledger, &pointer, 1);
        }
        assert_int_equal(err, VT_OK);
        if (i % 4000 == 2000) {
            int64_t last = 0;
            assert_int_equal(vt_store_open(kit->dir, VT_STORE_READ, &store, reason), VT_OK);
            assert_int_equal(vt_verify(store, COUNT_KIT_QUOTA, note_progress, &last, &report), VT_OK);
            if (report.found.count != 0) {
                fail_msg("%s", report.found.text[0]);
            }
            assert_int_equal(last, report.ledger_end);
            vt_store_close(store);
            recounts++;
        }
    }
    kit_sink_wait(&sink, ITEMS);
    assert_int_equal(recounts, 5);
    kit_close(kit);
    assert_int_equal(count_kit_verify(kit, &report), VT_OK);
    assert_int_equal(report.found.count, 0);
    assert_int_equal(report.votes, COUNT_KIT_VOTES + ITEMS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_nothing_wrong, set_up, tear_down),
        cmocka_unit_test(finds_nothing_wrong_with_nothing),
        cmocka_unit_test(names_every_damage),
        cmocka_unit_test_setup_teardown(sees_an_index_that_lacks_an_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_an_index_of_voters_that_lacks_an_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_where_the_file_cannot_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_missing_from_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recounts_beside_a_server, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
