#include "kafka_gate.h"
#include "kit.h"

#include "base/clock.h"
#include "ledger/kafka_metrics.h"
#include "ledger/kafka_producer.h"
#include "ledger/kafka_record.h"
#include "ledger/kafka_stream.h"

#include <stdlib.h>
#include <time.h>

enum { QUEUE_MAX = 64, TIMEOUT_MS = 1500, LONG_MS = 10000, ROWS_MAX = 2000 };

typedef struct state {
    vt_kafka_target target;
    rd_kafka_t *reader;
    vt_metrics *metrics;
    vt_kafka_metrics series; /* the producer's */
    vt_health *health;
    vt_kafka_producer *producer;
    kit_sink sink;
} state;

static state self;

static int32_t topic_partitions = 1;

static void open_behind(kafka_gate_mode mode, size_t queue_max, uint32_t timeout_ms) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    kafka_kit_target(&self.target);
    self.reader = kafka_kit_reader(&self.target);
    kafka_kit_make_topic(self.reader, self.target.url.topic, topic_partitions, NULL);
    kafka_gate_raise(&self.target, mode);
    assert_int_equal(vt_metrics_open(&self.metrics), VT_OK);
    vt_kafka_metrics_init(&self.series, self.metrics);
    assert_int_equal(vt_health_open(&self.health), VT_OK);
    kit_sink_init(&self.sink);
    const vt_kafka_producer_options options = {.target = &self.target,
                                               .partitions = 1,
                                               .queue_records_max = queue_max,
                                               .delivery_timeout_ms = timeout_ms,
                                               .metrics = self.metrics,
                                               .health = self.health};
    if (vt_kafka_producer_open(&options, &self.producer, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

static void open_producer(size_t queue_max, uint32_t timeout_ms) {
    open_behind(KAFKA_GATE_OPEN, queue_max, timeout_ms);
}

static void close_producer(void) {
    vt_kafka_producer_close(self.producer);
    kafka_gate_remove();
    vt_metrics_close(self.metrics);
    vt_health_close(self.health);
    rd_kafka_destroy(self.reader);
}

/* Appends votes `from`.. to the sink; does not wait. */
static void append(vt_append *items, uint64_t from, size_t count) {
    vt_append *pointers[QUEUE_MAX];
    for (size_t i = 0; i < count; i++) {
        kit_vote(&items[i], &self.sink, from + i, "A", "");
        pointers[i] = &items[i];
    }
    assert_int_equal(vt_kafka_producer_append(self.producer, pointers, count), VT_OK);
}

static bool await_ready(bool is_ready) {
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < KIT_WAIT_MS / 10 && vt_health_is_ready(self.health) != is_ready; i++) {
        nanosleep(&pause, NULL);
    }
    return vt_health_is_ready(self.health) == is_ready;
}

/* How often the log has each of the votes 1..count; how many records it has in all. */
static size_t read_log(uint8_t *times, size_t count) {
    rd_kafka_message_t *const *messages;
    vt_kafka_stream *stream;
    const vt_kafka_record_place place = {.partitions = 1};
    vt_ledger_row row;
    size_t total = 0;
    size_t more;
    memset(times, 0, count);
    assert_int_equal(vt_kafka_stream_open(self.reader, self.target.url.topic, &stream), VT_OK);
    do {
        assert_int_equal(vt_kafka_stream_read(stream, 0, (int64_t) total, INT64_MAX, ROWS_MAX, KAFKA_KIT_TIMEOUT_MS,
                                              &messages, &more),
                         VT_OK);
        for (size_t i = 0; i < more; i++) {
            vt_kafka_record_read(messages[i], &place, &row);
            assert_int_equal(row.fault, VT_OK);
            for (size_t vote = 0; vote < count; vote++) {
                vt_id id = kit_id(vote + 1);
                times[vote] = (uint8_t) (times[vote] + vt_id_eq(&id, &row.record.id));
            }
        }
        total += more;
    } while (more > 0);
    vt_kafka_stream_close(stream);
    return total;
}

static void tells_where_votes_stand(void **context) {
    (void) context;
    vt_append items[3];
    open_producer(QUEUE_MAX, LONG_MS);
    append(items, 1, 3);
    kit_sink_wait(&self.sink, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].err, VT_OK);
        assert_int_equal(items[i].verdict, VT_VERDICT_NONE);
        assert_int_equal(items[i].position.partition, 0);
        assert_int_equal(items[i].position.offset, i);
    }
    assert_int_equal(self.series.ok->value, 3);
    assert_int_equal(self.series.producers->value, 1);
    assert_int_equal(vt_kafka_producer_in_flight(self.producer), 0);
    assert_int_equal(self.series.in_flight->value, 0);
    close_producer();
}

