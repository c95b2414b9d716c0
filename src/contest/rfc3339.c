#include "contest/rfc3339.h"

enum { DAYS_BEFORE_1970 = 719162 }; /* from 0001-01-01 on */

/* A walk over the text; `failed` sticks. */
typedef struct cursor {
    vt_slice rest;
    bool failed;
} cursor;

static bool take_any(cursor *at, const char *characters) {
    if (at->failed || at->rest.len == 0 || at->rest.ptr[0] == '\0' || strchr(characters, at->rest.ptr[0]) == NULL) {
        return false;
    }
    at->rest = vt_slice_of(at->rest.ptr + 1, at->rest.len - 1);
    return true;
}

static void expect(cursor *at, const char *characters) {
    at->failed = !take_any(at, characters);
}

static bool next_is_digit(const cursor *at) {
    return !at->failed && at->rest.len > 0 && at->rest.ptr[0] >= '0' && at->rest.ptr[0] <= '9';
}

/* Exactly `digits` digits, from `min` to `max`. */
static int take_number(cursor *at, int digits, int min, int max) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!next_is_digit(at)) {
            at->failed = true;
            return min;
        }
        value = value * 10 + (at->rest.ptr[0] - '0');
        at->rest = vt_slice_of(at->rest.ptr + 1, at->rest.len - 1);
    }
    at->failed = at->failed || value < min || value > max;
    return value;
}

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t days_since_1970(int year, int month, int day) {
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - DAYS_BEFORE_1970;
    for (int i = 1; i < month; i++) {
        days += days_in_month(year, i);
    }
    return days + day - 1;
}

static int64_t take_date_days(cursor *at) {
    int year = take_number(at, 4, 1, 9999);
    expect(at, "-");
    int month = take_number(at, 2, 1, 12);
    expect(at, "-");
    int day = take_number(at, 2, 1, 31);
    if (at->failed || day > days_in_month(year, month)) {
        at->failed = true;
        return 0;
    }
    return days_since_1970(year, month, day);
}

static int64_t take_fraction_ms(cursor *at) {
    if (!take_any(at, ".")) {
        return 0;
    }
    at->failed = at->failed || !next_is_digit(at);
    int64_t ms = 0;
    for (int weight = 100; next_is_digit(at); weight /= 10) {
        ms += take_number(at, 1, 0, 9) * weight;
    }
    return ms;
}

static int64_t take_time_ms(cursor *at) {
    int hour = take_number(at, 2, 0, 23);
    expect(at, ":");
    int minute = take_number(at, 2, 0, 59);
    expect(at, ":");
    int second = take_number(at, 2, 0, 59);
    return ((int64_t) hour * 60 + minute) * 60000 + (int64_t) second * 1000 + take_fraction_ms(at);
}

static int64_t take_offset_ms(cursor *at) {
    if (take_any(at, "Zz")) {
        return 0;
    }
    int sign = take_any(at, "-") ? -1 : 1;
    if (sign > 0) {
        expect(at, "+");
    }
    int hour = take_number(at, 2, 0, 23);
    expect(at, ":");
    int minute = take_number(at, 2, 0, 59);
    return sign * ((int64_t) hour * 60 + minute) * 60000;
}

bool vt_rfc3339_parse(vt_slice text, int64_t *out_ms) {
    cursor at = {.rest = text};
    int64_t ms = take_date_days(&at) * 86400000;
    expect(&at, "Tt");
    ms += take_time_ms(&at);
    ms -= take_offset_ms(&at);
    if (at.failed || at.rest.len > 0 || ms <= 0) {
        return false;
    }
    *out_ms = ms;
    return true;
}
