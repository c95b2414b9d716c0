#include "count/count_partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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
    assert_int_equal(vt_count_partition_check(&partition, rows, 2, "tally", &skip, reason), VT_OK);
    assert_int_equal(skip, 1);
    assert_int_equal(vt_count_partition_check(&partition, rows + 1, 1, "tally", &skip, reason), VT_OK);
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
        assert_int_equal(vt_count_partition_check(&partition, &others[i], 1, "tally", &skip, reason), VT_ERR_CORRUPT);
        assert_non_null(strstr(reason, "the record at offset 4 is not the one that the tally has"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_record_before_its_place),
        cmocka_unit_test(refuses_another_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
