#include "log_kit.h"

#include "count/log_store.h"

enum { ROWS = 10 };

static vt_derived *open_store(const log_kit *kit) {
    vt_derived *store;
    char reason[VT_MONGO_REASON_MAX] = "";
    vt_log_store_options options = {.url = &kit->url, .ledger_id = kit->ledger_id, .timeout_ms = MONGO_KIT_TIMEOUT_MS};
    if (vt_log_store_open(&options, &store, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    assert_string_equal(store->kind->name, "log");
    return store;
}

static void folds_a_partition(void **state) {
    (void) state;
    log_kit kit;
    vt_ledger_row rows[ROWS];
    vt_store_state stand = {.next = 99};
    uint64_t verdicts[VT_VERDICT_COUNT] = {9, 9, 9, 9, 9, 9};
    log_kit_init(&kit);
    vt_derived *store = open_store(&kit);
    const vt_derived_kind *kind = store->kind;
    log_kit_rows(rows, 2, 50, ROWS);
    rows[3].fault = VT_ERR_MALFORMED_JSON;
    assert_int_equal(kind->load(store, 2, &stand), VT_OK);
    assert_false(stand.exists);
    assert_int_equal(kind->apply(store, 2, 50, rows, ROWS, verdicts), VT_ERR_MOVED);
    assert_int_equal(verdicts[VT_VERDICT_NONE], 9);
    assert_int_equal(kind->begin(store, 2, 50, 60), VT_OK);
    assert_int_equal(kind->apply(store, 2, 50, rows, ROWS, verdicts), VT_OK);
    assert_int_equal(verdicts[VT_VERDICT_NONE], ROWS - 1);
    assert_int_equal(verdicts[VT_VERDICT_BAD], 1);
    assert_int_equal(verdicts[VT_VERDICT_COUNTED], 0);
    kind->forget(store, 2);
    assert_int_equal(kind->load(store, 2, &stand), VT_OK);
    assert_true(stand.exists && stand.has_mark && !stand.is_blocked);
    assert_int_equal(stand.next, 60);
    assert_true(vt_id_eq(&stand.mark, &rows[ROWS - 1].mark));
    kind->close(store);
    log_kit_release(&kit);
}

static void is_blocked_while_others_rebuild(void **state) {
    (void) state;
    log_kit kit;
    vt_ledger_row row = log_kit_row(0, 0);
    vt_store_state stand;
    uint64_t verdicts[VT_VERDICT_COUNT];
    log_kit_init(&kit);
    vt_derived *store = open_store(&kit);
    assert_int_equal(vt_log_writer_begin_rebuild(kit.writer, 0, 0), VT_OK);
    assert_int_equal(store->kind->load(store, 0, &stand), VT_OK);
    assert_true(stand.exists && stand.is_blocked);
    assert_int_equal(store->kind->apply(store, 0, 0, &row, 1, verdicts), VT_ERR_MOVED);
    assert_true(strlen(store->kind->reason(store)) > 0);
    assert_int_equal(vt_log_writer_end_rebuild(kit.writer, 0), VT_OK);
    assert_int_equal(store->kind->load(store, 0, &stand), VT_OK);
    assert_false(stand.is_blocked);
    assert_int_equal(store->kind->apply(store, 0, 0, &row, 1, verdicts), VT_OK);
    store->kind->close(store);
    log_kit_release(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_a_partition),
        cmocka_unit_test(is_blocked_while_others_rebuild),
    };
    return cmocka_run_group_tests_name("log store", tests, NULL, NULL);
}
