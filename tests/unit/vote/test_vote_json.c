#include "vote/vote_json.h"

#include "guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char good[] = "{\"name\":\"Viernes Verde\",\"album\":\"Remedios\",\"year\":\"2001\",\"rank\":\"1\"}";

typedef struct reading {
    vt_err err;
    vt_field field;
    vt_vote vote;
    vt_vote_scratch scratch;
} reading;

static const reading *read_text(vt_slice text) {
    static reading out;
    memset(&out, 0xa5, sizeof out);
    out.err = vt_vote_read_json(guarded(text), &out.vote, &out.scratch, &out.field);
    return &out;
}

static void assert_refused(vt_slice text, vt_err expected, vt_field field) {
    const reading *got = read_text(text);
    if (got->err != expected || got->field != field) {
        fail_msg("%.*s: %s in field %d, not %s in field %d", (int) text.len, text.ptr, vt_err_code(got->err),
                 (int) got->field, vt_err_code(expected), (int) field);
    }
}

/* Four texts, vote_id and voter_code as one line; an absent one is "-". */
static void assert_reads(vt_slice text, const char *expected) {
    const reading *got = read_text(text);
    if (got->err != VT_OK) {
        fail_msg("%.*s: %s in field %d", (int) text.len, text.ptr, vt_err_code(got->err), (int) got->field);
    }
    char line[1024];
    int used = 0;
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_slice value = got->vote.text[i].ptr != NULL ? got->vote.text[i] : VT_SLICE("-");
        used += snprintf(line + used, sizeof line - (size_t) used, "%s%.*s", i == VT_FIELD_NAME ? "" : "|",
                         (int) value.len, value.ptr);
    }
    assert_string_equal(line, expected);
}

static void test_reads(void **state) {
    (void) state;
    static const char *const votes[][2] = {
        {good, "Viernes Verde|Remedios|2001|1|-|-"},
        {" \t\r\n{ \"rank\" : \"03\" , \"year\" : \"\" ,\n\"album\":\"\",\"name\":\"x\" } \r\n", "x|||03|-|-"},
        {"{\"NAME\":\"a\",\"Album\":\"b\",\"yEaR\":\"c\",\"ranK\":\"d\",\"VOTE_ID\":\"e\",\"Voter_Code\":\"f\"}",
         "a|b|c|d|e|f"},
        {"{\"n\\u0061me\":\"a\",\"\\u0041lbum\":\"b\",\"\\u0079\\u0065\\u0061\\u0072\":\"c\",\"rank\":\"d\","
         "\"v\\u006fter_cod\\u0065\":\"e\"}",
         "a|b|c|d|-|e"},
        {"{\"name\":\"\\\"Caf\\u00e9\\\" \\ud83c\\udfb8\",\"album\":\"\xc3\xb7\",\"year\":\"\\/\",\"rank\":\"5.2\"}",
         "\"Caf\xc3\xa9\" \xf0\x9f\x8e\xb8|\xc3\xb7|/|5.2|-|-"},
        {"{\"name\":\" \\n a b\\t \",\"album\":\"  c\",\"year\":\"d  \",\"rank\":\"\\u0020\",\"vote_id\":\" e \"}",
         "a b|c|d|| e |-"},
        {"{\"name\":\"a\",\"album\":\"b\",\"year\":\"c\",\"rank\":\"d\",\"vote_id\":\"k\",\"voter_code\":\"\"}",
         "a|b|c|d|k|"},
    };
    for (size_t i = 0; i < sizeof votes / sizeof votes[0]; i++) {
        assert_reads(vt_slice_str(votes[i][0]), votes[i][1]);
    }
}

/* A key that is no field may hold anything that is valid, wherever it stands. */
static void test_unknown_keys(void **state) {
    (void) state;
    static const char *const members[] = {
        "\"x\":1",
        "\"x\":-0.5e+9",
        "\"x\":true",
        "\"x\":false",
        "\"x\":null",
        "\"x\":\"text\"",
        "\"x\":\"\\ud83c\\udfb8\"",
        "\"x\":[]",
        "\"x\":{}",
        "\"x\":[1,[2,{\"name\":\"inner\"}]]",
        "\"x\":{\"name\":1,\"name\":2}",
        "\"\":0",
        "\"nam\":0",
        "\"names\":0",
        "\"nаme\":0" /* a Cyrillic letter */,
        "\"name\\u0000\":0",
        "\"voteXid\":0",
        "\"vote\\u007fid\":0",
        "\"voter_codes\":0",
        "\"vote id\":0",
        "\"\\\"name\\\"\":0",
        "\"x\":1,\"x\":2",
        "\"a very long key that no field has and that goes on and on and on and on and on\":0",
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{%s,\"name\":\"a\",\"album\":\"b\",\"year\":\"c\",\"rank\":\"d\"}", members[i]);
        assert_reads(vt_slice_str(text), "a|b|c|d|-|-");
        snprintf(text, sizeof text, "{\"name\":\"a\",\"album\":\"b\",%s,\"year\":\"c\",\"rank\":\"d\"}", members[i]);
        assert_reads(vt_slice_str(text), "a|b|c|d|-|-");
        snprintf(text, sizeof text, "{\"name\":\"a\",\"album\":\"b\",\"year\":\"c\",\"rank\":\"d\",%s}", members[i]);
        assert_reads(vt_slice_str(text), "a|b|c|d|-|-");
    }
}

