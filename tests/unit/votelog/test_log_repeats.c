#include "log_kit.h"

#include "votelog/log_repeats.h"

/* What one answer of the index holds is filled by one vote that was repeated so often. */
enum { REPEATS = 2 * VT_LOG_KEYS_MAX + 50, OTHERS = 3, BATCH = VT_LOG_WRITER_RECORDS_MAX };

static void write_all(log_kit *kit, const vt_ledger_row *rows, size_t count) {
    log_kit_load(kit->writer, 0, 0);
    for (size_t i = 0; i < count; i += BATCH) {
        size_t len = count - i < BATCH ? count - i : BATCH;
        assert_int_equal(vt_log_writer_write(kit->writer, 0, (int64_t) i, rows + i, len), VT_OK);
    }
}

static vt_log_entry entry_of(const vt_ledger_row *row) {
    return (vt_log_entry){.position = row->position, .appended_ms = row->appended_ms, .vote_id = row->record.id};
}

static void assert_standings(vt_log_access *access, vt_log_entry *entries, uint32_t queries, vt_log_standing others) {
    for (size_t i = 0; i < OTHERS + 2; i++) {
        entries[i].standing = VT_LOG_UNKNOWN;
    }
    assert_int_equal(vt_log_repeats_mark(access, entries, OTHERS + 2, &queries), VT_OK);
    assert_int_equal(queries, 0);
    assert_int_equal(entries[0].standing, VT_LOG_FIRST);
    assert_int_equal(entries[1].standing, VT_LOG_REPEATED);
    for (size_t i = 2; i < OTHERS + 2; i++) {
        assert_int_equal(entries[i].standing, others);
    }
}

static void tells_the_first_from_the_repeated(void **state) {
    (void) state;
    static vt_ledger_row rows[REPEATS + OTHERS];
    vt_log_entry entries[OTHERS + 2];
    log_kit kit;
    log_kit_init(&kit);
    log_kit_rows(rows, 0, 0, REPEATS + OTHERS);
    for (size_t i = 1; i < REPEATS; i++) {
        rows[i].record = rows[0].record;
    }
    write_all(&kit, rows, REPEATS + OTHERS);
    entries[0] = entry_of(&rows[0]);
    entries[1] = entry_of(&rows[REPEATS - 1]);
    for (size_t i = 0; i < OTHERS; i++) {
        entries[2 + i] = entry_of(&rows[REPEATS + i]);
    }
    vt_mongo *mongo;
    vt_log_access access;
    char reason[VT_MONGO_REASON_MAX];
    assert_int_equal(vt_mongo_open(&kit.url, MONGO_KIT_TIMEOUT_MS, 1, &mongo, reason), VT_OK);
    assert_int_equal(vt_log_access_init(&access, mongo, &kit.ledger_id), VT_OK);
    assert_standings(&access, entries, 1, VT_LOG_UNKNOWN);
    assert_standings(&access, entries, 2, VT_LOG_FIRST);
    vt_log_access_release(&access);
    vt_mongo_close(mongo);
    log_kit_release(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_the_first_from_the_repeated)};
    return cmocka_run_group_tests_name("repeated records", tests, NULL, NULL);
}
