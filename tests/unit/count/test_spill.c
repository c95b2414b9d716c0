#include "count/spill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

enum { RECORDS = 5000, KEYS = 301 };

static vt_id key_of(uint32_t number) {
    vt_id id = {{0}};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

/* Record `number` has key number % KEYS as its id. */
static void add(vt_spill *spill, uint32_t number) {
    vt_ledger_row row = {.position = {0, number}};
    row.record.id = key_of(number % KEYS);
    row.record.fingerprint = key_of(number);
    row.record.has_voter = number % 2 == 0;
    row.record.voter = key_of(number + 1);
    assert_int_equal(vt_spill_add(spill, &row.record.id, &row), VT_OK);
}

/* Reads a part; notes the last offset of each key, and the part where it lies. */
static uint64_t read_part(vt_spill *spill, uint32_t part, int64_t last[KEYS], uint32_t parts[KEYS]) {
    const vt_id none = {{0}};
    uint64_t count = 0;
    bool has_entry = true;
    assert_int_equal(vt_spill_rewind(spill, part), VT_OK);
    for (; has_entry; count += has_entry) {
        vt_spill_entry entry;
        assert_int_equal(vt_spill_next(spill, &entry, &has_entry), VT_OK);
        if (has_entry) {
            uint32_t number = (uint32_t) entry.offset;
            vt_id id = key_of(number % KEYS);
            vt_id fingerprint = key_of(number);
            vt_id voter = number % 2 == 0 ? key_of(number + 1) : none;
            assert_true(vt_id_eq(&entry.id, &id));
            assert_true(vt_id_eq(&entry.fingerprint, &fingerprint));
            assert_true(vt_id_eq(&entry.voter, &voter));
            assert_true(entry.offset > last[number % KEYS]);
            assert_true(last[number % KEYS] < 0 || parts[number % KEYS] == part);
            last[number % KEYS] = entry.offset;
            parts[number % KEYS] = part;
        }
    }
    return count;
}

static void test_a_key_lies_in_one_part_in_order(void **state) {
    (void) state;
    vt_spill *spill;
    int64_t last[KEYS];
    uint32_t parts[KEYS] = {0};
    assert_int_equal(vt_spill_open(3 * VT_SPILL_PART_RECORDS, &spill), VT_OK);
    assert_int_equal(vt_spill_parts(spill), 4);
    for (uint32_t i = 0; i < RECORDS; i++) {
        add(spill, i);
    }
    for (int round = 0; round < 2; round++) { /* parts may be read again */
        uint64_t sum = 0;
        memset(last, 0xff, sizeof last);
        for (uint32_t part = 0; part < vt_spill_parts(spill); part++) {
            uint64_t count = read_part(spill, part, last, parts);
            assert_int_equal(count, vt_spill_records(spill, part));
            assert_in_range(count, RECORDS / 8, RECORDS / 2); /* none is empty, none has all */
            sum += count;
        }
        assert_int_equal(sum, RECORDS);
    }
    vt_spill_close(spill);
}

static void test_the_number_of_parts_has_a_limit(void **state) {
    (void) state;
    vt_spill *spill;
    assert_int_equal(vt_spill_open(0, &spill), VT_OK);
    assert_int_equal(vt_spill_parts(spill), 1);
    assert_int_equal(vt_spill_records(spill, 0), 0);
    vt_spill_close(spill);
    assert_int_equal(vt_spill_open(UINT64_C(1) << 40, &spill), VT_OK);
    assert_int_equal(vt_spill_parts(spill), VT_SPILL_PARTS_MAX);
    vt_spill_close(spill);
    vt_spill_close(NULL);
}

static void test_no_folder_for_files(void **state) {
    (void) state;
    vt_spill *spill;
    setenv("TMPDIR", "/dev/null", 1);
    assert_int_equal(vt_spill_open(1, &spill), VT_ERR_SYSTEM);
    unsetenv("TMPDIR");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_lies_in_one_part_in_order),
        cmocka_unit_test(test_the_number_of_parts_has_a_limit),
        cmocka_unit_test(test_no_folder_for_files),
    };
    return cmocka_run_group_tests_name("count/spill", tests, NULL, NULL);
}