/* Appends one vote after the other until none is taken any more: every one that was taken before must not be
 * acknowledged, from the first on that is not. */
static void expect_lost(uint64_t from) {
    vt_append item;
    vt_append *pointer = &item;
    size_t answered = self.sink.answered;
    int64_t deadline_ns = vt_clock_deadline_ns(KIT_WAIT_MS);
    bool is_lost = false;
    for (uint64_t number = from; !is_lost && vt_clock_left_ms(deadline_ns) > 0; number++) {
        kit_vote(&item, &self.sink, number, "A", "");
        vt_err err = vt_kafka_producer_append(self.producer, &pointer, 1);
        is_lost = err == VT_ERR_RETRY;
        if (!is_lost) {
            assert_int_equal(err, VT_OK);
            kit_sink_wait(&self.sink, ++answered);
        }
    }
    assert_true(is_lost);
    assert_false(vt_health_is_ready(self.health));
}

static void acknowledges_nothing_in_a_topic_made_anew(void **context) {
    (void) context;
    vt_append items[5];
    open_producer(QUEUE_MAX, LONG_MS);
    append(items, 1, 5);
    kit_sink_wait(&self.sink, 5);
    kafka_kit_delete_topic(self.reader, self.target.url.topic);
    kafka_kit_make_topic(self.reader, self.target.url.topic, 1, NULL);
    expect_lost(6);
    assert_int_equal(self.series.ok->value, 5);
    close_producer();
}

/* As when somebody adds partitions to a topic whose contest knows fewer. */
static void keeps_to_the_partitions_that_are_counted(void **context) {
    (void) context;
    enum { VOTES = 40 };
    vt_append items[VOTES];
    uint8_t times[VOTES];
    topic_partitions = 2;
    open_producer(QUEUE_MAX, LONG_MS);
    topic_partitions = 1;
    append(items, 1, VOTES);
    kit_sink_wait(&self.sink, VOTES);
    assert_int_equal(self.series.ok->value, VOTES);
    assert_int_equal(read_log(times, VOTES), VOTES);
    close_producer();
}

static void refuses_at_once_what_is_refused(void **context) {
    (void) context;
    enum { REFUSALS = 5, PATIENCE_MS = 2000 };
    uint8_t times[1];
    open_producer(QUEUE_MAX, LONG_MS);
    int64_t began_ns = vt_clock_monotonic_ns();
    for (size_t i = 0; i < REFUSALS; i++) {
        vt_append item;
        vt_append *pointer = &item;
        kit_vote(&item, &self.sink, 1, "A", "");
        item.refusal = VT_ERR_CLOSED;
        assert_int_equal(vt_kafka_producer_append(self.producer, &pointer, 1), VT_OK);
        kit_sink_wait(&self.sink, i + 1);
        assert_int_equal(item.err, VT_ERR_CLOSED);
        assert_int_equal(item.verdict, VT_VERDICT_NONE);
    }
    /* A thread that is not woken looks once a second. */
    assert_in_range(vt_clock_monotonic_ns() - began_ns, 0, (int64_t) PATIENCE_MS * 1000000);
    assert_int_equal(read_log(times, 1), 0);
    close_producer();
}