static void test_truncation(void **state) {
    (void) state;
    static const char rich[] =
        "{\"name\":\"a\\u00e9\\ud83c\\udfb8\",\"x\":[1.5e3,{\"y\":null}],\"album\":\"\xf0\x9f\x8e\xb8\",\"year\":\"c\","
        "\"rank\":\"\\\\\",\"vote_id\":\"e\"}";
    for (size_t len = 0; len + 1 < sizeof good; len++) {
        assert_refused(vt_slice_of(good, len), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
    }
    for (size_t len = 0; len + 1 < sizeof rich; len++) {
        assert_refused(vt_slice_of(rich, len), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
    }
    assert_refused((vt_slice){0}, VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
}

static void test_malformed(void **state) {
    (void) state;
    static const char *const texts[] = {
        "",
        " ",
        "1",
        "\"name\"",
        "null",
        "[]",
        "[{}]",
        "{} {}",
        "{}]",
        "{},",
        "{]",
        "{,}",
        "{\"name\"}",
        "{\"name\":}",
        "{\"name\":\"a\",}",
        "{\"name\":\"a\" \"album\":\"b\"}",
        "{name:\"a\"}",
        "{\"name\":'a'}",
        "{\"name\":\"a\"}{",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"\n\"}",
        "{\"x\":01}",
        "{\"x\":[1,]}",
        "{\"x\":tru}",
        "{\"name\":\"a\"} x",
        "\xef\xbb\xbf{}",
        "{\"name\":\"a\"}\xef\xbb\xbf",
        "{\"a\":1,\"b\"}",
        "{1:2}",
        "//\n{}",
        "{\"name\":\"a\"/**/}",
        "\xff\xfe{\x00}\x00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_refused(vt_slice_str(texts[i]), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
    }
    vt_slice bom = VT_SLICE("\xef\xbb\xbf{\"name\":\"a\",\"album\":\"b\",\"year\":\"c\",\"rank\":\"d\"}");
    assert_refused(bom, VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{}\0"), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
}

/* A vote with one field replaced, or left out when `value` is NULL; `value` is JSON. */
static vt_slice vote_with(vt_field field, const char *value) {
    static char text[4096];
    size_t used = (size_t) snprintf(text, sizeof text, "{\"x\":0");
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        const char *shown = i == (int) field ? value : "\"v\"";
        if (shown != NULL) {
            used += (size_t) snprintf(text + used, sizeof text - used, ",\"%s\":%s", vt_field_name((vt_field) i).ptr,
                                      shown);
        }
    }
    used += (size_t) snprintf(text + used, sizeof text - used, "}");
    return vt_slice_of(text, used);
}

static void test_field_errors(void **state) {
    (void) state;
    static const char *const wrong[] = {"1", "null", "true", "false", "[]", "{}", "[\"a\"]", "{\"a\":\"b\"}", "-1.5"};
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_field field = (vt_field) i;
        bool is_id = field == VT_FIELD_VOTE_ID;
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            assert_refused(vote_with(field, wrong[j]), VT_ERR_WRONG_TYPE, field);
        }
        assert_refused(vote_with(field, "\"a\xff\""), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8, field);
        assert_refused(vote_with(field, "\"\xed\xa0\x80\""), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8, field);
        assert_refused(vote_with(field, "\"\\ud800\""), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8, field);
        assert_refused(vote_with(field, "\"\\udc00a\""), is_id ? VT_ERR_BAD_ID : VT_ERR_INVALID_UTF8, field);
        assert_refused(vote_with(field, "\"a\\u0000b\""), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER, field);
        assert_refused(vote_with(field, "\"a\\nb\""), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER, field);
        assert_refused(vote_with(field, "\"a\x7f\""), is_id ? VT_ERR_BAD_ID : VT_ERR_CONTROL_CHARACTER, field);
        if (i <= VT_FIELD_RANK) {
            assert_refused(vote_with(field, NULL), VT_ERR_MISSING_FIELD, field);
        } else {
            assert_int_equal(read_text(vote_with(field, NULL))->err, VT_OK);
        }
    }
    assert_refused(vote_with(VT_FIELD_NAME, "\"\""), VT_ERR_EMPTY_NAME, VT_FIELD_NAME);
    assert_refused(vote_with(VT_FIELD_NAME, "\" \\t\""), VT_ERR_EMPTY_NAME, VT_FIELD_NAME);
    assert_refused(vote_with(VT_FIELD_VOTE_ID, "\"\""), VT_ERR_BAD_ID, VT_FIELD_VOTE_ID);
    assert_refused(VT_SLICE("{}"), VT_ERR_MISSING_FIELD, VT_FIELD_NAME);
}

/* The name of a field as it is, with its first letter escaped, with it in upper case. */
static void spell_key(char *out, size_t size, const char *name, int way) {
    if (way == 0) {
        snprintf(out, size, "%s", name);
    } else if (way == 1) {
        snprintf(out, size, "\\u%04x%s", (unsigned) name[0], name + 1);
    } else {
        snprintf(out, size, "%c%s", name[0] - ('a' - 'A'), name + 1);
    }
}

static void test_duplicates(void **state) {
    (void) state;
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_field field = (vt_field) i;
        const char *name = vt_field_name(field).ptr;
        for (int way = 0; way < 3; way++) {
            char key[32];
            char value[128];
            spell_key(key, sizeof key, name, way);
            snprintf(value, sizeof value, "\"a\",\"%s\":\"a\"", key);
            assert_refused(vote_with(field, value), VT_ERR_DUPLICATE_FIELD, field);
            snprintf(value, sizeof value, "null,\"%s\":\"a\"", key);
            assert_refused(vote_with(field, value), VT_ERR_DUPLICATE_FIELD, field);
            snprintf(value, sizeof value, "\"\\u00e9\",\"%s\":\"\\u00e9\",\"%s\":{}", key, name);
            assert_refused(vote_with(field, value), VT_ERR_DUPLICATE_FIELD, field);
        }
    }
}

