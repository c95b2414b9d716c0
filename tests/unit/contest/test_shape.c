/* Wrong files: the line and the reason that the organiser sees. */
#include "contest/document.h"
#include "definition_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wrong_file {
    const char *yaml;
    const char *printed;
} wrong_file;

static const wrong_file wrong_files[] = {
    {"", "the file is empty"},
    {"# only a comment\n", "the file is empty"},
    {"just words", "line 1: must have keys and values (key: value)"},
    {"- a\n- b\n", "line 1: must have keys and values (key: value)"},
    {"title: {es: x}", "line 1: the key \"contest\" is missing"},
    {"contest: x\ncontest: y\n", "line 2: contest: is given twice"},
    {"contest: x\nbans: []\n", "line 2: unknown key \"bans\"; did you mean \"bands\"?"},
    {"contest: x\nOpens: x\n", "line 2: unknown key \"Opens\"; did you mean \"opens\"?"},
    {"contest: x\nunknown-bands: take\n", "line 2: unknown key \"unknown-bands\"; did you mean \"unknown_bands\"?"},
    {"contest: x\nq: []\n", "line 2: unknown key \"q\""},
    {"contest: x\nsomething_else_altogether: 1\n", "line 2: unknown key \"something_else_altogether\""},
    {"contest: x\n\"a\\x1b[2J\": 1\n", "line 2: unknown key \"a?[2J\""},
    {"contest: x\nversion: 1\n", "line 2: unknown key \"version\""},
    {"contest: x\n? [a, b]\n: 1\n", "line 2: a key must be a text"},
    {"contest:\n", "line 1: contest: must be a short name: 1 to 64 of a-z, 0-9 and -"},
    {"contest: Bandas\n", "line 1: contest: must be a short name: 1 to 64 of a-z, 0-9 and -"},
    {"contest: [x]\n", "line 1: contest: must be a short name: 1 to 64 of a-z, 0-9 and -"},
    {"contest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "line 1: contest: must be a short name: 1 to 64 of a-z, 0-9 and -"},
    {"contest: x\ntitle: La mejor\n", "line 2: title: must have keys and values (key: value)"},
    {"contest: x\ntitle:\n  es: Mejor\n  fr: Mieux\n", "line 4: title: unknown key \"fr\""},
    {"contest: x\ntitle: {es: ''}\n", "line 2: title.es: must not be empty"},
    {"contest: x\ntitle: {es: [a]}\n", "line 2: title.es: must be a text"},
    {"contest: x\ntitle: {es: \"a\\x7fb\"}\n", "line 2: title.es: control characters are not allowed"},
    {"contest: x\ntitle: {es: \"a\\0b\"}\n", "line 2: title.es: control characters are not allowed"},
    {"contest: x\ntitle:\n  es: |\n    a\n    b\n", "line 3: title.es: control characters are not allowed"},
    {"contest: x\nunknown_bands: yes\n", "line 2: unknown_bands: must be refuse or take"},
    {"contest: x\nunknown_bands: refuse\n", "line 2: unknown_bands: refuse needs bands, or nobody can vote"},
    {"contest: x\nopens: 2026-12-01T18:00:00\n",
     "line 2: opens: must be a time with its offset, like 2026-12-01T18:00:00-06:00"},
    {"contest: x\ncloses: [2026]\n", "line 2: closes: must be a time with its offset, like 2026-12-01T18:00:00-06:00"},
    {"closes: 2026-12-01T00:00:00Z\nopens: 2026-12-01T00:00:00Z\ncontest: x\n", "line 1: closes: must be after opens"},
    {"contest: x\nresults: never\n", "line 2: results: must be always, after_close or a time with its offset"},
    {"contest: x\nresults: {}\n", "line 2: results: must be always, after_close or a time with its offset"},
    {"contest: x\nresults: after_close\n", "line 2: results: after_close needs the key \"closes\""},
    {"contest: x\nvotes_per_voter: 1\n", "line 2: votes_per_voter: must have keys and values (key: value)"},
    {"contest: x\nvotes_per_voter: {limit: 1}\n", "line 2: votes_per_voter: the key \"by\" is missing"},
    {"contest: x\nvotes_per_voter: {by: cookie}\n", "line 2: votes_per_voter.by: must be none, code or address"},
    {"contest: x\nvotes_per_voter: {by: code, limit: 0}\n",
     "line 2: votes_per_voter.limit: must be a whole number from 1 to 1000"},
    {"contest: x\nvotes_per_voter: {by: code, limit: 1001}\n",
     "line 2: votes_per_voter.limit: must be a whole number from 1 to 1000"},
    {"contest: x\nvotes_per_voter: {by: code, limit: 4294967297}\n",
     "line 2: votes_per_voter.limit: must be a whole number from 1 to 1000"},
    {"contest: x\nvotes_per_voter: {by: code, limit: -1}\n",
     "line 2: votes_per_voter.limit: must be a whole number from 1 to 1000"},
    {"contest: x\nvotes_per_voter: {by: code, limit: }\n",
     "line 2: votes_per_voter.limit: must be a whole number from 1 to 1000"},
    {"contest: x\nbands:\n", "line 2: bands: must be a list"},
    {"contest: x\nbands: {name: A}\n", "line 2: bands: must be a list"},
    {"contest: x\nbands:\n  - Alux\n", "line 3: bands[0]: must have keys and values (key: value)"},
    {"contest: x\nbands:\n  - color: '#ffffff'\n", "line 3: bands[0]: the key \"name\" is missing"},
    {"contest: x\nbands:\n  - name: A\n    colour: '#ffffff'\n",
     "line 4: bands[0]: unknown key \"colour\"; did you mean \"color\"?"},
    {"contest: x\nbands:\n  - name: A\n    name: B\n", "line 4: bands[0].name: is given twice"},
    {"contest: x\nbands:\n  - name: A\n  - name: '  '\n", "line 4: bands[1].name: must not be empty"},
    {"contest: x\nbands:\n  - name: A\n  - name: B\n  - name: ' A '\n",
     "line 5: bands: the name of bands[2] is already that of bands[0]"},
    {"contest: x\nbands:\n  - name: A\n    color: #ffffff\n",
     "line 4: bands[0].color: must be \"#rrggbb\", with its quotes"},
    {"contest: x\nbands:\n  - name: A\n    color: red\n",
     "line 4: bands[0].color: must be \"#rrggbb\", with its quotes"},
    {"contest: x\nbands:\n  - name: A\n    color: '#ggffff'\n",
     "line 4: bands[0].color: must be \"#rrggbb\", with its quotes"},
    {"contest: x\nbands:\n  - name: A\n    albums: B\n", "line 4: bands[0].albums: must be a list"},
    {"contest: x\nbands:\n  - name: A\n    albums:\n      - B\n      - ''\n",
     "line 6: bands[0].albums[1]: must not be empty"},
    {"contest: x\nbands:\n  - name: A\n    albums:\n      - B\n      - C\n      - B\n",
     "line 7: bands[0].albums[2]: is the same album as albums[0]"},
    {"contest: &a x\n", "line 1: anchors (&) are not allowed"},
    {"contest: x\nbands: &a []\n", "line 2: anchors (&) are not allowed"},
    {"contest: x\ntitle: &a {es: x}\n", "line 2: anchors (&) are not allowed"},
    {"contest: x\nbands: *a\n", "line 2: aliases (*) are not allowed"},
    {"contest: !!str x\n", "line 1: tags (!) are not allowed"},
    {"contest: ! x\n", "line 1: tags (!) are not allowed"},
    {"contest: x\nbands: !x []\n", "line 2: tags (!) are not allowed"},
    {"contest: x\n<<: {title: {es: x}}\n", "line 2: merge keys (<<) are not allowed"},
    {"%YAML 1.1\n---\ncontest: x\n", "line 1: directives (%) are not allowed"},
    {"%TAG ! tag:x,2000:\n---\ncontest: x\n", "line 1: directives (%) are not allowed"},
    {"contest: x\n---\ncontest: y\n", "line 2: only one document (---) is allowed"},
    {"contest: x\nq: [[[[[[[[]]]]]]]]\n", "line 2: the file is nested too deeply or holds too much"},
    {"contest: x\nbands: [\n", "line 3: not YAML: did not find expected node content"},
    {"contest: x\n\tbands: []\n", "line 2: not YAML: found a tab character that violates indentation"},
    {"contest: x\n\ntitle: {es: \"\xff\"}\n", "line 3: not YAML in UTF-8: invalid leading UTF-8 octet"},
    {"contest: x\ntitle: {es: \"\xed\xa0\x80\"}\n", "line 2: not YAML in UTF-8: invalid Unicode character"},
    {"contest: x\ntitle: {es: \"\x01\"}\n", "line 2: not YAML in UTF-8: control characters are not allowed"},
};

static void test_wrong_files(void **state) {
    (void) state;
    for (size_t i = 0; i < sizeof wrong_files / sizeof wrong_files[0]; i++) {
        vt_definition *definition = NULL;
        vt_problem problem = {0};
        char printed[VT_REASON_MAX] = "taken";
        if (vt_definition_read_yaml(vt_slice_str(wrong_files[i].yaml), &definition, &problem) == VT_ERR_BAD_CONTEST) {
            vt_problem_print(&problem, printed);
        }
        assert_string_equal(printed, wrong_files[i].printed);
        assert_null(definition);
    }
}

static void refused(vt_buf *yaml, const char *reason) {
    vt_definition *definition = NULL;
    vt_problem problem;
    assert_int_equal(vt_definition_read_yaml(vt_buf_slice(yaml), &definition, &problem), VT_ERR_BAD_CONTEST);
    assert_string_equal(problem.reason, reason);
}

static void taken(vt_buf *yaml) {
    const char *text;
    assert_int_equal(vt_buf_cstr(yaml, &text), VT_OK);
    vt_definition_free(definition_of(text));
}

static void repeat(vt_buf *yaml, const char *text, int count) {
    for (int i = 0; i < count; i++) {
        assert_int_equal(vt_buf_append_slice(yaml, vt_slice_str(text)), VT_OK);
    }
}

static void restart(vt_buf *yaml, const char *text) {
    vt_buf_clear(yaml);
    repeat(yaml, text, 1);
}

static void append_band(vt_buf *yaml, int number, int albums) {
    assert_int_equal(vt_buf_appendf(yaml, "- name: band %d\n  albums: [", number), VT_OK);
    for (int i = 0; i < albums; i++) {
        assert_int_equal(vt_buf_appendf(yaml, "%s%d", i == 0 ? "" : ", ", i), VT_OK);
    }
    assert_int_equal(vt_buf_appendf(yaml, "]\n"), VT_OK);
}

/* Every limit: at it, and one beyond. */
static void test_limits(void **state) {
    (void) state;
    vt_buf yaml;
    vt_buf_init(&yaml, 2 * VT_CONTEST_FILE_BYTES_MAX);
    restart(&yaml, "contest: x\nbands:\n- name: ");
    repeat(&yaml, "ñ", VT_FIELD_BYTES_MAX / 2);
    taken(&yaml);
    repeat(&yaml, "n", 1);
    refused(&yaml, "bands[0].name: has 129 bytes; at most 128 are allowed");

    restart(&yaml, "contest: x\ntitle:\n  es: ");
    repeat(&yaml, "e", VT_CONTEST_TITLE_BYTES_MAX);
    taken(&yaml);
    repeat(&yaml, "e", 1);
    refused(&yaml, "title.es: has 201 bytes; at most 200 are allowed");

    restart(&yaml, "contest: x\nbands:\n");
    for (int i = 0; i < VT_CONTEST_BANDS_MAX; i++) {
        append_band(&yaml, i, 4);
    }
    taken(&yaml);
    append_band(&yaml, VT_CONTEST_BANDS_MAX, 0);
    refused(&yaml, "bands: has 1025 items; at most 1024 are allowed");

    restart(&yaml, "contest: x\nbands:\n");
    for (int i = 0; i < VT_CONTEST_PAIRS_MAX / VT_CONTEST_ALBUMS_MAX; i++) {
        append_band(&yaml, i, VT_CONTEST_ALBUMS_MAX);
    }
    taken(&yaml);
    append_band(&yaml, 999, 0);
    refused(&yaml, "bands[64]: all bands together have more than 4096 albums (a band without any counts as one)");

    restart(&yaml, "contest: x\nbands:\n");
    append_band(&yaml, 0, VT_CONTEST_ALBUMS_MAX + 1);
    refused(&yaml, "bands[0].albums: has 65 items; at most 64 are allowed");

    restart(&yaml, "contest: x\nq: [");
    repeat(&yaml, "a,", VT_DOCUMENT_NODES_MAX);
    refused(&yaml, "the file is nested too deeply or holds too much");
    vt_buf_release(&yaml);
}

/* "Billion laughs": refused at the first anchor, before anything is multiplied. */
static void test_alias_bomb(void **state) {
    (void) state;
    vt_definition *definition = NULL;
    vt_problem problem;
    vt_slice bomb = VT_SLICE("a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n");
    assert_int_equal(vt_definition_read_yaml(bomb, &definition, &problem), VT_ERR_BAD_CONTEST);
    assert_string_equal(problem.reason, "anchors (&) are not allowed");
    assert_int_equal(problem.line, 1);
    assert_int_equal(problem.column, 4);
}

static void test_a_byte_order_mark_is_no_error(void **state) {
    (void) state;
    vt_definition_free(definition_of("\xef\xbb\xbf"
                                     "contest: x\r\ntitle: {es: y}\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_a_byte_order_mark_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
