#include "kafka_kit.h"

#include "kafka/kafka_url.h"

#include <stdio.h>

static vt_err parse(const char *text, vt_kafka_url *url) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_err err = vt_kafka_url_parse(vt_slice_str(text), url, reason);
    assert_int_equal(err == VT_OK, reason[0] == '\0');
    return err;
}

static void takes_one_broker_and_many(void **state) {
    (void) state;
    vt_kafka_url url;
    assert_int_equal(parse("kafka://localhost:9092/votes", &url), VT_OK);
    assert_string_equal(url.brokers, "localhost:9092");
    assert_string_equal(url.topic, "votes");
    assert_int_equal(parse("kafka://a-1.example:1,10.0.0.1:65535,[::1]:9092/so1-proyecto2.x_Y", &url), VT_OK);
    assert_string_equal(url.brokers, "a-1.example:1,10.0.0.1:65535,[::1]:9092");
    assert_string_equal(url.topic, "so1-proyecto2.x_Y");
}

static void refuses_what_is_no_url_of_a_ledger(void **state) {
    (void) state;
    static const char *const wrong[] = {
        "",
        "kafka:",
        "kafka://",
        "kafka:///votes",
        "Kafka://a:1/votes",
        "sqlite:votes.db",
        "kafka://a:1",
        "kafka://a:1/",
        "kafka://a/votes",
        "kafka://a:/votes",
        "kafka://:1/votes",
        "kafka://a:0/votes",
        "kafka://a:65536/votes",
        "kafka://a:123456/votes",
        "kafka://a:1x/votes",
        "kafka://a:1,/votes",
        "kafka://,a:1/votes",
        "kafka://user:secret@a:1/votes",
        "kafka://::1:9092/votes",
        "kafka://[]:9092/votes",
        "kafka://[a]x:9092/votes",
        "kafka://a:1/votes/more",
        "kafka://a:1/votes?x=1",
        "kafka://a:1/.",
        "kafka://a:1/..",
        "kafka://a:1/vo tes",
        "kafka://a:1/votés",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        vt_kafka_url url = {.topic = "unchanged"};
        if (parse(wrong[i], &url) != VT_ERR_BAD_CONFIG) {
            fail_msg("%s was taken", wrong[i]);
        }
        assert_string_equal(url.topic, "unchanged");
    }
}

static void keeps_the_limits(void **state) {
    (void) state;
    vt_kafka_url url;
    char text[2048];
    char topic[VT_KAFKA_TOPIC_BYTES_MAX + 2];
    memset(topic, 't', sizeof topic);
    topic[VT_KAFKA_TOPIC_BYTES_MAX] = '\0';
    snprintf(text, sizeof text, "kafka://a:1/%s", topic);
    assert_int_equal(parse(text, &url), VT_OK);
    assert_string_equal(url.topic, topic);
    snprintf(text, sizeof text, "kafka://a:1/%st", topic);
    assert_int_equal(parse(text, &url), VT_ERR_BAD_CONFIG);
    char host[VT_KAFKA_BROKERS_BYTES_MAX];
    memset(host, 'h', sizeof host);
    host[VT_KAFKA_BROKERS_BYTES_MAX - 2] = '\0';
    snprintf(text, sizeof text, "kafka://%s:1/t", host);
    assert_int_equal(parse(text, &url), VT_OK);
    assert_int_equal(strlen(url.brokers), VT_KAFKA_BROKERS_BYTES_MAX);
    snprintf(text, sizeof text, "kafka://%s:12/t", host);
    assert_int_equal(parse(text, &url), VT_ERR_BAD_CONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_one_broker_and_many),
        cmocka_unit_test(refuses_what_is_no_url_of_a_ledger),
        cmocka_unit_test(keeps_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
