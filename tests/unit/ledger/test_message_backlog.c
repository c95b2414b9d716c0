#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/message_backlog.h"

enum { MESSAGES = 12, PARTITIONS = 3 };

/* Messages that nobody destroys: librdkafka made none of them. */
static rd_kafka_message_t messages[MESSAGES];
static vt_message_backlog backlog;

/* Three partitions, one message after the other: 0:0 1:0 2:0 0:1 1:1 … */
static void fill(void) {
    backlog.waiting_count = backlog.given_count = 0;
    for (int i = 0; i < MESSAGES; i++) {
        messages[i] = (rd_kafka_message_t){.partition = i % PARTITIONS, .offset = i / PARTITIONS};
        backlog.waiting[backlog.waiting_count++] = &messages[i];
    }
}

static void give(size_t max, int32_t partition, int64_t first, size_t count) {
    backlog.given_count = 0;
    assert_int_equal(vt_message_backlog_give(&backlog, max), count);
    assert_int_equal(backlog.given_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(backlog.given[i]->partition, partition);
        assert_int_equal(backlog.given[i]->offset, first + (int64_t) i);
    }
}

static void test_oldest_first(void **state) {
    (void) state;
    fill();
    give(100, 0, 0, 4);
    give(100, 1, 0, 4);
    give(100, 2, 0, 4);
    give(100, 0, 0, 0);
}

/* A partition that has more than fits waits for the others. */
static void test_turns(void **state) {
    (void) state;
    fill();
    give(3, 0, 0, 3);
    give(2, 1, 0, 2);
    give(4, 2, 0, 4);
    give(1, 1, 2, 1);
    give(4, 0, 3, 1);
    give(1, 1, 3, 1);
    assert_int_equal(backlog.waiting_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_first),
        cmocka_unit_test(test_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