static void takes_all_or_nothing_up_to_its_limit(void **context) {
    (void) context;
    vt_append items[10];
    vt_append more[2];
    vt_append *pointers[2] = {&more[0], &more[1]};
    open_producer(10, LONG_MS);
    kafka_gate_set(KAFKA_GATE_SILENT);
    append(items, 1, 9);
    kit_vote(&more[0], &self.sink, 11, "A", "");
    kit_vote(&more[1], &self.sink, 12, "A", "");
    assert_int_equal(vt_kafka_producer_append(self.producer, pointers, 2), VT_ERR_OVERLOADED);
    append(&items[9], 10, 1);
    assert_int_equal(vt_kafka_producer_append(self.producer, pointers, 1), VT_ERR_OVERLOADED);
    assert_int_equal(vt_kafka_producer_in_flight(self.producer), 10);
    kafka_gate_set(KAFKA_GATE_OPEN);
    kit_sink_wait(&self.sink, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(items[i].err, VT_OK);
    }
    assert_int_equal(vt_kafka_producer_append(self.producer, pointers, 2), VT_OK);
    kit_sink_wait(&self.sink, 12);
    close_producer();
}

static void says_retry_for_what_no_broker_got(void **context) {
    (void) context;
    vt_append items[3];
    uint8_t times[3];
    open_behind(KAFKA_GATE_SHUT, QUEUE_MAX, TIMEOUT_MS);
    append(items, 1, 3);
    kit_sink_wait(&self.sink, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].err, VT_ERR_RETRY);
    }
    assert_int_equal(self.series.retry->value, 3);
    assert_int_equal(read_log(times, 3), 0);
    /* It becomes ready again although nobody sends a vote. */
    assert_true(await_ready(false));
    kafka_gate_set(KAFKA_GATE_OPEN);
    assert_true(await_ready(true));
    append(items, 1, 1);
    kit_sink_wait(&self.sink, 4);
    assert_int_equal(items[0].err, VT_OK);
    close_producer();
}

static void says_unknown_for_what_a_broker_may_have(void **context) {
    (void) context;
    vt_append items[3];
    uint8_t times[3];
    open_producer(QUEUE_MAX, TIMEOUT_MS);
    append(items, 1, 1); /* so that there is a connection and an identity of the producer */
    kit_sink_wait(&self.sink, 1);
    kafka_gate_set(KAFKA_GATE_DEAF);
    append(&items[1], 2, 2);
    kit_sink_wait(&self.sink, 3);
    assert_int_equal(items[1].err, VT_ERR_UNKNOWN);
    assert_int_equal(items[2].err, VT_ERR_UNKNOWN);
    assert_int_equal(self.series.unknown->value, 2);
    assert_int_equal(read_log(times, 3), 3); /* that is what must not be called "not recorded" */
    assert_false(vt_health_is_ready(self.health));
    kafka_gate_set(KAFKA_GATE_OPEN);
    assert_true(await_ready(true));
    close_producer();
}

static void loses_no_answer_with_its_producer(void **context) {
    (void) context;
    enum { VOTES = 40, ROUNDS = 3 };
    vt_append items[VOTES];
    uint8_t times[VOTES];
    open_producer(QUEUE_MAX, LONG_MS);
    append(items, 1, 1);
    kit_sink_wait(&self.sink, 1);
    for (size_t round = 1; round <= ROUNDS; round++) {
        kafka_gate_set(KAFKA_GATE_SILENT);
        append(items, 1, VOTES / 2);
        assert_int_equal(kafka_gate_break_producer(), RD_KAFKA_RESP_ERR_NO_ERROR);
        append(&items[VOTES / 2], 1 + VOTES / 2, VOTES / 2);
        kafka_gate_set(KAFKA_GATE_OPEN);
        kit_sink_wait(&self.sink, 1 + round * VOTES);
        for (size_t i = 0; i < VOTES; i++) {
            assert_int_equal(items[i].err, VT_OK);
            assert_true(items[i].position.offset > 0);
        }
        assert_int_equal(self.series.producers->value, 1 + round);
    }
    size_t total = read_log(times, VOTES);
    for (size_t i = 0; i < VOTES; i++) {
        assert_true(times[i] >= ROUNDS);
    }
    assert_true(total >= (size_t) ROUNDS * VOTES);
    assert_true(await_ready(true));
    close_producer();
}

