#include "kafka_kit.h"

#include "base/clock.h"
#include "ledger/kafka_stream.h"

#include <stdio.h>
#include <time.h>

enum { RECORDS = 20, MANY = VT_KAFKA_STREAM_MESSAGES_MAX + 3, NOT_LONG_MS = 3000 };

typedef struct state {
    vt_kafka_target target;
    rd_kafka_t *reader;
    vt_kafka_stream *stream;
    rd_kafka_message_t *const *messages;
    size_t count;
} state;

static state self;

static void open_stream(int32_t partitions) {
    kafka_kit_target(&self.target);
    self.reader = kafka_kit_reader(&self.target);
    kafka_kit_make_topic(self.reader, self.target.url.topic, partitions, NULL);
    assert_int_equal(vt_kafka_stream_open(self.reader, self.target.url.topic, &self.stream), VT_OK);
}

static void close_stream(void) {
    vt_kafka_stream_close(self.stream);
    rd_kafka_destroy(self.reader);
}

/* Records "0", "1", … in a partition. */
static void produce(int32_t partition, size_t from, size_t count) {
    static char values[MANY][8];
    static kafka_kit_record records[MANY];
    for (size_t i = 0; i < count; i++) {
        int len = snprintf(values[i], sizeof values[i], "%zu", from + i);
        records[i] = (kafka_kit_record){.value = vt_slice_of(values[i], (size_t) len)};
    }
    kafka_kit_produce(&self.target, self.target.url.topic, partition, records, count);
}

static vt_err read_some(int32_t partition, int64_t next, int64_t until, size_t max) {
    return vt_kafka_stream_read(self.stream, partition, next, until, max, KAFKA_KIT_TIMEOUT_MS, &self.messages,
                                &self.count);
}

/* Reads [from, to) whatever the calls give, and nothing else. */
static void assert_reads(int32_t partition, int64_t from, int64_t to, size_t max) {
    int64_t next = from;
    while (next < to) {
        assert_int_equal(read_some(partition, next, to - 1, max), VT_OK);
        assert_in_range(self.count, 1, max);
        for (size_t i = 0; i < self.count; i++) {
            char value[8];
            int len = snprintf(value, sizeof value, "%lld", (long long) next);
            assert_int_equal(self.messages[i]->offset, next);
            assert_int_equal(self.messages[i]->len, len);
            assert_memory_equal(self.messages[i]->payload, value, (size_t) len);
            next++;
        }
    }
    assert_int_equal(next, to);
}

static void assert_ends(int32_t partition, int64_t next) {
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(read_some(partition, next, INT64_MAX, RECORDS), VT_OK);
    assert_int_equal(self.count, 0);
    assert_in_range(vt_clock_monotonic_ns() - began_ns, 0, (int64_t) NOT_LONG_MS * 1000000);
}

static void reads_on_and_anew(void **context) {
    (void) context;
    open_stream(2);
    assert_ends(0, 0);
    assert_ends(0, 0);
    produce(0, 0, RECORDS);
    produce(1, 0, 3);
    assert_reads(0, 0, RECORDS, RECORDS);
    assert_ends(0, RECORDS);
    assert_ends(0, RECORDS);
    assert_reads(0, 5, 12, 2);      /* backwards, in small steps, up to a limit */
    assert_reads(0, 12, 15, 1);     /* on */
    assert_reads(1, 0, 3, RECORDS); /* another partition */
    assert_reads(0, 15, RECORDS, RECORDS);
    assert_ends(0, RECORDS);
    produce(0, RECORDS, 3); /* behind an end that was told */
    assert_reads(0, RECORDS, RECORDS + 3, RECORDS);
    assert_ends(0, RECORDS + 3);
    close_stream();
}

static void gives_nothing_beyond_the_limit(void **context) {
    (void) context;
    open_stream(1);
    produce(0, 0, RECORDS);
    assert_int_equal(read_some(0, 5, 4, RECORDS), VT_OK);
    assert_int_equal(self.count, 0);
    assert_reads(0, 0, 7, RECORDS);
    assert_int_equal(read_some(0, 7, 6, RECORDS), VT_OK);
    assert_int_equal(self.count, 0);
    assert_reads(0, 7, RECORDS, RECORDS);
    close_stream();
}

/* The end is told together with the last records to whoever reads slowly. */
static void looks_again_behind_an_end_that_it_knew(void **context) {
    (void) context;
    const struct timespec pause = {.tv_nsec = 200000000};
    open_stream(1);
    produce(0, 0, MANY);
    assert_reads(0, 0, MANY - 3, VT_KAFKA_STREAM_MESSAGES_MAX);
    nanosleep(&pause, NULL); /* not for luck: when it is too short, the case is just another one */
    assert_reads(0, MANY - 3, MANY, 3);
    produce(0, MANY, 2);
    assert_reads(0, MANY, MANY + 2, RECORDS);
    assert_ends(0, MANY + 2);
    close_stream();
}

static void says_what_is_gone(void **context) {
    (void) context;
    open_stream(1);
    produce(0, 0, RECORDS);
    assert_int_equal(read_some(0, RECORDS + 1, INT64_MAX, 1), VT_ERR_GONE); /* behind the end */
    kafka_kit_delete_before(self.reader, self.target.url.topic, 0, 10);
    assert_int_equal(read_some(0, 0, INT64_MAX, 1), VT_ERR_GONE);
    assert_int_equal(read_some(0, 9, INT64_MAX, 1), VT_ERR_GONE);
    assert_reads(0, 10, RECORDS, RECORDS);
    close_stream();
}

/* Offsets: 0 stands, 1–2 taken back, 3 its marker, 4 stands in a transaction, 5 its marker. */
static void leaves_out_what_a_transaction_took_back(void **context) {
    (void) context;
    const kafka_kit_record wrong[2] = {{.value = VT_SLICE("x")}, {.value = VT_SLICE("x")}};
    const kafka_kit_record right[1] = {{.value = VT_SLICE("4")}};
    open_stream(1);
    produce(0, 0, 1);
    kafka_kit_produce_in_transaction(&self.target, self.target.url.topic, 0, wrong, 2, false);
    assert_reads(0, 0, 1, RECORDS);
    assert_ends(0, 1);
    assert_ends(0, 1);
    kafka_kit_produce_in_transaction(&self.target, self.target.url.topic, 0, right, 1, true);
    assert_int_equal(read_some(0, 1, INT64_MAX, RECORDS), VT_OK);
    assert_int_equal(self.count, 1);
    assert_int_equal(self.messages[0]->offset, 4);
    assert_ends(0, 5);
    assert_ends(0, 5);
    close_stream();
}

static void keeps_its_deadline_without_a_broker(void **context) {
    (void) context;
    const vt_kafka_target nobody = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    self.reader = kafka_kit_reader(&nobody);
    assert_int_equal(vt_kafka_stream_open(self.reader, "votes", &self.stream), VT_OK);
    self.count = 9;
    assert_int_equal(vt_kafka_stream_read(self.stream, 0, 0, INT64_MAX, 1, 300, &self.messages, &self.count),
                     VT_ERR_BUSY);
    assert_int_equal(self.count, 9);
    close_stream();
    vt_kafka_stream_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_on_and_anew),
        cmocka_unit_test(gives_nothing_beyond_the_limit),
        cmocka_unit_test(looks_again_behind_an_end_that_it_knew),
        cmocka_unit_test(says_what_is_gone),
        cmocka_unit_test(leaves_out_what_a_transaction_took_back),
        cmocka_unit_test(keeps_its_deadline_without_a_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
