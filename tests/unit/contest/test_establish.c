/* Against a ledger in memory, which can be made to lose races and to fail. The adapters' own tests keep their side of
 * the port. */
#include "definition_text.h"

#include "contest/change.h"
#include "contest/establish.h"
#include "ledger/ledger_null.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSIONS_MAX = 8 };

typedef struct memory_ledger {
    vt_ledger ledger; /* first: a vt_ledger * points here */
    vt_buf versions[VERSIONS_MAX];
    uint32_t count;
    const char *rivals[VERSIONS_MAX]; /* YAML of others, each appended just before we would have */
    uint32_t rivals_count;
    uint32_t rivals_max;
    vt_err latest_err;
    vt_err append_err;
    size_t votes;
    int appends;
} memory_ledger;

static vt_err latest(vt_ledger *ledger, vt_buf *json, uint32_t *version) {
    memory_ledger *memory = (memory_ledger *) ledger;
    if (memory->latest_err != VT_OK) {
        return memory->latest_err;
    }
    *version = memory->count;
    return memory->count == 0 ? VT_OK : vt_buf_append_slice(json, vt_buf_slice(&memory->versions[memory->count - 1]));
}

static void store(memory_ledger *memory, vt_slice json) {
    assert_true(memory->count < VERSIONS_MAX);
    vt_buf *to = &memory->versions[memory->count++];
    vt_buf_init(to, VT_CONTEST_JSON_BYTES_MAX);
    assert_int_equal(vt_buf_append_slice(to, json), VT_OK);
}

static void store_yaml(memory_ledger *memory, const char *yaml, const vt_definition_stamp *stamp) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_definition *definition = definition_of(yaml);
    vt_definition_set_stamp(definition, stamp);
    assert_int_equal(vt_definition_write_json(vt_definition_contest(definition), &json), VT_OK);
    store(memory, vt_buf_slice(&json));
    vt_definition_free(definition);
    vt_buf_release(&json);
}

static vt_err append(vt_ledger *ledger, uint32_t version, vt_slice json) {
    memory_ledger *memory = (memory_ledger *) ledger;
    memory->appends++;
    if (memory->append_err != VT_OK) {
        return memory->append_err;
    }
    if (memory->rivals_count < memory->rivals_max) {
        vt_definition_stamp stamp = {.version = memory->count + 1, .ledger_id = ledger->id};
        store_yaml(memory, memory->rivals[memory->rivals_count++], &stamp);
    }
    if (version != memory->count + 1) {
        return VT_ERR_IN_USE;
    }
    store(memory, json);
    return VT_OK;
}

static vt_err read_rows(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                        size_t *count) {
    memory_ledger *memory = (memory_ledger *) ledger;
    (void) rows;
    assert_int_equal(after.offset, 0);
    assert_true(until.offset > 0);
    *count = memory->votes < rows_max ? memory->votes : rows_max;
    return VT_OK;
}

static const vt_ledger_backend backend = {.contest_latest = latest, .contest_append = append, .read = read_rows};

static memory_ledger memory;
static vt_secret secret;
static char file[] = "/tmp/votaton-contest-XXXXXX";
static char reason[VT_REASON_MAX];

static int setup(void **state) {
    (void) state;
    memory = (memory_ledger){.ledger = {.backend = &backend, .id = {{1, 2, 3}}}};
    strcpy(file, "/tmp/votaton-contest-XXXXXX");
    int made = mkstemp(file);
    close(made);
    reason[0] = '\0';
    return made >= 0 && vt_secret_load("a secret of the tests", NULL, &secret, reason) == VT_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void) state;
    for (uint32_t i = 0; i < memory.count; i++) {
        vt_buf_release(&memory.versions[i]);
    }
    return unlink(file);
}

static const char *file_of(const char *yaml) {
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(yaml, out) >= 0);
    assert_int_equal(fclose(out), 0);
    return file;
}

