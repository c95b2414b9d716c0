#include "definition_text.h"

#include "contest/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char whole[] =
    "contest: bandas-2026\n"
    "title: {es: La mejor banda, en: The best band}\n"
    "unknown_bands: refuse\n"
    "opens: 2026-12-01T18:00:00-06:00\n"
    "closes: 2026-12-02T00:00:00-06:00\n"
    "results: after_close\n"
    "votes_per_voter: {by: code, limit: 3}\n"
    "bands:\n"
    "  - name: '  Viernes Verde '\n"
    "    color: \"#00AA7b\"\n"
    "  - {name: Alux Nahual, color: '#2e7d32', albums: [Alto al fuego, \"Centroam\\xe9rica\"]}\n"
    "  - name: 1984\n"
    "    albums: []\n";

static void test_every_key(void **state) {
    (void) state;
    vt_definition *definition = definition_of(whole);
    const vt_contest *contest = vt_definition_contest(definition);
    assert_text(contest->name, "bandas-2026");
    assert_text(contest->title_es, "La mejor banda");
    assert_text(contest->title_en, "The best band");
    assert_false(contest->takes_unknown_bands);
    assert_int_equal(contest->opens_at_ms, 1796169600000);
    assert_int_equal(contest->closes_at_ms, 1796191200000);
    assert_int_equal(contest->results_shown, VT_RESULTS_AFTER_CLOSE);
    assert_int_equal(contest->limit_by, VT_LIMIT_CODE);
    assert_int_equal(contest->votes_per_voter, 3);
    assert_int_equal(contest->version, 0);
    assert_int_equal(contest->bands_count, 3);
    assert_text(contest->bands[0].name, "Viernes Verde");
    assert_text(contest->bands[0].color, "#00AA7b");
    assert_int_equal(contest->bands[0].albums_count, 0);
    assert_int_equal(contest->bands[1].albums_count, 2);
    assert_text(contest->bands[1].albums[1], "Centroamérica");
    assert_text(contest->bands[2].name, "1984");
    assert_int_equal(contest->bands[2].color.len, 0);
    /* In the order of bytes. */
    assert_text(contest->bands_by_name[0]->name, "1984");
    assert_text(contest->bands_by_name[2]->name, "Viernes Verde");
    assert_ptr_equal(vt_contest_band(contest, VT_SLICE("Alux Nahual")), &contest->bands[1]);
    assert_null(vt_contest_band(contest, VT_SLICE("alux nahual")));
    vt_definition_free(definition);
}

static void test_what_is_left_out(void **state) {
    (void) state;
    vt_definition *definition = definition_of("contest: x");
    const vt_contest *contest = vt_definition_contest(definition);
    assert_text(contest->title_es, "x");
    assert_text(contest->title_en, "x");
    assert_true(contest->takes_unknown_bands);
    assert_int_equal(contest->opens_at_ms, 0);
    assert_int_equal(contest->closes_at_ms, 0);
    assert_int_equal(contest->results_shown, VT_RESULTS_ALWAYS);
    assert_int_equal(contest->limit_by, VT_LIMIT_NONE);
    assert_int_equal(contest->votes_per_voter, 0);
    vt_definition_free(definition);

    definition = definition_of("{contest: x, title: {en: Best}, bands: [{name: A}],\n"
                               " votes_per_voter: {by: address}, results: 2027-01-01T00:00:00Z}");
    contest = vt_definition_contest(definition);
    assert_text(contest->title_es, "Best");
    assert_false(contest->takes_unknown_bands);
    assert_int_equal(contest->votes_per_voter, 1);
    assert_int_equal(contest->results_shown, VT_RESULTS_FROM);
    assert_int_equal(contest->results_from_ms, 1798761600000);
    vt_definition_free(definition);

    definition = definition_of("title: {es: Mejor}\nbands: []\ncontest: x\nvotes_per_voter: {by: none, limit: 1}");
    contest = vt_definition_contest(definition);
    assert_text(contest->title_en, "Mejor");
    assert_true(contest->takes_unknown_bands);
    assert_int_equal(contest->votes_per_voter, 0);
    vt_definition_free(definition);
}

