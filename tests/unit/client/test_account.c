#include "client/account.h"

#include "file_of_votes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static vt_votes *votes;

static vt_account *open_account(const char *acks_path, uint64_t total) {
    vt_account_options options = {.votes = votes, .acks_path = acks_path, .total = total};
    vt_account *account = NULL;
    vt_reason reason;
    assert_int_equal(vt_account_open(&options, &account, &reason), VT_OK);
    return account;
}

static void test_books(void **state) {
    (void) state;
    vt_account *account = open_account(NULL, 9);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, VT_SLICE("a"), VT_SLICE(""), 10);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_DUPLICATE, VT_SLICE("b"), VT_SLICE(""), 20);
    vt_account_accept(account, 1, VT_SEND_OUTCOME_RECORDED, VT_SLICE("c"), VT_SLICE(""), 30);
    vt_account_accept(account, 1, VT_SEND_OUTCOME_COUNTED, VT_SLICE("d"), VT_SLICE(""), 30);
    vt_account_refuse(account, VT_SLICE("quota"), 90);
    vt_account_fail(account, 2);
    vt_account_finish(account, 7);
    const vt_send_summary *summary = vt_account_summary(account);
    assert_int_equal(summary->total, 9);
    assert_int_equal(summary->accepted, 4);
    assert_int_equal(summary->duplicates, 1);
    assert_int_equal(summary->refused, 1);
    assert_int_equal(summary->failed, 2);
    assert_int_equal(summary->elapsed_ns, 7);
    assert_int_equal(summary->latency_max_ns, 90);
    assert_int_equal(summary->latency_p50_ns, 30);
    assert_int_equal(vt_account_band(account, 0)->sure, 2);
    assert_int_equal(vt_account_band(account, 0)->possible, 0);
    assert_int_equal(vt_account_band(account, 1)->sure, 1);
    assert_int_equal(vt_account_band(account, 1)->possible, 1);
    vt_account_close(account);
    vt_account_close(NULL);
}

static void test_acks(void **state) {
    (void) state;
    char path[] = "/tmp/vt-acks-XXXXXX";
    vt_reason reason;
    close(mkstemp(path));
    vt_account *account = open_account(path, 2);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, VT_SLICE("first"), VT_SLICE(""), 1);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, (vt_slice){0}, VT_SLICE(""), 1);
    vt_account_accept(account, 0, VT_SEND_OUTCOME_DUPLICATE, VT_SLICE("second"), VT_SLICE(""), 1);
    assert_int_equal(vt_account_flush(account, &reason), VT_OK);
    char text[64] = {0};
    FILE *file = fopen(path, "r");
    assert_int_equal(fread(text, 1, sizeof text, file), 13);
    fclose(file);
    assert_string_equal(text, "first\nsecond\n");
    vt_account_close(account);
    unlink(path);
}

static void test_acks_that_cannot_be_written(void **state) {
    (void) state;
    vt_account *account = open_account("/dev/full", 1);
    vt_reason reason = {0};
    vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, VT_SLICE("a"), VT_SLICE(""), 1);
    assert_int_equal(vt_account_flush(account, &reason), VT_ERR_IO);
    assert_non_null(strstr(reason.text, "/dev/full"));
    vt_account_close(account);
    vt_account_options options = {.votes = votes, .acks_path = "/nowhere/acks"};
    account = NULL;
    assert_int_equal(vt_account_open(&options, &account, &reason), VT_ERR_IO);
    assert_null(account);
    assert_non_null(strstr(reason.text, "/nowhere/acks"));
}

/* Of 20,000 ids about half of the sample must come from the second half. */
static void test_sample(void **state) {
    (void) state;
    vt_account *account = open_account(NULL, 20000);
    char id[16];
    for (int i = 0; i < 20000; i++) {
        int len = snprintf(id, sizeof id, "%d", i);
        vt_account_accept(account, 0, VT_SEND_OUTCOME_COUNTED, vt_slice_of(id, (size_t) len), VT_SLICE(""), 1);
        assert_int_equal(vt_account_sample_count(account), i < VT_ACCOUNT_SAMPLE_MAX ? i + 1 : VT_ACCOUNT_SAMPLE_MAX);
    }
    int late = 0;
    for (uint32_t i = 0; i < VT_ACCOUNT_SAMPLE_MAX; i++) {
        vt_slice sampled = vt_account_sample(account, i);
        snprintf(id, sizeof id, "%.*s", (int) sampled.len, sampled.ptr);
        late += atoi(id) >= 10000;
    }
    assert_in_range(late, 400, 600);
    vt_account_close(account);
}

static int set_up(void **state) {
    (void) state;
    votes = vt_test_votes(VT_TEST_TWO_VOTES, VT_ENCODING_JSON);
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_votes_free(votes);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_books),
        cmocka_unit_test(test_acks),
        cmocka_unit_test(test_acks_that_cannot_be_written),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