/* Each value is as long as one may be and is rewritten, but only the first of each field may use the scratch. */
static void test_duplicates_do_not_fill_the_scratch(void **state) {
    (void) state;
    char text[8192];
    size_t used = (size_t) snprintf(text, sizeof text, "{\"x\":0");
    for (int i = 0; i < 20; i++) {
        used +=
            (size_t) snprintf(text + used, sizeof text - used, ",\"name\":\"\\u0030%0*d\"", VT_FIELD_BYTES_MAX - 1, 0);
    }
    used += (size_t) snprintf(text + used, sizeof text - used, "}");
    assert_refused(vt_slice_of(text, used), VT_ERR_DUPLICATE_FIELD, VT_FIELD_NAME);
    assert_true(read_text(vt_slice_of(text, used))->scratch.used <= VT_FIELD_BYTES_MAX);
}

typedef struct limit_form {
    const char *before;
    const char *after;
    int more; /* how many characters of the value these two make */
    bool is_trimmed;
} limit_form;

/* Each field at its limit and one byte over it: as it is, with escapes, with white space around it. */
static void test_limits(void **state) {
    (void) state;
    static const limit_form forms[] = {
        {"", "", 0, false},       {"\\u0030", "", 1, false},          {"", "\\u0030", 1, false},
        {"   ", "    ", 0, true}, {" \\n", "\\t \\u0020  ", 0, true}, {"", " ", 0, true},
    };
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_field field = (vt_field) i;
        int max = field == VT_FIELD_VOTE_ID ? VT_VOTE_KEY_BYTES_MAX : VT_FIELD_BYTES_MAX;
        vt_err too_long = field == VT_FIELD_VOTE_ID ? VT_ERR_BAD_ID : VT_ERR_TOO_LONG;
        for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++) {
            char value[512];
            int digits = max - forms[j].more;
            snprintf(value, sizeof value, "\"%s%0*d%s\"", forms[j].before, digits, 0, forms[j].after);
            if (forms[j].is_trimmed && field > VT_FIELD_RANK) {
                assert_refused(vote_with(field, value), too_long, field);
                continue;
            }
            const reading *got = read_text(vote_with(field, value));
            assert_int_equal(got->err, VT_OK);
            assert_int_equal(got->vote.text[field].len, max);
            snprintf(value, sizeof value, "\"%s%0*d%s\"", forms[j].before, digits + 1, 0, forms[j].after);
            assert_refused(vote_with(field, value), too_long, field);
        }
    }
}

