#include "kafka_kit.h"

#include <stdio.h>
#include <stdlib.h>

static char reason[VT_KAFKA_REASON_MAX];

static vt_err check(const char *properties) {
    reason[0] = '\0';
    vt_err err = vt_kafka_properties_check(properties, reason);
    assert_int_equal(err == VT_OK, reason[0] == '\0');
    return err;
}

static void assert_property(const rd_kafka_conf_t *conf, const char *name, const char *value) {
    char found[512];
    size_t len = sizeof found;
    assert_int_equal(rd_kafka_conf_get(conf, name, found, &len), RD_KAFKA_CONF_OK);
    assert_string_equal(found, value);
}

static void hands_the_target_and_the_properties_on(void **state) {
    (void) state;
    const vt_kafka_target target = {
        .url = {.brokers = "a:1,b:2", .topic = "votes"},
        .properties =
            "security.protocol=sasl_ssl\n\n  sasl.username = a=b c \nsasl.password= p=\nreconnect.backoff.max.ms=700",
    };
    rd_kafka_conf_t *conf;
    assert_int_equal(vt_kafka_conf_make(&target, "somebody", &conf, reason), VT_OK);
    assert_property(conf, "bootstrap.servers", "a:1,b:2");
    assert_property(conf, "client.id", "somebody");
    assert_property(conf, "security.protocol", "sasl_ssl");
    assert_property(conf, "sasl.username", "a=b c "); /* librdkafka drops spaces in front */
    assert_property(conf, "sasl.password", "p=");
    assert_property(conf, "reconnect.backoff.max.ms", "700");
    assert_property(conf, "socket.nagle.disable", "true");
    assert_property(conf, "allow.auto.create.topics", "false");
    vt_kafka_conf_set_reader(conf);
    assert_property(conf, "isolation.level", "read_committed");
    rd_kafka_conf_destroy(conf);
}

static void does_without_properties(void **state) {
    (void) state;
    assert_int_equal(check(NULL), VT_OK);
    assert_int_equal(check(""), VT_OK);
    assert_int_equal(check("\n \n"), VT_OK);
}

static void refuses_what_would_break_a_promise(void **state) {
    (void) state;
    static const char *const names[] = {
        "acks",
        "request.required.acks",
        "enable.idempotence",
        "enable.auto.commit",
        "auto.offset.reset",
        "group.id",
        "group.instance.id",
        "bootstrap.servers",
        "metadata.broker.list",
        "partitioner",
        "partition.assignment.strategy",
        "isolation.level",
        "message.timeout.ms",
        "delivery.timeout.ms",
        "delivery.report.only.error",
        "fetch.max.bytes",
        "max.partition.fetch.bytes",
        "queue.buffering.max.kbytes",
        "queued.max.messages.kbytes",
        "heartbeat.interval.ms",
        "transactional.id",
        "plugin.library.paths",
        "test.mock.num.brokers",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "client.rack=x\n%s=hidden", names[i]);
        assert_int_equal(check(line), VT_ERR_BAD_CONFIG);
        assert_non_null(strstr(reason, names[i]));
        assert_non_null(strstr(reason, "promises"));
        assert_null(strstr(reason, "hidden"));
    }
}

static void names_what_librdkafka_refuses_but_never_a_value(void **state) {
    (void) state;
    assert_int_equal(check("no.such.property=hidden"), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "no.such.property"));
    assert_null(strstr(reason, "hidden"));
    assert_int_equal(check("security.protocol=hidden"), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "security.protocol"));
    assert_null(strstr(reason, "hidden"));
    assert_int_equal(check("client.rack=x\nHiddenPartOfAKey=="), VT_ERR_BAD_CONFIG);
    assert_null(strstr(reason, "Hidden"));
    assert_non_null(strstr(reason, "2"));
    assert_int_equal(check("hidden"), VT_ERR_BAD_CONFIG);
    assert_null(strstr(reason, "hidden"));
    assert_int_equal(check("=hidden"), VT_ERR_BAD_CONFIG);
    assert_int_equal(check("error_cb=hidden"), VT_ERR_BAD_CONFIG);
}

static void takes_values_up_to_a_limit(void **state) {
    (void) state;
    enum { VALUE_BYTES_MAX = 16384 };
    static const char name[] = "sasl.password=";
    char *line = malloc(sizeof name + VALUE_BYTES_MAX + 1);
    memset(line, 'v', sizeof name + VALUE_BYTES_MAX);
    memcpy(line, name, sizeof name - 1);
    line[sizeof name - 1 + VALUE_BYTES_MAX] = '\0';
    assert_int_equal(check(line), VT_OK);
    line[sizeof name - 1 + VALUE_BYTES_MAX] = 'v';
    line[sizeof name + VALUE_BYTES_MAX] = '\0';
    assert_int_equal(check(line), VT_ERR_BAD_CONFIG);
    free(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_the_target_and_the_properties_on),
        cmocka_unit_test(does_without_properties),
        cmocka_unit_test(refuses_what_would_break_a_promise),
        cmocka_unit_test(names_what_librdkafka_refuses_but_never_a_value),
        cmocka_unit_test(takes_values_up_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
