#include "client/votes_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static vt_reason reason;

static vt_votes *read_votes(const char *text, vt_encoding encoding, bool keep_ids) {
    vt_votes_options options = {.path = "votes", .encoding = encoding, .keep_ids = keep_ids};
    vt_votes *votes = NULL;
    assert_int_equal(vt_votes_read(&options, vt_slice_str(text), &votes, &reason), VT_OK);
    return votes;
}

static void assert_refused(const char *text, vt_err wanted, const char *says) {
    vt_votes_options options = {.path = "votes", .encoding = VT_ENCODING_JSON};
    vt_votes *votes = NULL;
    assert_int_equal(vt_votes_read(&options, vt_slice_str(text), &votes, &reason), wanted);
    assert_null(votes);
    assert_non_null(strstr(reason.text, says));
}

static void assert_body(const vt_votes *votes, uint32_t vote, vt_slice wanted) {
    assert_true(vt_slice_eq(vt_votes_body(votes, vote), wanted));
}

static void test_json(void **state) {
    (void) state;
    vt_votes *votes =
        read_votes("[{\"NAME\":\"A\\\"b\\u00e9\",\"Album\":\"\",\"year\":\" 1 \",\"rank\":\"2\",\"more\":[1,{}]},"
                   "{\"name\":\"C\\\\\",\"album\":\"d\",\"year\":\"\",\"rank\":\"\",\"voter_code\":\"v\"},"
                   "{\"name\":\"A\\\"bé\",\"album\":\"x\",\"year\":\"\",\"rank\":\"\"}]",
                   VT_ENCODING_JSON, true);
    assert_int_equal(vt_votes_count(votes), 3);
    assert_body(votes, 0, VT_SLICE("{\"name\":\"A\\\"bé\",\"album\":\"\",\"year\":\"1\",\"rank\":\"2\""));
    assert_body(votes, 1,
                VT_SLICE("{\"name\":\"C\\\\\",\"album\":\"d\",\"year\":\"\",\"rank\":\"\",\"voter_code\":\"v\""));
    assert_int_equal(vt_votes_band(votes, 0), 0);
    assert_int_equal(vt_votes_band(votes, 1), 1);
    assert_int_equal(vt_votes_band(votes, 2), 0);
    assert_int_equal(vt_band_names_count(vt_votes_bands(votes)), 2);
    vt_votes_free(votes);
}

static void test_proto(void **state) {
    (void) state;
    vt_votes *votes =
        read_votes("{\"name\":\"A\",\"album\":\"b\",\"year\":\"\",\"rank\":\"9\"}\n", VT_ENCODING_PROTO, true);
    assert_body(votes, 0, VT_SLICE("\n\001A\022\001b\"\0019"));
    vt_votes_free(votes);
}

static void test_ids(void **state) {
    (void) state;
    const char *text = "{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"k\"}"
                       "{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}";
    vt_votes *votes = read_votes(text, VT_ENCODING_JSON, true);
    assert_true(vt_votes_has_id(votes, 0));
    assert_false(vt_votes_has_id(votes, 1));
    assert_body(votes, 0, VT_SLICE("{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"k\""));
    vt_votes_free(votes);
    votes = read_votes(text, VT_ENCODING_JSON, false);
    assert_false(vt_votes_has_id(votes, 0));
    assert_true(vt_slice_eq(vt_votes_body(votes, 0), vt_votes_body(votes, 1)));
    vt_votes_free(votes);
    vt_votes_free(NULL);
}

static void test_refused(void **state) {
    (void) state;
    static const char good[] = "{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}";
    char text[512];
    assert_refused("", VT_ERR_EMPTY_BATCH, "no vote");
    assert_refused("[]", VT_ERR_EMPTY_BATCH, "no vote");
    assert_refused("nonsense", VT_ERR_MALFORMED_JSON, "vote 1 (line 1)");
    snprintf(text, sizeof text, "[%s,\n%s,\n{\"name\":}]", good, good);
    assert_refused(text, VT_ERR_MALFORMED_JSON, "vote 3 (line 3)");
    snprintf(text, sizeof text, "%s\n{\"name\":\"A\",\"album\":\"\",\"year\":1,\"rank\":\"\"}", good);
    assert_refused(text, VT_ERR_WRONG_TYPE, "vote 2 (line 2): field year");
    snprintf(text, sizeof text, "[%s,\n{\"name\":\" \",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}]", good);
    assert_refused(text, VT_ERR_EMPTY_NAME, "vote 2 (line 2): field name");
    snprintf(text, sizeof text, "[%s", good);
    assert_refused(text, VT_ERR_MALFORMED_JSON, "vote 2 (line 1)");
}

static void test_load(void **state) {
    (void) state;
    char path[] = "/tmp/vt-votes-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("[", file);
    for (int i = 0; i < 20000; i++) {
        fprintf(file, "%s{\"name\":\"band %d\",\"album\":\"a\",\"year\":\"2001\",\"rank\":\"1\"}", i == 0 ? "" : ",",
                i % 7);
    }
    fputs("]", file);
    fclose(file);
    vt_votes_options options = {.path = path, .encoding = VT_ENCODING_JSON, .keep_ids = true};
    vt_votes *votes = NULL;
    assert_int_equal(vt_votes_load(&options, &votes, &reason), VT_OK);
    assert_int_equal(vt_votes_count(votes), 20000);
    assert_int_equal(vt_band_names_count(vt_votes_bands(votes)), 7);
    vt_votes_free(votes);
    unlink(path);
    votes = NULL;
    assert_int_equal(vt_votes_load(&options, &votes, &reason), VT_ERR_IO);
    assert_non_null(strstr(reason.text, path));
    options.path = "/tmp";
    assert_int_equal(vt_votes_load(&options, &votes, &reason), VT_ERR_IO);
    assert_null(votes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),    cmocka_unit_test(test_proto), cmocka_unit_test(test_ids),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
