#include "kafka_kit.h"

#include "base/clock.h"
#include "kafka/kafka_handle.h"

enum { NOT_LONG_MS = VT_KAFKA_HANDLE_CLOSE_MS + 5000, NS_PER_MS = 1000000 };

static void closes(void **state) {
    (void) state;
    vt_kafka_target target;
    kafka_kit_target(&target);
    assert_true(vt_kafka_handle_close(kafka_kit_reader(&target)));
    assert_true(vt_kafka_handle_close(NULL));
}

/* A message that is held holds its partition, and that one its broker's thread, as a lost count does. */
static void gives_up_what_does_not_end(void **state) {
    (void) state;
    static const kafka_kit_record record = {.value = VT_SLICE("{}")};
    vt_kafka_target target;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    const char *name = target.url.topic;
    kafka_kit_make_topic(handle, name, 1, NULL);
    kafka_kit_produce(&target, name, 0, &record, 1);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    assert_int_equal(rd_kafka_consume_start(topic, 0, 0), 0);
    rd_kafka_message_t *held = rd_kafka_consume(topic, 0, KAFKA_KIT_TIMEOUT_MS);
    assert_non_null(held);
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    kafka_kit_delete_topic(handle, name);
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_false(vt_kafka_handle_close(handle));
    assert_true(vt_clock_monotonic_ns() - began_ns < (int64_t) NOT_LONG_MS * NS_PER_MS);
    rd_kafka_message_destroy(held);
    assert_int_equal(rd_kafka_wait_destroyed(KAFKA_KIT_TIMEOUT_MS), 0); /* it goes on, and ends */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes),
        cmocka_unit_test(gives_up_what_does_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
