#include "kafka_kit.h"

#include "base/clock.h"

static vt_kafka_target target;
static char reason[VT_KAFKA_REASON_MAX];

static void makes_a_topic_once(void **state) {
    (void) state;
    static const char *const config[] = {"retention.ms", "-1", "cleanup.policy", "delete", NULL};
    const vt_kafka_topic_wish wish = {3, -1, config};
    int32_t partitions = 9;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    assert_int_equal(vt_kafka_topic_partitions(handle, target.url.topic, KAFKA_KIT_TIMEOUT_MS, &partitions), VT_OK);
    assert_int_equal(partitions, 0);
    assert_int_equal(vt_kafka_topic_create(handle, target.url.topic, &wish, KAFKA_KIT_TIMEOUT_MS, reason), VT_OK);
    assert_int_equal(vt_kafka_topic_partitions(handle, target.url.topic, KAFKA_KIT_TIMEOUT_MS, &partitions), VT_OK);
    assert_int_equal(partitions, 3);
    assert_int_equal(vt_kafka_topic_create(handle, target.url.topic, &wish, KAFKA_KIT_TIMEOUT_MS, reason), VT_OK);
    rd_kafka_destroy(handle);
}

static void tells_what_a_broker_refuses(void **state) {
    (void) state;
    static const char *const config[] = {"retention.ms", "soon", NULL};
    const vt_kafka_topic_wish wish = {1, -1, config};
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    assert_int_equal(vt_kafka_topic_create(handle, target.url.topic, &wish, KAFKA_KIT_TIMEOUT_MS, reason),
                     VT_ERR_SYSTEM);
    assert_non_null(strstr(reason, target.url.topic));
    assert_non_null(strstr(reason, "retention.ms"));
    rd_kafka_destroy(handle);
}

static void reads_settings(void **state) {
    (void) state;
    static const char *const config[] = {"retention.ms", "86400000", NULL};
    char value[32] = "unchanged";
    char small[4] = "old";
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    assert_int_equal(
        vt_kafka_topic_config(handle, target.url.topic, "retention.ms", KAFKA_KIT_TIMEOUT_MS, value, sizeof value),
        VT_ERR_NOT_FOUND);
    assert_string_equal(value, "unchanged");
    kafka_kit_make_topic(handle, target.url.topic, 1, config);
    assert_int_equal(
        vt_kafka_topic_config(handle, target.url.topic, "retention.ms", KAFKA_KIT_TIMEOUT_MS, value, sizeof value),
        VT_OK);
    assert_string_equal(value, "86400000");
    assert_int_equal(
        vt_kafka_topic_config(handle, target.url.topic, "no.such", KAFKA_KIT_TIMEOUT_MS, value, sizeof value),
        VT_ERR_NOT_FOUND);
    assert_int_equal(
        vt_kafka_topic_config(handle, target.url.topic, "retention.ms", KAFKA_KIT_TIMEOUT_MS, small, sizeof small),
        VT_ERR_FULL);
    assert_string_equal(small, "old");
    rd_kafka_destroy(handle);
}

static void tells_the_bounds_of_a_partition(void **state) {
    (void) state;
    const kafka_kit_record records[3] = {{.value = VT_SLICE("a")}, {.value = VT_SLICE("b")}, {.value = VT_SLICE("c")}};
    int64_t low = 9;
    int64_t high = 9;
    kafka_kit_target(&target);
    rd_kafka_t *handle = kafka_kit_reader(&target);
    kafka_kit_make_topic(handle, target.url.topic, 2, NULL);
    kafka_kit_produce(&target, target.url.topic, 1, records, 3);
    assert_int_equal(vt_kafka_topic_watermarks(handle, target.url.topic, 0, KAFKA_KIT_TIMEOUT_MS, &low, &high), VT_OK);
    assert_int_equal(low, 0);
    assert_int_equal(high, 0);
    assert_int_equal(vt_kafka_topic_watermarks(handle, target.url.topic, 1, KAFKA_KIT_TIMEOUT_MS, &low, &high), VT_OK);
    assert_int_equal(low, 0);
    assert_int_equal(high, 3);
    assert_int_equal(vt_kafka_topic_watermarks(handle, target.url.topic, 2, KAFKA_KIT_TIMEOUT_MS, &low, &high),
                     VT_ERR_NOT_FOUND);
    rd_kafka_destroy(handle);
}

static void keeps_its_deadline_without_a_broker(void **state) {
    (void) state;
    enum { TIMEOUT_MS = 300, PATIENCE_MS = 5000 };
    const vt_kafka_target nobody = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    const vt_kafka_topic_wish wish = {1, 1, NULL};
    int32_t partitions = 9;
    int64_t low = 9;
    int64_t high = 9;
    char value[32];
    rd_kafka_t *handle = kafka_kit_reader(&nobody);
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(vt_kafka_topic_partitions(handle, "votes", TIMEOUT_MS, &partitions), VT_ERR_BUSY);
    assert_int_equal(vt_kafka_topic_create(handle, "votes", &wish, TIMEOUT_MS, reason), VT_ERR_BUSY);
    assert_int_equal(vt_kafka_topic_config(handle, "votes", "retention.ms", TIMEOUT_MS, value, sizeof value),
                     VT_ERR_BUSY);
    assert_int_equal(vt_kafka_topic_watermarks(handle, "votes", 0, TIMEOUT_MS, &low, &high), VT_ERR_BUSY);
    assert_in_range(vt_clock_monotonic_ns() - began_ns, 0, (int64_t) PATIENCE_MS * 1000000);
    assert_int_equal(partitions, 9);
    assert_int_equal(high, 9);
    rd_kafka_destroy(handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_topic_once),
        cmocka_unit_test(tells_what_a_broker_refuses),
        cmocka_unit_test(reads_settings),
        cmocka_unit_test(tells_the_bounds_of_a_partition),
        cmocka_unit_test(keeps_its_deadline_without_a_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
