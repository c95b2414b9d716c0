#include "definition_text.h"

#include "contest/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "contest: x\n"
#define BANDS "bands: [{name: A, albums: [P, Q]}, {name: B, color: '#111111'}]\n"
#define TIMES "opens: 2026-12-01T00:00:00Z\ncloses: 2026-12-09T00:00:00Z\n"

/* 2026-12-01T00:00:00Z, when the contests below open. */
static const int64_t opens_ms = 1796083200000;

typedef struct change {
    const char *older;
    const char *newer;
    const char *key_once_open; /* that must not change once open; NULL: allowed */
} change;

static const change changes[] = {
    {NAME TIMES BANDS, NAME TIMES BANDS, NULL},
    {NAME TIMES BANDS, NAME TIMES BANDS "title: {es: Otra}", NULL},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: A, albums: [P, Q], color: '#222222'}, {name: B}]", NULL},
    {NAME TIMES BANDS, NAME "opens: 2026-12-01T00:00:00Z\ncloses: 2026-12-20T00:00:00Z\n" BANDS, NULL},
    {NAME TIMES BANDS, NAME "opens: 2026-12-01T00:00:00Z\n" BANDS, NULL},
    {NAME TIMES BANDS, NAME "opens: 2026-11-01T00:00:00Z\n" BANDS, NULL},
    {NAME TIMES BANDS, NAME BANDS, NULL},
    {NAME TIMES BANDS, NAME TIMES BANDS "results: after_close", NULL},
    {NAME TIMES BANDS, NAME TIMES BANDS "results: 2026-12-05T00:00:00Z", NULL},
    {NAME TIMES BANDS, NAME "opens: 2026-12-01T00:00:00.001Z\n" BANDS, "opens"},
    {NAME TIMES BANDS, "contest: y\n" TIMES BANDS, "contest"},
    {NAME TIMES BANDS, NAME TIMES BANDS "unknown_bands: take", "unknown_bands"},
    {NAME TIMES BANDS, NAME TIMES BANDS "votes_per_voter: {by: code}", "votes_per_voter"},
    {NAME TIMES BANDS "votes_per_voter: {by: code}", NAME TIMES BANDS "votes_per_voter: {by: address}",
     "votes_per_voter"},
    {NAME TIMES BANDS "votes_per_voter: {by: code}", NAME TIMES BANDS "votes_per_voter: {by: code, limit: 2}",
     "votes_per_voter"},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: A, albums: [P, Q]}]", "bands"},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: B}, {name: A, albums: [P, Q]}]", "bands"},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: A, albums: [P, Q, R]}, {name: B}]", "bands"},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: A, albums: [Q, P]}, {name: B}]", "bands"},
    {NAME TIMES BANDS, NAME TIMES "bands: [{name: A, albums: [P, Q]}, {name: C}]", "bands"},
};

static void check(const change *wanted, int64_t now_ms, const char *key) {
    vt_definition *older = definition_of(wanted->older);
    vt_definition *newer = definition_of(wanted->newer);
    char reason[VT_REASON_MAX] = "";
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\" can", key == NULL ? "" : key);
    vt_err err = vt_contest_change(vt_definition_contest(older), vt_definition_contest(newer), now_ms, reason);
    if (err != (key == NULL ? VT_OK : VT_ERR_BAD_CONTEST) || (key != NULL && strstr(reason, quoted) == NULL)) {
        fail_msg("%s → %s: %s", wanted->older, wanted->newer, reason);
    }
    vt_definition_free(newer);
    vt_definition_free(older);
}

static void test_changes(void **state) {
    (void) state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        check(&changes[i], opens_ms - 1, NULL);
        check(&changes[i], opens_ms, changes[i].key_once_open);
    }
}

static void test_a_contest_without_opens_is_open(void **state) {
    (void) state;
    change wanted = {NAME BANDS, NAME BANDS "unknown_bands: take", NULL};
    check(&wanted, 1, "unknown_bands");
    wanted = (change){NAME BANDS, NAME BANDS TIMES, NULL};
    check(&wanted, opens_ms - 1, "opens");
    check(&wanted, opens_ms, NULL);
}

static void test_never_to_another_ledger(void **state) {
    (void) state;
    vt_definition *older = definition_of(NAME TIMES);
    vt_definition *newer = definition_of(NAME TIMES);
    char reason[VT_REASON_MAX] = "";
    vt_definition_set_stamp(newer, &(vt_definition_stamp){.ledger_id = {{1}}});
    assert_false(vt_contest_same(vt_definition_contest(older), vt_definition_contest(newer)));
    assert_int_equal(vt_contest_change(vt_definition_contest(older), vt_definition_contest(newer), 1, reason),
                     VT_ERR_BAD_CONTEST);
    assert_string_equal(reason, "a contest cannot move to another ledger");
    vt_definition_set_stamp(newer, &(vt_definition_stamp){.partitions = 1});
    assert_int_equal(vt_contest_change(vt_definition_contest(older), vt_definition_contest(newer), 1, reason),
                     VT_ERR_BAD_CONTEST);
    vt_definition_free(newer);
    vt_definition_free(older);
}

static void test_same(void **state) {
    (void) state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        vt_definition *older = definition_of(changes[i].older);
        vt_definition *newer = definition_of(changes[i].newer);
        vt_definition_set_stamp(newer, &(vt_definition_stamp){.version = 9});
        assert_int_equal(vt_contest_same(vt_definition_contest(older), vt_definition_contest(newer)), i == 0);
        vt_definition_free(newer);
        vt_definition_free(older);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_a_contest_without_opens_is_open),
        cmocka_unit_test(test_never_to_another_ledger),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