static vt_definition *established(const char *path, int64_t now_ms) {
    vt_definition *definition = NULL;
    if (vt_contest_establish(&memory.ledger, path, &secret, now_ms, &definition, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    return definition;
}

static void assert_refused(const char *path, int64_t now_ms, vt_err expected, const char *why) {
    vt_definition *definition = NULL;
    assert_int_equal(vt_contest_establish(&memory.ledger, path, &secret, now_ms, &definition, reason), expected);
    assert_string_equal(reason, why);
    assert_null(definition);
}

/* What is stored says the same as what the role works with. */
static void assert_stored(const vt_definition *definition, uint32_t version) {
    assert_int_equal(memory.count, version);
    assert_int_equal(vt_definition_contest(definition)->version, version);
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    assert_int_equal(vt_definition_write_json(vt_definition_contest(definition), &json), VT_OK);
    assert_true(vt_slice_eq(vt_buf_slice(&json), vt_buf_slice(&memory.versions[version - 1])));
    vt_buf_release(&json);
}

static void test_the_open_contest(void **state) {
    (void) state;
    vt_definition *first = established(NULL, 1);
    assert_stored(first, 1);
    assert_text(vt_definition_contest(first)->name, VT_CONTEST_DEFAULT_NAME);
    assert_int_equal(vt_definition_contest(first)->ledger_id.bytes[1], 2);
    vt_definition *second = established(NULL, 2);
    assert_stored(second, 1);
    assert_int_equal(memory.appends, 1);
    vt_definition_free(second);
    vt_definition_free(first);
}

static void test_versions(void **state) {
    (void) state;
    vt_definition *definition = established(file_of("contest: x\nopens: 2026-12-01T00:00:00Z\n"), 1);
    assert_stored(definition, 1);
    vt_definition_free(definition);
    definition = established(file, 2); /* the same again */
    assert_stored(definition, 1);
    vt_definition_free(definition);
    definition = established(file_of("contest: x\nopens: 2026-12-01T00:00:00Z\nbands: [{name: A}]\n"), 3);
    assert_stored(definition, 2);
    vt_definition_free(definition);
    definition = established(NULL, 4); /* the stored one stands */
    assert_stored(definition, 2);
    assert_int_equal(vt_definition_contest(definition)->bands_count, 1);
    vt_definition_free(definition);
    assert_refused(file_of("contest: x\nopens: 2026-12-01T00:00:00Z\n"), 1796083200000, VT_ERR_BAD_CONTEST,
                   "the contest has opened: \"unknown_bands\" can no longer change, only title, color, opens, closes "
                   "and results; another contest needs another --data directory or another topic");
    assert_int_equal(memory.count, 2);
}

static void test_wrong_files(void **state) {
    (void) state;
    char why[VT_REASON_MAX];
    snprintf(why, sizeof why, "%s: line 2: unknown key \"band\"; did you mean \"bands\"?", file);
    assert_refused(file_of("contest: x\nband: []\n"), 1, VT_ERR_BAD_CONTEST, why);
    assert_refused("/nonexistent.yaml", 1, VT_ERR_SYSTEM,
                   "/nonexistent.yaml: cannot read it: No such file or directory");
    assert_int_equal(memory.count, 0);
}

static void test_secrets(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    file_of("contest: x\nvotes_per_voter: {by: code}\n");
    assert_int_equal(vt_contest_establish(&memory.ledger, file, NULL, 1, &definition, reason), VT_ERR_BAD_CONFIG);
    assert_string_equal(reason, "a contest that limits votes needs a secret");
    definition = established(file, 1);
    assert_stored(definition, 1);
    uint8_t check[VT_SECRET_CHECK_LEN];
    vt_secret_check(&secret, &memory.ledger.id, check);
    assert_memory_equal(vt_definition_contest(definition)->secret_check, check, sizeof check);
    vt_definition_free(definition);
    definition = NULL;
    assert_int_equal(vt_contest_establish(&memory.ledger, NULL, NULL, 1, &definition, reason), VT_ERR_BAD_CONFIG);
    assert_int_equal(vt_secret_load("another secret of tests", NULL, &secret, reason), VT_OK);
    assert_refused(NULL, 1, VT_ERR_OTHER_SECRET, "the contest was made with another secret");
    assert_refused(file, 1, VT_ERR_OTHER_SECRET, "the contest was made with another secret");
    assert_null(definition);
}

static void test_reading_needs_no_secret_and_stores_nothing(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    assert_int_equal(vt_contest_read(&memory.ledger, &definition, reason), VT_ERR_NOT_FOUND);
    assert_string_equal(reason, "the ledger has no contest yet");
    vt_definition_free(established(file_of("contest: x\nvotes_per_voter: {by: code}\n"), 1));
    assert_int_equal(memory.appends, 1);
    assert_int_equal(vt_contest_read(&memory.ledger, &definition, reason), VT_OK);
    assert_stored(definition, 1);
    vt_definition_free(definition);
    memory.ledger.id.bytes[0]++;
    definition = NULL;
    assert_int_equal(vt_contest_read(&memory.ledger, &definition, reason), VT_ERR_OTHER_LEDGER);
    assert_null(definition);
}

static void test_no_secret_is_needed_without_a_limit(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    assert_int_equal(vt_contest_establish(&memory.ledger, NULL, NULL, 1, &definition, reason), VT_OK);
    vt_definition_free(definition);
}

static void test_strange_ledgers(void **state) {
    (void) state;
    vt_definition_stamp stamp = {.version = 1, .ledger_id = {{9}}};
    store_yaml(&memory, "contest: x", &stamp);
    assert_refused(NULL, 1, VT_ERR_OTHER_LEDGER, "the stored contest belongs to another ledger");
    stamp = (vt_definition_stamp){.version = 2, .ledger_id = memory.ledger.id, .partitions = 6};
    store_yaml(&memory, "contest: x", &stamp);
    assert_refused(NULL, 1, VT_ERR_OTHER_LEDGER, "the stored contest belongs to another ledger");
    stamp = (vt_definition_stamp){.version = 7, .ledger_id = memory.ledger.id};
    store_yaml(&memory, "contest: x", &stamp);
    assert_refused(NULL, 1, VT_ERR_CORRUPT, "version 3 of the stored contest calls itself 7");
    store(&memory, VT_SLICE("{"));
    assert_refused(NULL, 1, VT_ERR_CORRUPT,
                   "the stored contest cannot be read: not JSON: string or '}' expected near end of file");
    memory.latest_err = VT_ERR_CORRUPT;
    assert_refused(NULL, 1, VT_ERR_CORRUPT, "a version of the stored contest is missing or was changed");
    memory.latest_err = VT_ERR_IO;
    assert_refused(NULL, 1, VT_ERR_IO, "the stored contest cannot be read: input/output error");
}

static void test_votes_without_their_contest(void **state) {
    (void) state;
    memory.votes = 1;
    assert_refused(NULL, 1, VT_ERR_CORRUPT, "the ledger has votes, but its contest is missing");
    assert_refused(file_of("contest: x"), 1, VT_ERR_CORRUPT, "the ledger has votes, but its contest is missing");
    assert_int_equal(memory.appends, 0);
    memory.votes = 0;
    vt_definition_free(established(NULL, 1));
    memory.votes = 1;
    vt_definition_free(established(NULL, 1));
}

static void test_append_fails(void **state) {
    (void) state;
    memory.append_err = VT_ERR_BUSY;
    assert_refused(NULL, 1, VT_ERR_BUSY, "the contest cannot be stored: temporarily unavailable");
    assert_int_equal(memory.appends, 1);
}

static void test_a_lost_race_takes_the_winner(void **state) {
    (void) state;
    memory.rivals[0] = "contest: rival";
    memory.rivals_max = 1;
    vt_definition *definition = established(NULL, 1);
    assert_stored(definition, 1);
    assert_text(vt_definition_contest(definition)->name, "rival");
    vt_definition_free(definition);
}

static void test_a_lost_race_checks_the_change_again(void **state) {
    (void) state;
    memory.rivals[0] = "contest: rival";
    memory.rivals_max = 1;
    assert_refused(file_of("contest: x"), 1, VT_ERR_BAD_CONTEST,
                   "the contest has opened: \"contest\" can no longer change, only title, color, opens, closes and "
                   "results; another contest needs another --data directory or another topic");
    assert_int_equal(memory.count, 1);
}

static void test_two_lost_races_then_ours(void **state) {
    (void) state;
    memory.rivals[0] = "contest: x\ntitle: {es: one}";
    memory.rivals[1] = "contest: x\ntitle: {es: two}";
    memory.rivals_max = 2;
    vt_definition *definition = established(file_of("contest: x\ntitle: {es: ours}"), 1);
    assert_stored(definition, 3);
    assert_text(vt_definition_contest(definition)->title_es, "ours");
    vt_definition_free(definition);
}

static void test_three_lost_races_are_enough(void **state) {
    (void) state;
    memory.rivals[0] = "contest: x\ntitle: {es: one}";
    memory.rivals[1] = "contest: x\ntitle: {es: two}";
    memory.rivals[2] = "contest: x\ntitle: {es: three}";
    memory.rivals_max = 3;
    assert_refused(file_of("contest: x\ntitle: {es: ours}"), 1, VT_ERR_IN_USE,
                   "the contest cannot be stored: already in use by another process");
    assert_int_equal(memory.appends, VT_ESTABLISH_ATTEMPTS_MAX);
}

static void test_a_ledger_that_forgets(void **state) {
    (void) state;
    vt_ledger *null;
    assert_int_equal(vt_ledger_null_open(&null), VT_OK);
    vt_definition *definition = NULL;
    assert_int_equal(vt_contest_establish(null, file_of("contest: x"), &secret, 1, &definition, reason), VT_OK);
    vt_id id = vt_ledger_id(null);
    assert_true(vt_id_eq(&vt_definition_contest(definition)->ledger_id, &id));
    assert_int_equal(vt_definition_contest(definition)->version, 1);
    vt_definition_free(definition);
    vt_ledger_close(null);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_the_open_contest),
        TEST(test_versions),
        TEST(test_wrong_files),
        TEST(test_secrets),
        TEST(test_reading_needs_no_secret_and_stores_nothing),
        TEST(test_no_secret_is_needed_without_a_limit),
        TEST(test_strange_ledgers),
        TEST(test_votes_without_their_contest),
        TEST(test_append_fails),
        TEST(test_a_lost_race_takes_the_winner),
        TEST(test_a_lost_race_checks_the_change_again),
        TEST(test_two_lost_races_then_ours),
        TEST(test_three_lost_races_are_enough),
        TEST(test_a_ledger_that_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
