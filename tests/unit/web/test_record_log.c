#include "web/record_log.h"

#include "fake_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static vt_buf buf;

static int set_up(void **state) {
    (void) state;
    vt_buf_init(&buf, 65536);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_buf_release(&buf);
    return 0;
}

static vt_err parse(const char *query, vt_read_log *out) {
    const char *what = NULL;
    *out = (vt_read_log){.limit = VT_LOG_LIMIT_DEFAULT, .before = {.partition = -1}};
    vt_err err = vt_record_log_parse(vt_slice_str(query), out, &what);
    assert_true(err == VT_OK || what != NULL);
    return err;
}

static void test_parses(void **state) {
    (void) state;
    vt_read_log ask;
    assert_int_equal(parse("", &ask), VT_OK);
    assert_int_equal(ask.limit, 20);
    assert_false(ask.has_before);
    assert_int_equal(ask.band_len, 0);
    assert_int_equal(parse("before=3:17&band=%20Viernes+Verde&limit=100&lang=es&x=%zz", &ask), VT_OK);
    assert_int_equal(ask.limit, 100);
    assert_int_equal(ask.before.partition, 3);
    assert_int_equal(ask.before.offset, 17);
    assert_int_equal(ask.band_len, strlen("Viernes Verde"));
    assert_memory_equal(ask.band, "Viernes Verde", ask.band_len);
    assert_int_equal(parse("band=", &ask), VT_OK);
    assert_int_equal(ask.band_len, 0);
}

static void test_nothing_is_older_than_nothing(void **state) {
    (void) state;
    vt_read_log ask;
    assert_int_equal(parse("before=0", &ask), VT_OK);
    assert_true(ask.is_empty);
    assert_int_equal(parse("before=1", &ask), VT_OK);
    assert_false(ask.is_empty);
}

static void test_refuses(void **state) {
    (void) state;
    const char *const queries[] = {
        "limit=0", "limit=101", "limit=",    "limit=-1",     "limit=+5", "limit=1e1", "limit=99999999999999999999",
        "before=", "before=x",  "before=-1", "before=1:2:3", "band=%",   "band=%zz"};
    vt_read_log ask;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        assert_int_equal(parse(queries[i], &ask), VT_ERR_MALFORMED_REQUEST);
    }
    assert_int_equal(parse("band=%00", &ask), VT_ERR_CONTROL_CHARACTER);
    assert_int_equal(parse("band=%ff", &ask), VT_ERR_INVALID_UTF8);
    assert_int_equal(parse("band=%20", &ask), VT_ERR_EMPTY_NAME);
    char longest[5 + VT_FIELD_BYTES_MAX + 2] = "band=";
    memset(longest + 5, 'a', VT_FIELD_BYTES_MAX + 1);
    assert_int_equal(parse(longest, &ask), VT_ERR_TOO_LONG);
}

typedef void render(const vt_log_rows *found, vt_text *text);

static void render_paged(const vt_log_rows *found, vt_text *text) {
    vt_record_log_json(found, 2, text);
}

static void expect(render *write, const vt_log_rows *found, const char *wanted) {
    vt_text text = {.buf = &buf};
    vt_buf_clear(&buf);
    write(found, &text);
    const char *got;
    assert_int_equal(text.err, VT_OK);
    assert_int_equal(vt_buf_cstr(&buf, &got), VT_OK);
    assert_string_equal(got, wanted);
}

#define FIRST_DATA "{\"name\":\"a\\\"b\",\"album\":\"\",\"year\":\"2001\",\"rank\":\"5.2\"}"
#define SECOND_DATA "{\"name\":\"c\",\"album\":\"d\",\"year\":\"2001\",\"rank\":\"5.2\"}"
#define FIRST_ID "\"id\":\"01010101-0101-0101-0101-010101010101\""
#define SECOND_ID "\"id\":\"02020202-0202-0202-0202-020202020202\""

static void test_json(void **state) {
    (void) state;
    fake_stores stores;
    fake_stores_init(&stores);
    fake_stores_add(&stores, "a\"b", "");
    fake_stores_add(&stores, "c", "d");
    vt_votelog_row rows[2];
    vt_log_rows found = {.rows = rows};
    vt_votelog_query query = {.before = {-1, 0}, .limit = 2};
    assert_int_equal(vt_votelog_list(&stores.votelog, &query, rows, &found.count), VT_OK);
    expect(render_paged, &found,
           "{\"votes\":[{" SECOND_ID ",\"position\":\"2\",\"status\":\"counted\",\"vote\":" SECOND_DATA
           ",\"at\":\"2026-11-18T00:00:02.000Z\"},{" FIRST_ID
           ",\"position\":\"1\",\"status\":\"counted\",\"vote\":" FIRST_DATA
           ",\"at\":\"2026-11-18T00:00:01.000Z\"}],\"next\":\"1\"}");
    found.count = 1;
    expect(render_paged, &found,
           "{\"votes\":[{" SECOND_ID ",\"position\":\"2\",\"status\":\"counted\",\"vote\":" SECOND_DATA
           ",\"at\":\"2026-11-18T00:00:02.000Z\"}],\"next\":null}");
    found.count = 2;
    expect(vt_record_log_alias_json, &found,
           "[{\"message\":\"vote counted\",\"data\":" SECOND_DATA
           ",\"timestamp\":\"2026-11-18T00:00:02.000Z\"," SECOND_ID
           "},{\"message\":\"vote counted\",\"data\":" FIRST_DATA
           ",\"timestamp\":\"2026-11-18T00:00:01.000Z\"," FIRST_ID "}]");
    fake_stores_release(&stores);
}

/* With the tally away a verdict of the log's stands, and for the others it is only told what is known. */
static void test_json_without_verdicts(void **state) {
    (void) state;
    vt_votelog_row rows[2] = {{.verdict = VT_VERDICT_NONE}, {.verdict = VT_VERDICT_COUNTED}};
    vt_log_rows found = {.rows = rows, .count = 2};
    assert_true(vt_slice_eq(vt_log_status(&found, &rows[0]), VT_SLICE("pending")));
    found.is_unjudged = true;
    assert_true(vt_slice_eq(vt_log_status(&found, &rows[0]), VT_SLICE("recorded")));
    assert_true(vt_slice_eq(vt_log_status(&found, &rows[1]), VT_SLICE("counted")));
}

static void test_json_of_nothing(void **state) {
    (void) state;
    vt_log_rows found = {.rows = NULL};
    expect(render_paged, &found, "{\"votes\":[],\"next\":null}");
    expect(vt_record_log_alias_json, &found, "[]");
    found.is_hidden = true;
    expect(render_paged, &found, "{\"votes\":[],\"next\":null,\"hidden\":true}");
    expect(vt_record_log_alias_json, &found, "[]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses),
        cmocka_unit_test(test_nothing_is_older_than_nothing),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
        cmocka_unit_test(test_json_without_verdicts),
        cmocka_unit_test_setup_teardown(test_json_of_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