static void gives_up_on_producers_that_break_again_and_again(void **context) {
    (void) context;
    enum { PATIENCE_MS = 10000 };
    vt_append items[5];
    open_behind(KAFKA_GATE_SILENT, QUEUE_MAX, TIMEOUT_MS);
    int64_t began_ns = vt_clock_monotonic_ns();
    append(items, 1, 5);
    const struct timespec pause = {.tv_nsec = 20000000};
    rd_kafka_t *broken = NULL;
    for (int i = 0; i < KIT_WAIT_MS / 20 && vt_kafka_producer_in_flight(self.producer) > 0; i++) {
        if (broken != kafka_gate_producer()) {
            broken = kafka_gate_producer();
            kafka_gate_break_producer();
        }
        nanosleep(&pause, NULL);
    }
    kit_sink_wait(&self.sink, 5);
    assert_in_range(vt_clock_monotonic_ns() - began_ns, 0, (int64_t) PATIENCE_MS * 1000000);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(items[i].err, VT_ERR_RETRY); /* no connection ever gave them to a broker */
    }
    assert_true(self.series.producers->value > 2);
    kafka_gate_set(KAFKA_GATE_OPEN);
    close_producer();
}

static void answers_all_when_it_closes_without_a_broker(void **context) {
    (void) context;
    vt_append items[5];
    open_producer(QUEUE_MAX, TIMEOUT_MS);
    append(items, 1, 1);
    kit_sink_wait(&self.sink, 1);
    kafka_gate_set(KAFKA_GATE_SILENT);
    append(items, 1, 5);
    vt_kafka_producer_close(self.producer);
    self.producer = NULL;
    assert_int_equal(self.sink.answered, 6);
    for (size_t i = 0; i < 5; i++) {
        assert_true(items[i].err == VT_ERR_RETRY || items[i].err == VT_ERR_UNKNOWN);
    }
    close_producer();
}

/* Many threads at once, while the producer breaks under them. */
typedef struct sender {
    pthread_t thread;
    kit_sink sink;
    uint64_t first;
    vt_append items[100];
} sender;

static void *send_votes(void *context) {
    sender *to = context;
    for (size_t i = 0; i < 100; i++) {
        vt_append *pointer = &to->items[i];
        kit_vote(pointer, &to->sink, to->first + i, "A", "");
        while (vt_kafka_producer_append(self.producer, &pointer, 1) == VT_ERR_OVERLOADED) {
            sched_yield();
        }
    }
    return NULL;
}

static void serves_many_threads_while_it_breaks(void **context) {
    (void) context;
    enum { SENDERS = 4, VOTES = SENDERS * 100 };
    static sender senders[SENDERS];
    static uint8_t times[VOTES];
    open_producer(QUEUE_MAX, LONG_MS);
    for (size_t i = 0; i < SENDERS; i++) {
        senders[i].first = 1 + i * 100;
        kit_sink_init(&senders[i].sink);
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_votes, &senders[i]), 0);
    }
    kafka_gate_break_producer();
    for (size_t i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        kit_sink_wait(&senders[i].sink, 100);
        for (size_t vote = 0; vote < 100; vote++) {
            assert_int_equal(senders[i].items[vote].err, VT_OK);
        }
    }
    read_log(times, VOTES);
    for (size_t i = 0; i < VOTES; i++) {
        assert_true(times[i] >= 1);
    }
    close_producer();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_votes_stand),
        cmocka_unit_test(acknowledges_nothing_in_a_topic_made_anew),
        cmocka_unit_test(keeps_to_the_partitions_that_are_counted),
        cmocka_unit_test(refuses_at_once_what_is_refused),
        cmocka_unit_test(takes_all_or_nothing_up_to_its_limit),
        cmocka_unit_test(says_retry_for_what_no_broker_got),
        cmocka_unit_test(says_unknown_for_what_a_broker_may_have),
        cmocka_unit_test(loses_no_answer_with_its_producer),
        cmocka_unit_test(gives_up_on_producers_that_break_again_and_again),
        cmocka_unit_test(answers_all_when_it_closes_without_a_broker),
        cmocka_unit_test(serves_many_threads_while_it_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
