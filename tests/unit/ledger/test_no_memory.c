/* Every allocation of ours fails once: opening says so, and leaks nothing. Linked with --wrap for malloc and calloc,
 * which catches the calls from votaton and not those from SQLite. */
#include "kit.h"

#include "count/rebuild.h"
#include "count/verify.h"
#include "votelog/votelog_sqlite.h"

#include <stdlib.h>

enum { ALLOCATIONS_MAX = 200 };

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

static int allowed = -1; /* before one fails; < 0: none does */

static bool fails(void) {
    return allowed >= 0 && allowed-- == 0;
}

void *__wrap_malloc(size_t bytes) {
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails() ? NULL : __real_calloc(count, bytes);
}

static void on_fatal(void *context, vt_err err, const char *reason) {
    (void) context;
    (void) err;
    (void) reason;
}

static vt_err open_all(const char *dir, vt_metrics *metrics, vt_health *health) {
    static vt_verify_report report;
    vt_ledger_sqlite_options options = {
        .queue_records_max = 16, .group_records_max = 16, .metrics = metrics, .health = health, .on_fatal = on_fatal};
    char reason[VT_STORE_REASON_MAX];
    vt_store *store = NULL;
    vt_tally *tally = NULL;
    vt_ledger *ledger = NULL;
    vt_votelog *log = NULL;
    vt_tally_snapshot snapshot = {0};
    vt_err err = vt_store_open(dir, VT_STORE_SERVE, &store, reason);
    if (err == VT_OK) {
        err = vt_tally_sqlite_open(store, &tally);
    }
    if (err == VT_OK) {
        err = vt_votelog_sqlite_open(store, &log);
    }
    if (err == VT_OK) {
        err = vt_ledger_sqlite_open(store, &options, &ledger);
    }
    if (err == VT_OK) {
        err = vt_catch_up(store, tally, NULL, NULL, reason);
    }
    if (err == VT_OK) {
        err = vt_tally_read(tally, &snapshot);
    }
    if (err == VT_OK) {
        err = vt_verify(store, 0, NULL, NULL, &report);
    }
    vt_tally_snapshot_release(&snapshot);
    vt_ledger_close(ledger);
    vt_votelog_close(log);
    vt_tally_close(tally);
    vt_store_close(store);
    return err;
}

static void survives_every_failed_allocation(void **state) {
    (void) state;
    char dir[KIT_PATH_MAX];
    vt_metrics *metrics = NULL;
    vt_health *health = NULL;
    kit_directory(dir);
    assert_int_equal(vt_metrics_open(&metrics), VT_OK);
    assert_int_equal(vt_health_open(&health), VT_OK);
    /* Registers the series, which ends the process when there is no memory for them. */
    assert_int_equal(open_all(dir, metrics, health), VT_OK);
    int failed = 0;
    vt_err err = VT_ERR_NO_MEMORY;
    while (err != VT_OK && failed < ALLOCATIONS_MAX) {
        allowed = failed++;
        err = open_all(dir, metrics, health);
        bool was_reached = allowed < 0;
        allowed = -1;
        assert_int_equal(err, was_reached ? VT_ERR_NO_MEMORY : VT_OK);
    }
    assert_int_equal(err, VT_OK);
    assert_true(failed > 10);
    vt_metrics_close(metrics);
    vt_health_close(health);
    kit_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_every_failed_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