/* All fields at their limits, all with escapes: the scratch has room for just that. */
static void test_scratch_is_large_enough(void **state) {
    (void) state;
    char text[8192];
    size_t used = (size_t) snprintf(text, sizeof text, "{");
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        int max = i == VT_FIELD_VOTE_ID ? VT_VOTE_KEY_BYTES_MAX : VT_FIELD_BYTES_MAX;
        used += (size_t) snprintf(text + used, sizeof text - used, "\"%s\":\"", vt_field_name((vt_field) i).ptr);
        for (int j = 0; j < max; j++) {
            used += (size_t) snprintf(text + used, sizeof text - used, "\\u%04x", (unsigned) ('a' + i));
        }
        used += (size_t) snprintf(text + used, sizeof text - used, "\"%s", i == VT_FIELD_VOTER_CODE ? "}" : ",");
    }
    const reading *got = read_text(vt_slice_of(text, used));
    assert_int_equal(got->err, VT_OK);
    assert_int_equal(got->scratch.used, sizeof got->scratch.bytes);
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        assert_int_equal(got->vote.text[i].ptr[0], 'a' + i);
        assert_int_equal(got->vote.text[i].ptr[got->vote.text[i].len - 1], 'a' + i);
    }
}

static void test_depth(void **state) {
    (void) state;
    char text[512];
    for (int depth = VT_JSON_DEPTH_MAX; depth <= VT_JSON_DEPTH_MAX + 1; depth++) {
        char open[32] = {0};
        char closed[32] = {0};
        memset(open, '[', (size_t) depth - 1); /* the vote itself is the first level */
        memset(closed, ']', (size_t) depth - 1);
        snprintf(text, sizeof text, "{\"name\":\"a\",\"album\":\"b\",\"year\":\"c\",\"rank\":\"d\",\"x\":%s%s}", open,
                 closed);
        if (depth == VT_JSON_DEPTH_MAX) {
            assert_reads(vt_slice_str(text), "a|b|c|d|-|-");
        } else {
            assert_refused(vt_slice_str(text), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
        }
        snprintf(text, sizeof text, "{\"album\":\"b\",\"name\":%s%s}", open, closed);
        if (depth == VT_JSON_DEPTH_MAX) {
            assert_refused(vt_slice_str(text), VT_ERR_WRONG_TYPE, VT_FIELD_NAME);
        } else {
            assert_refused(vt_slice_str(text), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
        }
    }
}

/* Of several faults the same one is told whatever the order: syntax, then the encoding outside of fields, then fields
 * by their numbers. */
static void test_order_of_faults(void **state) {
    (void) state;
    assert_refused(VT_SLICE("{\"name\":1,\"name\":2,\"x\":\"\xff\","), VT_ERR_MALFORMED_JSON, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{\"x\":\"\xff\",\"name\":1}"), VT_ERR_INVALID_UTF8, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{\"name\":1,\"x\":{\"\xff\":1}}"), VT_ERR_INVALID_UTF8, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{\"name\":[\"\\ud800\"]}"), VT_ERR_INVALID_UTF8, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{\"\xff\":1}"), VT_ERR_INVALID_UTF8, VT_FIELD_NONE);
    assert_refused(VT_SLICE("{\"rank\":1,\"year\":\"\",\"year\":\"\",\"album\":\"\",\"name\":\"\"}"),
                   VT_ERR_DUPLICATE_FIELD, VT_FIELD_YEAR);
    assert_refused(VT_SLICE("{\"year\":\"\",\"year\":\"\",\"rank\":1,\"name\":\"\"}"), VT_ERR_MISSING_FIELD,
                   VT_FIELD_ALBUM);
    assert_refused(VT_SLICE("{\"rank\":1,\"name\":\"\",\"album\":\"\",\"year\":\"\"}"), VT_ERR_WRONG_TYPE,
                   VT_FIELD_RANK);
}

/* Values without escapes are not copied. */
static void test_borrows(void **state) {
    (void) state;
    const reading *got = read_text(vt_slice_str(good));
    assert_int_equal(got->err, VT_OK);
    assert_int_equal(got->scratch.used, 0);
    assert_int_equal(got->vote.text[VT_FIELD_ALBUM].ptr - got->vote.text[VT_FIELD_NAME].ptr, 24);
}

static void test_is_array(void **state) {
    (void) state;
    assert_true(vt_json_is_array(VT_SLICE("[")));
    assert_true(vt_json_is_array(VT_SLICE(" \t\r\n[1]")));
    assert_false(vt_json_is_array(VT_SLICE("{\"a\":[]}")));
    assert_false(vt_json_is_array(VT_SLICE("\xef\xbb\xbf[")));
    assert_false(vt_json_is_array(VT_SLICE("")));
    assert_false(vt_json_is_array((vt_slice){0}));
}

static void test_array_walk(void **state) {
    (void) state;
    static const char *const items[] = {"{\"name\":\"],[\"}", "1", "\"x\"", "[[],{}]", "null"};
    vt_slice text = guarded(VT_SLICE(" [ {\"name\":\"],[\"} ,1, \"x\",\n[[],{}] , null ] \n"));
    vt_json_array array;
    size_t count = 0;
    assert_int_equal(vt_json_array_open(text, &array, &count), VT_OK);
    assert_int_equal(count, 5);
    vt_slice item;
    for (size_t i = 0; i < count; i++) {
        assert_true(vt_json_array_next(&array, &item));
        assert_true(vt_slice_eq(item, vt_slice_str(items[i])));
    }
    assert_false(vt_json_array_next(&array, &item));
    assert_false(vt_json_array_next(&array, &item));
}

static void test_array_refusals(void **state) {
    (void) state;
    static const char *const malformed[] = {
        "",    " ",    "{}",  "[",    "[1",    "[1,", "[1,]",   "[,]",  "[]]",        "[] []",      "[1 2]",
        "[1}", "[\"]", "[{]", "[01]", "[nul]", "1",   "\"[]\"", "[1]x", "[\"\\ud\"]", "[{\"a\":}]", "[\xff]"};
    vt_json_array array;
    size_t count = 77;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        assert_int_equal(vt_json_array_open(guarded(vt_slice_str(malformed[i])), &array, &count),
                         VT_ERR_MALFORMED_JSON);
    }
    assert_int_equal(vt_json_array_open(VT_SLICE("[]"), &array, &count), VT_ERR_EMPTY_BATCH);
    assert_int_equal(vt_json_array_open(VT_SLICE(" [ \n] "), &array, &count), VT_ERR_EMPTY_BATCH);
    assert_int_equal(count, 77);
    /* What is wrong inside of an item is that item's matter. */
    assert_int_equal(vt_json_array_open(VT_SLICE("[\"\xff\",\"\\ud800\"]"), &array, &count), VT_OK);
    assert_int_equal(count, 2);
}

static void test_array_limits(void **state) {
    (void) state;
    char text[2 * (VT_BATCH_VOTES_MAX + 2)] = "[1";
    size_t used = 2;
    for (int i = 1; i < VT_BATCH_VOTES_MAX; i++) {
        memcpy(text + used, ",1", 2);
        used += 2;
    }
    memcpy(text + used, "],1]", 4);
    vt_json_array array;
    size_t count;
    assert_int_equal(vt_json_array_open(vt_slice_of(text, used + 1), &array, &count), VT_OK);
    assert_int_equal(count, VT_BATCH_VOTES_MAX);
    text[used] = ' ';
    assert_int_equal(vt_json_array_open(vt_slice_of(text, used + 4), &array, &count), VT_ERR_BATCH_TOO_LARGE);
    /* A syntax error wins here, too. */
    text[used + 3] = '}';
    assert_int_equal(vt_json_array_open(vt_slice_of(text, used + 4), &array, &count), VT_ERR_MALFORMED_JSON);
}

/* An item may be as deep as a vote alone may be. */
static void test_array_depth(void **state) {
    (void) state;
    for (int depth = VT_JSON_DEPTH_MAX; depth <= VT_JSON_DEPTH_MAX + 1; depth++) {
        char text[64];
        memset(text, '[', (size_t) depth + 1);
        memset(text + depth + 1, ']', (size_t) depth + 1);
        vt_json_array array;
        size_t count;
        assert_int_equal(vt_json_array_open(vt_slice_of(text, 2 * (size_t) depth + 2), &array, &count),
                         depth == VT_JSON_DEPTH_MAX ? VT_OK : VT_ERR_MALFORMED_JSON);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_field_errors),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_duplicates_do_not_fill_the_scratch),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_scratch_is_large_enough),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_order_of_faults),
        cmocka_unit_test(test_borrows),
        cmocka_unit_test(test_is_array),
        cmocka_unit_test(test_array_walk),
        cmocka_unit_test(test_array_refusals),
        cmocka_unit_test(test_array_limits),
        cmocka_unit_test(test_array_depth),
    };
    return cmocka_run_group_tests_name("vote/vote_json", tests, NULL, NULL);
}