static void test_open_default(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    assert_int_equal(vt_definition_open_default(VT_SLICE("votaton"), &definition), VT_OK);
    vt_definition *written = definition_of("contest: votaton");
    assert_true(vt_contest_same(vt_definition_contest(definition), vt_definition_contest(written)));
    vt_definition_free(written);
    vt_definition_free(definition);
    definition = NULL;
    assert_int_equal(vt_definition_open_default(VT_SLICE(""), &definition), VT_ERR_BAD_CONTEST);
    assert_int_equal(vt_definition_open_default(VT_SLICE("No"), &definition), VT_ERR_BAD_CONTEST);
    assert_null(definition);
    vt_definition_free(NULL);
}

static void test_stamp(void **state) {
    (void) state;
    vt_definition_stamp stamp = {.version = 4, .ledger_id = {{1, 2, 3}}, .partitions = 6, .secret_check = {9, 9}};
    static const uint8_t zeros[VT_SECRET_CHECK_LEN] = {0};
    vt_definition *definition = definition_of("contest: x");
    vt_definition_set_stamp(definition, &stamp);
    assert_memory_equal(vt_definition_contest(definition)->secret_check, zeros, sizeof zeros);
    assert_int_equal(vt_definition_contest(definition)->version, 4);
    assert_int_equal(vt_definition_contest(definition)->partitions, 6);
    assert_int_equal(vt_definition_contest(definition)->ledger_id.bytes[2], 3);
    vt_definition_free(definition);
    definition = definition_of("{contest: x, votes_per_voter: {by: code}}");
    vt_definition_set_stamp(definition, &stamp);
    assert_memory_equal(vt_definition_contest(definition)->secret_check, stamp.secret_check, sizeof zeros);
    vt_definition_free(definition);
}

static void test_load(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    vt_problem problem;
    assert_int_equal(vt_definition_load_yaml(CONTEST_EXAMPLE, &definition, &problem), VT_OK);
    assert_text(vt_definition_contest(definition)->name, "bandas-2026");
    assert_non_null(vt_contest_band(vt_definition_contest(definition), VT_SLICE("Bohemia Suburbana")));
    vt_definition_free(definition);
    definition = NULL;
    assert_int_equal(vt_definition_load_yaml("/nonexistent/x.yaml", &definition, &problem), VT_ERR_SYSTEM);
    assert_string_equal(problem.reason, "cannot read it: No such file or directory");
    assert_int_equal(vt_definition_load_yaml("/", &definition, &problem), VT_ERR_SYSTEM);
    assert_string_equal(problem.reason, "cannot read it: Is a directory");
    assert_null(definition);
}

/* Files of the greatest size and one byte more. */
static void test_load_limit(void **state) {
    (void) state;
    char path[] = "/tmp/votaton-contest-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    char *text = malloc(VT_CONTEST_FILE_BYTES_MAX + 1);
    memset(text, '\n', VT_CONTEST_FILE_BYTES_MAX + 1);
    memcpy(text, "contest: x", 10);
    assert_int_equal(write(file, text, VT_CONTEST_FILE_BYTES_MAX), VT_CONTEST_FILE_BYTES_MAX);
    vt_definition *definition = NULL;
    vt_problem problem;
    assert_int_equal(vt_definition_load_yaml(path, &definition, &problem), VT_OK);
    vt_definition_free(definition);
    definition = NULL;
    assert_int_equal(write(file, "\n", 1), 1);
    assert_int_equal(vt_definition_load_yaml(path, &definition, &problem), VT_ERR_BAD_CONTEST);
    assert_string_equal(problem.reason, "more than 1048576 bytes");
    assert_null(definition);
    free(text);
    close(file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),    cmocka_unit_test(test_what_is_left_out),
        cmocka_unit_test(test_open_default), cmocka_unit_test(test_stamp),
        cmocka_unit_test(test_load),         cmocka_unit_test(test_load_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
