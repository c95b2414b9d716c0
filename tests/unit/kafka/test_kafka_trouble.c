#include "kafka_kit.h"

#include "kafka/kafka_trouble.h"

#include <openssl/x509.h>

static char told[VT_KAFKA_TROUBLE_MAX + 64];

static const char *tell(void) {
    vt_kafka_trouble_tell(told, sizeof told);
    return told;
}

static void knows_nothing_at_first(void **state) {
    (void) state;
    vt_kafka_trouble_forget();
    assert_string_equal(tell(), "no broker answers");
}

/* What changes with each attempt is left out: a reason is told once. */
static void tells_the_last_failure(void **state) {
    (void) state;
    vt_kafka_trouble_note("[thrd:a:1/bootstrap]: a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused "
                          "(after 0ms in state CONNECT, 1 identical error(s) suppressed)");
    assert_string_equal(tell(), "no broker answers: a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection "
                                "refused");
    vt_kafka_trouble_note("without head and tail");
    assert_string_equal(tell(), "no broker answers: without head and tail");
}

static void tells_what_is_wrong_with_a_certificate(void **state) {
    (void) state;
    vt_kafka_trouble_note_certificate(X509_V_ERR_HOSTNAME_MISMATCH);
    vt_kafka_trouble_note("[thrd:x]: ssl://b:1/1: SSL handshake failed: error:0A000086:SSL routines::certificate "
                          "verify failed: broker certificate could not be verified, verify that ssl.ca.location …");
    assert_string_equal(tell(), "no broker answers: ssl://b:1/1: the broker's certificate is refused: hostname "
                                "mismatch");
    vt_kafka_trouble_note("[thrd:x]: ssl://b:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused");
    assert_non_null(strstr(tell(), "Connection refused"));
}

static void tells_of_an_old_scram(void **state) {
    (void) state;
    vt_kafka_trouble_note("[thrd:x]: b:1/1: SASL authentication error: Authentication failed during authentication due "
                          "to invalid credentials with SASL mechanism SCRAM-SHA-512 (after 5ms in state AUTH_REQ)");
    bool is_old = rd_kafka_version() < 0x020601ff;
    assert_int_equal(strstr(tell(), "cannot do SCRAM with Kafka 4: use PLAIN over TLS)") != NULL, is_old);
    vt_kafka_trouble_note("[thrd:x]: b:1/1: SASL authentication error: Authentication failed: Invalid username");
    assert_null(strstr(tell(), "SCRAM"));
}

static void explains_an_error(void **state) {
    (void) state;
    vt_kafka_trouble_note("silence");
    vt_kafka_trouble_explain(VT_ERR_BUSY, "DESCRIBE", told, sizeof told);
    assert_string_equal(told, "no broker answers: silence");
    vt_kafka_trouble_explain(VT_ERR_SYSTEM, "DESCRIBE", told, sizeof told);
    assert_string_equal(told, "the brokers refuse: may this user DESCRIBE it?");
    vt_kafka_trouble_explain(VT_ERR_GONE, "DESCRIBE", told, sizeof told);
    assert_string_equal(told, vt_err_text(VT_ERR_GONE));
}

static void cuts_what_is_too_long(void **state) {
    (void) state;
    char line[2 * VT_KAFKA_TROUBLE_MAX];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    vt_kafka_trouble_note(line);
    assert_int_equal(strlen(tell()), strlen("no broker answers: ") + VT_KAFKA_TROUBLE_MAX - 1);
    char small[8];
    vt_kafka_trouble_tell(small, sizeof small);
    assert_string_equal(small, "no brok");
}

/* A broker that is not there is told by librdkafka itself. */
static void hears_of_a_client_that_fails(void **state) {
    (void) state;
    const vt_kafka_target nobody = {.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    int32_t partitions;
    vt_kafka_trouble_forget();
    rd_kafka_t *handle = kafka_kit_reader(&nobody);
    assert_int_equal(vt_kafka_topic_partitions(handle, "votes", 2000, &partitions), VT_ERR_BUSY);
    rd_kafka_destroy(handle);
    assert_non_null(strstr(tell(), "no broker answers: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_nothing_at_first),
        cmocka_unit_test(tells_the_last_failure),
        cmocka_unit_test(tells_what_is_wrong_with_a_certificate),
        cmocka_unit_test(tells_of_an_old_scram),
        cmocka_unit_test(explains_an_error),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(hears_of_a_client_that_fails),
    };
    return cmocka_run_group_tests_name("kafka trouble", tests, NULL, NULL);
}
