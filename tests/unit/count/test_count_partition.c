#include "count/count_partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define SECOND INT64_C(1000000000)

static const vt_id mark = {{1, 2, 3}};

/* A partition whose store stands at offset 5 of a log of eight, behind a record with `mark`. */
static vt_count_partition placed(void) {
    const vt_store_state state = {.exists = true, .next = 5, .has_mark = true, .mark = mark};
    vt_count_partition partition;
    char reason[VT_COUNT_REASON_MAX];
    int64_t seek = -1;
    vt_count_partition_assign(&partition);
    assert_int_equal(vt_count_partition_place(&partition, &state, 0, 8, "tally", 0, &seek, reason), VT_OK);
    assert_int_equal(seek, 4);
    return partition;
}

static void knows_the_record_before_its_place(void **context) {
    (void) context;
    vt_count_partition partition = placed();
    const vt_ledger_row rows[] = {{.position = {0, 4}, .mark = mark}, {.position = {0, 5}}};
    char reason[VT_COUNT_REASON_MAX];
    size_t skip = 9;
    assert_int_equal(vt_count_partition_check(&partition, rows, 2, 0, "tally", &skip, reason), VT_OK);
    assert_int_equal(skip, 1);
    assert_int_equal(vt_count_partition_check(&partition, rows + 1, 1, 0, "tally", &skip, reason), VT_OK);
    assert_int_equal(skip, 0);
}

static void refuses_another_log(void **context) {
    (void) context;
    /* Another record stands there, or none: a marker of a transaction, which no store has ever had. */
    const vt_ledger_row others[] = {{.position = {0, 4}, .mark = {{1, 2, 4}}}, {.position = {0, 5}, .mark = mark}};
    for (size_t i = 0; i < 2; i++) {
        vt_count_partition partition = placed();
        char reason[VT_COUNT_REASON_MAX] = "";
        size_t skip;
        assert_int_equal(vt_count_partition_check(&partition, &others[i], 1, 0, "tally", &skip, reason),
                         VT_ERR_CORRUPT);
        assert_non_null(strstr(reason, "the record at offset 4 is not the one that the tally has"));
    }
}

/* A partition that knows its record at offset 4 since second 0. */
static vt_count_partition known(void) {
    vt_count_partition partition = placed();
    const vt_ledger_row row = {.position = {0, 4}, .mark = mark};
    char reason[VT_COUNT_REASON_MAX];
    size_t skip;
    assert_false(vt_count_partition_is_doubtful(&partition, true, 100 * SECOND));
    assert_int_equal(vt_count_partition_check(&partition, &row, 1, 0, "tally", &skip, reason), VT_OK);
    partition.stage = VT_COUNT_READING;
    return partition;
}

static void doubts_a_log_that_was_quiet(void **context) {
    (void) context;
    vt_count_partition partition = known();
    const vt_ledger_row row = {.position = {0, 5}, .mark = {{7}}};
    assert_false(vt_count_partition_is_doubtful(&partition, true, SECOND - 1));
    assert_true(vt_count_partition_is_doubtful(&partition, true, SECOND));
    assert_false(vt_count_partition_is_doubtful(&partition, false, 10 * SECOND - 1));
    assert_true(vt_count_partition_is_doubtful(&partition, false, 10 * SECOND));
    /* Records that come all the time keep nobody from looking. */
    vt_count_partition_advance(&partition, &row, 10 * SECOND - 1);
    assert_false(vt_count_partition_is_doubtful(&partition, true, 10 * SECOND - 1));
    assert_true(vt_count_partition_is_doubtful(&partition, true, 10 * SECOND));
    vt_count_partition_compare_later(&partition, 10 * SECOND);
    assert_false(vt_count_partition_is_doubtful(&partition, false, 11 * SECOND - 1));
    assert_true(vt_count_partition_is_doubtful(&partition, false, 11 * SECOND));
    vt_count_partition_lose_anchor(&partition);
    assert_false(vt_count_partition_is_doubtful(&partition, true, 100 * SECOND));
}

static void compares_what_was_known_before_the_newest(void **context) {
    (void) context;
    vt_count_partition partition = known();
    const vt_ledger_row row = {.position = {0, 6}, .mark = {{7}}};
    char reason[VT_COUNT_REASON_MAX] = "";
    vt_count_partition_advance(&partition, &row, SECOND);
    assert_int_equal(partition.anchor, 4);
    assert_int_equal(vt_count_partition_compare(&partition, &row.mark, SECOND, "log", 0, reason), VT_ERR_CORRUPT);
    assert_non_null(strstr(reason, "the record at offset 4 is not the one that the log has"));
    assert_int_equal(vt_count_partition_compare(&partition, &mark, SECOND, "log", 0, reason), VT_OK);
    assert_int_equal(partition.anchor, 6);
    assert_int_equal(vt_count_partition_compare(&partition, &row.mark, SECOND, "log", 0, reason), VT_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_record_before_its_place),
        cmocka_unit_test(refuses_another_log),
        cmocka_unit_test(doubts_a_log_that_was_quiet),
        cmocka_unit_test(compares_what_was_known_before_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
