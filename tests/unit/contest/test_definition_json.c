#include "definition_text.h"

#include "contest/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "01234567-89ab-cdef-0123-456789abcdef"
#define HEAD "{\"version\":1,\"ledger_id\":\"" ID "\",\"partitions\":0,\"contest\":\"x\""

static vt_definition *from_json(vt_slice text) {
    vt_definition *definition = NULL;
    vt_problem problem = {0};
    if (vt_definition_read_json(text, &definition, &problem) != VT_OK) {
        fail_msg("%s", problem.reason);
    }
    return definition;
}

static void test_canonical(void **state) {
    (void) state;
    vt_definition *definition =
        definition_of("bands: [{albums: [\"L\\\"1\", Ñandú], color: '#AAbbcc', name: B}, {name: A}]\n"
                      "results: 2027-01-01T00:00:00.5-06:00\nvotes_per_voter: {limit: 2, by: address}\n"
                      "opens: 2026-12-01T18:00:00-06:00\ncloses: 2026-12-02T18:00:00-06:00\n"
                      "title: {en: \"E/\\\\\", es: E}\ncontest: x\n");
    vt_definition_stamp stamp = {.version = 7, .partitions = 3, .secret_check = {0xAB, 1}};
    assert_true(vt_uuid_parse(VT_SLICE(ID), &stamp.ledger_id));
    vt_definition_set_stamp(definition, &stamp);
    vt_buf json;
    vt_buf_init(&json, 4096);
    assert_int_equal(vt_definition_write_json(vt_definition_contest(definition), &json), VT_OK);
    assert_text(vt_buf_slice(&json),
                "{\"version\":7,\"ledger_id\":\"" ID "\",\"partitions\":3,\"contest\":\"x\","
                "\"title\":{\"es\":\"E\",\"en\":\"E/\\\\\"},\"unknown_bands\":\"refuse\","
                "\"opens\":\"2026-12-02T00:00:00.000Z\",\"closes\":\"2026-12-03T00:00:00.000Z\","
                "\"results\":\"2027-01-01T06:00:00.500Z\",\"votes_per_voter\":{\"by\":\"address\",\"limit\":2},"
                "\"secret_check\":\"ab010000000000000000000000000000\","
                "\"bands\":[{\"name\":\"B\",\"color\":\"#AAbbcc\",\"albums\":[\"L\\\"1\",\"Ñandú\"]},"
                "{\"name\":\"A\",\"albums\":[]}]}");
    vt_definition *back = from_json(vt_buf_slice(&json));
    assert_true(vt_contest_same(vt_definition_contest(definition), vt_definition_contest(back)));
    assert_int_equal(vt_definition_contest(back)->version, 7);
    vt_definition_free(back);
    vt_definition_free(definition);
    vt_buf_release(&json);
}

/* A small generator of contests: the same seed, the same contest. */
static uint32_t pick(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % below;
}

static void append_text(vt_buf *yaml, uint32_t *seed, uint32_t unique) {
    static const char *const pieces[] = {"a", "Ñ", "\\\"", "\\\\",  " ", "€", "\\u00e9",
                                         "#", "'", "😀",    "\\x85", ":", "/"};
    assert_int_equal(vt_buf_appendf(yaml, "\"%u", unique), VT_OK);
    for (uint32_t i = pick(seed, 12); i > 0; i--) {
        assert_int_equal(vt_buf_appendf(yaml, "%s", pieces[pick(seed, sizeof pieces / sizeof pieces[0])]), VT_OK);
    }
    assert_int_equal(vt_buf_appendf(yaml, "\""), VT_OK);
}

static void append_bands(vt_buf *yaml, uint32_t *seed) {
    assert_int_equal(vt_buf_appendf(yaml, "unknown_bands: take\nbands:\n- {name: first}\n"), VT_OK);
    for (uint32_t i = pick(seed, 20); i > 0; i--) {
        assert_int_equal(vt_buf_appendf(yaml, "- name: "), VT_OK);
        append_text(yaml, seed, i);
        if (pick(seed, 2) > 0) {
            assert_int_equal(vt_buf_appendf(yaml, "\n  color: \"#%06x\"", pick(seed, 0x1000000)), VT_OK);
        }
        assert_int_equal(vt_buf_appendf(yaml, "\n  albums:\n  - zero\n"), VT_OK);
        for (uint32_t j = pick(seed, 8); j > 0; j--) {
            assert_int_equal(vt_buf_appendf(yaml, "  - "), VT_OK);
            append_text(yaml, seed, j);
            assert_int_equal(vt_buf_appendf(yaml, "\n"), VT_OK);
        }
    }
}

