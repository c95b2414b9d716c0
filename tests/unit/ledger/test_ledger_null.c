#include "contract.h"

#include "ledger/ledger_null.h"

static vt_ledger *open_null(void **context) {
    vt_ledger *ledger = NULL;
    assert_int_equal(vt_ledger_null_open(&ledger), VT_OK);
    *context = NULL;
    return ledger;
}

static void close_null(void *context, vt_ledger *ledger) {
    (void) context;
    vt_ledger_close(ledger);
}

static void answers_inside_of_append(void **state) {
    (void) state;
    void *context;
    vt_ledger *ledger = open_null(&context);
    kit_sink sink;
    vt_append items[2];
    vt_append *pointers[2] = {&items[0], &items[1]};
    kit_sink_init(&sink);
    kit_vote(&items[0], &sink, 1, "A", "");
    kit_vote(&items[1], &sink, 1, "A", "");
    items[1].refusal = VT_ERR_CLOSED;
    assert_true(vt_ledger_answers_inline(ledger));
    assert_int_equal(vt_ledger_append(ledger, pointers, 2), VT_OK);
    assert_int_equal(sink.answered, 2);
    assert_int_equal(sink.calls, 1);
    assert_int_equal(items[0].err, VT_OK);
    assert_int_equal(items[0].verdict, VT_VERDICT_NONE);
    assert_int_equal(items[0].position.offset, 1);
    assert_int_equal(items[1].err, VT_ERR_CLOSED);
    vt_ledger_close(ledger);
}

static void has_nothing_to_read(void **state) {
    (void) state;
    void *context;
    vt_ledger *ledger = open_null(&context);
    vt_ledger_row row;
    size_t count = 9;
    uint32_t version = 9;
    vt_buf json;
    vt_buf_init(&json, 16);
    assert_int_equal(vt_ledger_read(ledger, (vt_position){-1, 0}, (vt_position){-1, 9}, &row, 1, &count), VT_OK);
    assert_int_equal(count, 0);
    assert_int_equal(vt_ledger_contest_latest(ledger, &json, &version), VT_OK);
    assert_int_equal(version, 0);
    assert_int_equal(vt_ledger_contest_append(ledger, 1, VT_SLICE("{}")), VT_ERR_UNIMPLEMENTED);
    assert_int_equal(vt_ledger_set_fold(ledger, NULL, NULL), VT_ERR_UNIMPLEMENTED);
    assert_int_equal(vt_ledger_queue_depth(ledger), 0);
    vt_ledger_close(ledger);
    vt_ledger_close(NULL);
}

int main(void) {
    const ledger_factory factory = {
        .name = "null", .partition = -1, .first_offset = 1, .open = open_null, .close = close_null};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_inside_of_append),
        cmocka_unit_test(has_nothing_to_read),
    };
    int failed = ledger_contract_answers(&factory);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
