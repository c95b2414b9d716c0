#include "contest/rfc3339.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_times(void **state) {
    (void) state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00.001Z", 1},
        {"1985-04-12T23:20:50.52Z", 482196050520},   /* RFC 3339 §5.8 */
        {"1996-12-19T16:39:57-08:00", 851042397000}, /* RFC 3339 §5.8 */
        {"1937-01-01T12:00:27.87+00:20", 0},         /* before 1970 */
        {"2026-12-01T18:00:00-06:00", 1796169600000},
        {"2026-12-02t00:00:00z", 1796169600000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-02-29T12:00:00+05:30", 1709188200000},
        {"2026-12-02T00:00:00.9999999Z", 1796169600999},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 0;
        assert_int_equal(vt_rfc3339_parse(vt_slice_str(cases[i].text), &ms), cases[i].ms != 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void test_refused(void **state) {
    (void) state;
    static const char *const cases[] = {
        "",
        "2026-12-01",
        "2026-12-01T18:00:00",
        "2026-12-01T18:00:00-06",
        "2026-12-01T18:00:00-0600",
        "2026-12-01T18:00:00 -06:00",
        "2026-12-01 18:00:00-06:00",
        "2026-12-01T18:00-06:00",
        "2026-12-01T18:00:00.Z",
        "2026-12-01T18:00:60Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T18:60:00Z",
        "2026-12-01T18:00:00+24:00",
        "2026-12-01T18:00:00+06:60",
        "2026-12-01T18:00:00Zx",
        "2026-13-01T18:00:00Z",
        "2026-00-01T18:00:00Z",
        "2026-12-00T18:00:00Z",
        "2026-11-31T18:00:00Z",
        "2025-02-29T18:00:00Z",
        "1900-02-29T18:00:00Z",
        "0000-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "+026-12-01T18:00:00Z",
        "2026-1-01T18:00:00Z",
        "99999-12-01T18:00:00Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 7;
        if (vt_rfc3339_parse(vt_slice_str(cases[i]), &ms)) {
            fail_msg("taken: %s", cases[i]);
        }
        assert_int_equal(ms, 7);
    }
    int64_t ms;
    assert_false(vt_rfc3339_parse(VT_SLICE("2026-12-01T18:00:00Z\0"), &ms));
    assert_false(vt_rfc3339_parse(VT_SLICE("2026\0-12-01T18:00:00Z"), &ms));
}

/* Every day of some 500 years, against the C library by way of the formatter. */
static void test_every_day_comes_back(void **state) {
    (void) state;
    for (int64_t ms = 1; ms < INT64_C(500) * 366 * 86400000; ms += 86400000 + 61001) {
        char text[VT_ISO8601_LEN + 1];
        vt_clock_format_iso8601(ms, text);
        int64_t back = 0;
        assert_true(vt_rfc3339_parse(vt_slice_str(text), &back));
        assert_true(back == ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_day_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