static void generate(vt_buf *yaml, uint32_t seed) {
    static const char *const results[] = {"always", "after_close", "2027-05-01T10:00:00.25+13:45"};
    static const char *const by[] = {"none", "code", "address"};
    assert_int_equal(vt_buf_appendf(yaml, "contest: c-%u\ntitle:\n  es: ", seed), VT_OK);
    append_text(yaml, &seed, 1);
    assert_int_equal(vt_buf_appendf(yaml, "\ncloses: 2026-%02u-%02uT%02u:00:00.%03uZ\nresults: %s\n",
                                    1 + pick(&seed, 12), 1 + pick(&seed, 28), pick(&seed, 24), pick(&seed, 1000),
                                    results[pick(&seed, 3)]),
                     VT_OK);
    assert_int_equal(vt_buf_appendf(yaml, "votes_per_voter: {by: %s, limit: %u}\n", by[pick(&seed, 3)],
                                    1 + pick(&seed, VT_CONTEST_VOTES_PER_VOTER_MAX)),
                     VT_OK);
    append_bands(yaml, &seed);
}

/* YAML → contest → JSON → contest: the contests are equal, and so are their JSON texts. */
static void test_round_trips(void **state) {
    (void) state;
    vt_buf yaml;
    vt_buf json;
    vt_buf again;
    vt_buf_init(&yaml, VT_CONTEST_FILE_BYTES_MAX);
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_buf_init(&again, VT_CONTEST_JSON_BYTES_MAX);
    for (uint32_t seed = 1; seed <= 300; seed++) {
        vt_buf_clear(&yaml);
        vt_buf_clear(&json);
        vt_buf_clear(&again);
        generate(&yaml, seed);
        const char *text;
        assert_int_equal(vt_buf_cstr(&yaml, &text), VT_OK);
        vt_definition *definition = definition_of(text);
        vt_definition_set_stamp(definition, &(vt_definition_stamp){.version = seed, .secret_check = {(uint8_t) seed}});
        assert_int_equal(vt_definition_write_json(vt_definition_contest(definition), &json), VT_OK);
        vt_definition *back = from_json(vt_buf_slice(&json));
        assert_true(vt_contest_same(vt_definition_contest(definition), vt_definition_contest(back)));
        assert_int_equal(vt_definition_write_json(vt_definition_contest(back), &again), VT_OK);
        assert_true(vt_slice_eq(vt_buf_slice(&json), vt_buf_slice(&again)));
        vt_definition_free(back);
        vt_definition_free(definition);
    }
    vt_buf_release(&again);
    vt_buf_release(&json);
    vt_buf_release(&yaml);
}

/* Whichever part does not fit: what was appended before stays, and nothing is left of the rest. */
static void test_full(void **state) {
    (void) state;
    vt_definition *definition = definition_of("{contest: x, bands: [{name: A, color: '#000000', albums: [B]}]}");
    vt_err err = VT_ERR_FULL;
    size_t max = 1;
    for (; err == VT_ERR_FULL && max < 1000; max++) {
        vt_buf json;
        vt_buf_init(&json, max);
        assert_int_equal(vt_buf_append_char(&json, '!'), VT_OK);
        err = vt_definition_write_json(vt_definition_contest(definition), &json);
        assert_true(err == VT_OK || json.len == 1);
        vt_buf_release(&json);
    }
    assert_int_equal(err, VT_OK);
    assert_true(max > 200);
    vt_definition_free(definition);
}

static void test_wrong_json(void **state) {
    (void) state;
    static const struct {
        const char *json;
        const char *reason;
    } cases[] = {
        {"", "not JSON: '[' or '{' expected near end of file"},
        {"[]", "must have keys and values (key: value)"},
        {"{\"contest\":\"x\"}", "the key \"version\" is missing"},
        {HEAD ",\"contest\":\"y\"}", "not JSON: duplicate object key near '\"contest\"'"},
        {HEAD ",\"more\":1}", "unknown key \"more\""},
        {HEAD ",\"title\":null}", "only texts, whole numbers, lists and objects are allowed"},
        {HEAD ",\"title\":{\"es\":true}}", "only texts, whole numbers, lists and objects are allowed"},
        {HEAD ",\"title\":{\"es\":\"\\u0001\"}}", "title.es: control characters are not allowed"},
        {HEAD ",\"q\":[[[[[[[[]]]]]]]]}", "the text is nested too deeply or holds too much"},
        {HEAD ",\"votes_per_voter\":{\"by\":\"code\"}}",
         "secret_check: must be there when votes are limited, and only then"},
        {HEAD ",\"secret_check\":\"00000000000000000000000000000000\"}",
         "secret_check: must be there when votes are limited, and only then"},
        {HEAD ",\"secret_check\":\"0000000000000000000000000000000g\"}",
         "secret_check: must have 32 hexadecimal digits"},
        {HEAD ",\"secret_check\":\"00\"}", "secret_check: must have 32 hexadecimal digits"},
        {"{\"version\":0}", "version: must be a whole number from 1 to 2147483647"},
        {"{\"version\":1,\"ledger_id\":\"x\"}", "ledger_id: must be a UUID"},
        {"{\"version\":1,\"partitions\":-1}", "partitions: must be a whole number from 0 to 1000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_definition *definition = NULL;
        vt_problem problem = {.reason = "taken"};
        assert_int_equal(vt_definition_read_json(vt_slice_str(cases[i].json), &definition, &problem),
                         VT_ERR_BAD_CONTEST);
        assert_string_equal(problem.reason, cases[i].reason);
        assert_null(definition);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_wrong_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
