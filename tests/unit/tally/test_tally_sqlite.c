#include "contract.h"

#include <stdlib.h>

static vt_tally *open_sqlite(void **context) {
    test_kit *self = calloc(1, sizeof *self);
    kit_init(self);
    kit_open(self);
    *context = self;
    return self->tally;
}

static void append_sqlite(void *context, vt_append *items, size_t count) {
    test_kit *self = context;
    kit_sink sink;
    kit_sink_init(&sink);
    for (size_t i = 0; i < count; i++) {
        items[i].sink = &sink.sink;
    }
    kit_append(self->ledger, &sink, items, count);
}

static vt_tally *reopen_sqlite(void *context) {
    test_kit *self = context;
    kit_close(self);
    kit_open(self);
    return self->tally;
}

static void close_sqlite(void *context) {
    kit_release(context);
    free(context);
}

static vt_err fold_at(test_kit *kit, int64_t position, const char *name) {
    vt_append item;
    const vt_append *pointer = &item;
    kit_vote(&item, NULL, (uint64_t) position, name, "");
    item.position = (vt_position){-1, position};
    return vt_tally_sqlite_fold(kit->tally, &pointer, 1);
}

static uint32_t pairs_count(test_kit *kit) {
    vt_tally_snapshot snapshot = {0};
    assert_int_equal(vt_tally_read(kit->tally, &snapshot), VT_OK);
    uint32_t count = snapshot.pairs_count;
    vt_tally_snapshot_release(&snapshot);
    return count;
}

/* Gives tally_state a link to take: the fold runs without the ledger here. */
static void add_row(test_kit *kit, int64_t position) {
    char sql[256];
    sqlite3_snprintf(sizeof sql, sql,
                     "INSERT INTO vote VALUES (%lld, randomblob(16), 0, 'a', '', '', '', NULL, 1, zeroblob(16),"
                     " zeroblob(16))",
                     (long long) position);
    assert_int_equal(vt_sql_exec(vt_store_writer(kit->store), sql), VT_OK);
}

static void refuses_a_gap_and_a_repetition(void **state) {
    (void) state;
    test_kit kit;
    kit_init(&kit);
    kit_open(&kit);
    assert_int_equal(vt_store_begin(kit.store), VT_OK);
    add_row(&kit, 1);
    assert_int_equal(fold_at(&kit, 2, "a"), VT_ERR_CORRUPT);
    vt_append second;
    const vt_append *twice[2] = {&second, &second};
    kit_vote(&second, NULL, 2, "a", "");
    second.position = (vt_position){-1, 2};
    assert_int_equal(vt_tally_sqlite_fold(kit.tally, twice, 2), VT_ERR_CORRUPT);
    assert_int_equal(fold_at(&kit, 1, "a"), VT_OK);
    assert_int_equal(fold_at(&kit, 1, "a"), VT_ERR_CORRUPT);
    assert_int_equal(fold_at(&kit, 3, "a"), VT_ERR_CORRUPT);
    assert_int_equal(vt_store_commit(kit.store), VT_OK);
    assert_int_equal(pairs_count(&kit), 1);
    kit_release(&kit);
}

/* Pairs that were rolled back must not be known: else they would take room, and a recount would differ. */
static void forgets_pairs_that_were_rolled_back(void **state) {
    (void) state;
    test_kit kit;
    kit_init(&kit);
    kit_open(&kit);
    sqlite3 *db = vt_store_writer(kit.store);
    assert_int_equal(vt_sql_exec(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4095)"
                                     " INSERT INTO tally SELECT 'band ' || i, '', 0, 0 FROM n"),
                     VT_OK);
    assert_int_equal(vt_store_begin(kit.store), VT_OK);
    add_row(&kit, 1);
    assert_int_equal(fold_at(&kit, 1, "taken back"), VT_OK);
    assert_int_equal(vt_store_rollback(kit.store), VT_OK);
    assert_int_equal(vt_store_begin(kit.store), VT_OK);
    add_row(&kit, 1);
    assert_int_equal(fold_at(&kit, 1, "stays"), VT_OK);
    assert_int_equal(vt_store_commit(kit.store), VT_OK);
    int64_t stays = 0;
    assert_int_equal(vt_sql_number(db, "SELECT count(*) FROM tally WHERE name = 'stays'", &stays), VT_OK);
    assert_int_equal(stays, 1);
    assert_int_equal(pairs_count(&kit), VT_FOLD_PAIRS_MAX);
    kit_release(&kit);
}

static void says_when_the_table_is_damaged(void **state) {
    (void) state;
    test_kit kit;
    vt_positions positions;
    uint64_t generation;
    vt_tally_snapshot snapshot;
    kit_init(&kit);
    kit_open(&kit);
    sqlite3 *db = vt_store_writer(kit.store);
    assert_int_equal(vt_sql_exec(db, "DELETE FROM tally_state"), VT_OK);
    assert_int_equal(vt_tally_positions(kit.tally, &positions, &generation), VT_ERR_CORRUPT);
    assert_int_equal(vt_tally_read(kit.tally, &snapshot), VT_ERR_CORRUPT);
    assert_int_equal(vt_sql_exec(db, "INSERT INTO tally_state VALUES (1, 0, 0, zeroblob(16));"
                                     "INSERT INTO tally VALUES (hex(zeroblob(200)), '', 1, 1)"),
                     VT_OK);
    assert_int_equal(vt_tally_read(kit.tally, &snapshot), VT_ERR_CORRUPT);
    kit_release(&kit);
}

int main(void) {
    const tally_factory factory = {
        .name = "sqlite", .open = open_sqlite, .append = append_sqlite, .reopen = reopen_sqlite, .close = close_sqlite};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_gap_and_a_repetition),
        cmocka_unit_test(forgets_pairs_that_were_rolled_back),
        cmocka_unit_test(says_when_the_table_is_damaged),
    };
    int failed = tally_contract(&factory);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
