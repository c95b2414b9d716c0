#include "topic_kit.h"

#include "base/clock.h"
#include "ledger/dead_letters.h"
#include "ledger/kafka_stream.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>

enum { LETTERS_MAX = 400, VALUE_KEPT = 64, LEDGER_RECORDS = 300 };

/* A letter as it stands in the topic. */
typedef struct letter {
    char key[64];
    char value[VALUE_KEPT];
    bool has_value;
    size_t value_len;
    char ledger[64];
    char reason[64];
    char record_key[64];
    char cut[32];
} letter;

static topic_kit kit;
static vt_dead_letters *letters;
static letter found[LETTERS_MAX];

static char *dead_topic(void) {
    static char name[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX];
    snprintf(name, sizeof name, "%s" VT_KAFKA_DEAD_SUFFIX, kit.target.url.topic);
    return name;
}

static void open_letters(void) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    if (vt_dead_letters_open(&kit.target, &kit.ledger_id, kit.partitions, &letters, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

/* A ledger whose partitions end behind LEDGER_RECORDS records each. */
static void open_ledger(int32_t partitions) {
    topic_kit_open(&kit, partitions);
    for (int32_t partition = 0; partition < partitions; partition++) {
        topic_kit_votes(&kit, partition, 0, LEDGER_RECORDS);
    }
}

static void close_letters(void) {
    vt_dead_letters_close(letters);
    letters = NULL;
}

static int set_up(void **state) {
    (void) state;
    memset(&kit, 0, sizeof kit);
    letters = NULL;
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    close_letters();
    if (kit.handle != NULL) {
        topic_kit_close(&kit);
    }
    return 0;
}

static vt_ledger_row row_of(int32_t partition, int64_t offset, vt_err fault) {
    return (vt_ledger_row){.position = {partition, offset},
                           .fault = fault,
                           .raw_key = fault == VT_OK ? (vt_slice){0} : VT_SLICE("key"),
                           .raw_value = fault == VT_OK ? (vt_slice){0} : VT_SLICE("{no vote")};
}

static void copy_header(const rd_kafka_headers_t *headers, const char *name, char *out, size_t size) {
    const void *bytes;
    size_t len;
    if (rd_kafka_header_get_last(headers, name, &bytes, &len) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(out, size, "%.*s", (int) len, (const char *) bytes);
    }
}

static void keep(const rd_kafka_message_t *message, letter *out) {
    rd_kafka_headers_t *headers;
    *out = (letter){.has_value = message->payload != NULL, .value_len = message->len};
    snprintf(out->key, sizeof out->key, "%.*s", (int) message->key_len, (const char *) message->key);
    if (message->payload != NULL) {
        snprintf(out->value, sizeof out->value, "%.*s", (int) message->len, (const char *) message->payload);
    }
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        copy_header(headers, "ledger", out->ledger, sizeof out->ledger);
        copy_header(headers, "reason", out->reason, sizeof out->reason);
        copy_header(headers, "key", out->record_key, sizeof out->record_key);
        copy_header(headers, "cut", out->cut, sizeof out->cut);
    }
}

/* Reads a partition of the dead-letter topic into `found`. */
static size_t read_letters(int32_t partition) {
    size_t total = 0;
    int64_t next = 0;
    vt_kafka_stream *stream;
    rd_kafka_t *reader = kafka_kit_reader(&kit.target);
    assert_int_equal(vt_kafka_stream_open(reader, dead_topic(), &stream), VT_OK);
    for (;;) {
        rd_kafka_message_t *const *messages;
        size_t count;
        assert_int_equal(vt_kafka_stream_read(stream, partition, next, INT64_MAX, LETTERS_MAX, KAFKA_KIT_TIMEOUT_MS,
                                              &messages, &count),
                         VT_OK);
        if (count == 0) {
            break;
        }
        assert_true(total + count <= LETTERS_MAX);
        for (size_t i = 0; i < count; i++) {
            keep(messages[i], &found[total++]);
        }
        next = messages[count - 1]->offset + 1;
    }
    vt_kafka_stream_close(stream);
    rd_kafka_destroy(reader);
    return total;
}

static void test_letters_say_what_was_wrong(void **state) {
    (void) state;
    open_ledger(3);
    open_letters();
    vt_ledger_row rows[] = {row_of(2, 10, VT_OK), row_of(2, 11, VT_ERR_MALFORMED_JSON), row_of(2, 12, VT_OK),
                            row_of(2, 15, VT_ERR_EMPTY_NAME)};
    rows[3].raw_key = (vt_slice){0};
    rows[3].raw_value = (vt_slice){0};
    assert_int_equal(vt_dead_letters_resume(letters, 2), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, 4), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 2);
    assert_int_equal(read_letters(0), 0);
    assert_int_equal(read_letters(2), 2);
    assert_string_equal(found[0].key, "2:11");
    assert_string_equal(found[0].value, "{no vote");
    assert_string_equal(found[0].ledger, "01020300-0000-0000-0000-000000000000");
    assert_string_equal(found[0].reason, "malformed_json");
    assert_string_equal(found[0].record_key, "key");
    assert_string_equal(found[0].cut, "");
    /* A record without a value becomes no tombstone. */
    assert_string_equal(found[1].key, "2:15");
    assert_true(found[1].has_value);
    assert_int_equal(found[1].value_len, 0);
    assert_string_equal(found[1].reason, "empty_name");
    assert_string_equal(found[1].record_key, "");
}

static void test_topic_keeps_letters(void **state) {
    (void) state;
    char text[64];
    int32_t partitions = 0;
    topic_kit_open(&kit, 3);
    open_letters();
    assert_int_equal(vt_kafka_topic_partitions(kit.handle, dead_topic(), KAFKA_KIT_TIMEOUT_MS, &partitions), VT_OK);
    assert_int_equal(partitions, 3);
    assert_int_equal(
        vt_kafka_topic_config(kit.handle, dead_topic(), "cleanup.policy", KAFKA_KIT_TIMEOUT_MS, text, sizeof text),
        VT_OK);
    assert_string_equal(text, "compact");
    /* Again: it is there. */
    close_letters();
    open_letters();
}

static void test_too_few_partitions(void **state) {
    (void) state;
    char reason[VT_KAFKA_REASON_MAX] = "";
    topic_kit_open(&kit, 3);
    kafka_kit_make_topic(kit.handle, dead_topic(), 2, NULL);
    assert_int_equal(vt_dead_letters_open(&kit.target, &kit.ledger_id, 3, &letters, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "has 2 partitions, but the ledger has 3"));
    assert_null(letters);
}

static void test_each_once(void **state) {
    (void) state;
    enum { ROWS = 150 };
    static vt_ledger_row rows[ROWS];
    open_ledger(2);
    open_letters();
    for (int i = 0; i < ROWS; i++) {
        rows[i] = row_of(1, i, i % 3 == 0 ? VT_ERR_MALFORMED_JSON : VT_OK);
    }
    assert_int_equal(vt_dead_letters_resume(letters, 1), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, 100), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, 100), VT_OK);
    /* Another process goes on, from an older position. */
    close_letters();
    open_letters();
    assert_int_equal(vt_dead_letters_resume(letters, 1), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows + 40, ROWS - 40), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 16);
    /* Also without being told to resume. */
    close_letters();
    open_letters();
    assert_int_equal(vt_dead_letters_send(letters, rows, ROWS), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 0);
    assert_int_equal(read_letters(1), ROWS / 3);
    for (int i = 0; i < ROWS / 3; i++) {
        char key[32];
        snprintf(key, sizeof key, "1:%d", i * 3);
        assert_string_equal(found[i].key, key);
    }
}

/* A letter as another process wrote it. */
static kafka_kit_record letter_of(const char *key) {
    static const kafka_kit_header headers[] = {{"ledger", "01020300-0000-0000-0000-000000000000", 36}, {0}};
    return (kafka_kit_record){.key = vt_slice_str(key), .value = VT_SLICE("x"), .headers = headers};
}

/* Letters without a ledger or of another one, and of records that the log does not have, tell nothing. */
static void test_letters_of_others_suppress_nothing(void **state) {
    (void) state;
    enum { FORGED = 200 };
    static const kafka_kit_header other[] = {{"ledger", "01020300-0000-0000-0000-000000000001", 36}, {0}};
    static const kafka_kit_header cut[] = {{"ledger", "01020300", 8}, {0}};
    static kafka_kit_record forged[FORGED];
    static char keys[FORGED][32];
    open_ledger(1);
    open_letters();
    for (int i = 0; i < FORGED; i++) {
        snprintf(keys[i], sizeof keys[0], "0:%d", i < 10 ? 250 + i : LEDGER_RECORDS + i * 1000);
        forged[i] = letter_of(keys[i]);
    }
    for (int i = 0; i < 10; i++) {
        forged[i].headers = i < 4 ? NULL : i < 7 ? other : cut;
    }
    kafka_kit_produce(&kit.target, dead_topic(), 0, forged, FORGED);
    vt_ledger_row rows[] = {row_of(0, 7, VT_ERR_MALFORMED_JSON), row_of(0, 255, VT_ERR_MALFORMED_JSON)};
    assert_int_equal(vt_dead_letters_resume(letters, 0), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, 2), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 2);
    close_letters();
    open_letters();
    assert_int_equal(vt_dead_letters_send(letters, rows, 2), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 0);
}

/* What others wrote there has no place in the ledger; the last letter stands behind it. */
static void test_last_letter_is_searched_for(void **state) {
    (void) state;
    enum { FOREIGN = 300 };
    static kafka_kit_record foreign[FOREIGN];
    open_ledger(1);
    open_letters();
    vt_ledger_row rows[] = {row_of(0, 5, VT_ERR_MALFORMED_JSON), row_of(0, 6, VT_ERR_MALFORMED_JSON),
                            row_of(0, 7, VT_ERR_MALFORMED_JSON)};
    assert_int_equal(vt_dead_letters_send(letters, rows, 2), VT_OK);
    for (int i = 0; i < FOREIGN; i++) {
        static const char *const keys[] = {"hello", "1:900", "0:", "0:8x", ""};
        foreign[i] = (kafka_kit_record){.key = vt_slice_str(keys[i % 5]), .value = VT_SLICE("x")};
    }
    kafka_kit_produce(&kit.target, dead_topic(), 0, foreign, FOREIGN);
    close_letters();
    open_letters();
    assert_int_equal(vt_dead_letters_resume(letters, 0), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, 3), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 1);
    assert_int_equal(read_letters(0), FOREIGN + 3);
    assert_string_equal(found[FOREIGN + 2].key, "0:7");
}

static void test_a_huge_record_is_cut(void **state) {
    (void) state;
    size_t len = VT_DEAD_LETTER_VALUE_BYTES_MAX + 1000;
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, 'x', len);
    open_ledger(1);
    open_letters();
    vt_ledger_row rows[] = {row_of(0, 0, VT_ERR_BODY_TOO_LARGE), row_of(0, 1, VT_ERR_MALFORMED_JSON)};
    rows[0].raw_value = vt_slice_of(bytes, len);
    rows[0].raw_key = vt_slice_of(bytes, len);
    vt_err err = vt_dead_letters_send(letters, rows, 2);
    free(bytes);
    assert_int_equal(err, VT_OK);
    assert_int_equal(read_letters(0), 2);
    assert_int_equal(found[0].value_len, VT_DEAD_LETTER_VALUE_BYTES_MAX);
    assert_string_equal(found[0].cut, "8389608");
    assert_string_equal(found[1].key, "0:1");
}

/* A ledger of one partition with its letters' topic, in a cluster of librdkafka's. */
static void open_mock(rd_kafka_mock_cluster_t *cluster) {
    snprintf(kit.target.url.brokers, sizeof kit.target.url.brokers, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    snprintf(kit.target.url.topic, sizeof kit.target.url.topic, "votes");
    kit.partitions = 1;
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "votes", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "votes.dead", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    topic_kit_votes(&kit, 0, 0, LEDGER_RECORDS);
    open_letters();
}

static bool has_letter(const char *key) {
    size_t count = read_letters(0);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(found[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static void set_bytes_max(const char *value) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kit.handle);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, dead_topic());
    rd_kafka_ConfigResource_set_config(resource, "max.message.bytes", value);
    rd_kafka_AlterConfigs(kit.handle, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KAFKA_KIT_TIMEOUT_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
}

/* A letter that is refused is never left out: it is BUSY until somebody mends the topic. */
static void test_refused_letter_is_not_left_out(void **state) {
    (void) state;
    static char large[900000];
    static char middling[150000];
    const char *small[] = {"max.message.bytes", "200000", NULL};
    memset(large, 'x', sizeof large);
    memset(middling, 'y', sizeof middling);
    open_ledger(1);
    kafka_kit_make_topic(kit.handle, dead_topic(), 1, small);
    open_letters();
    /* The last one does not fit into the request with the one that is refused. */
    vt_ledger_row rows[] = {row_of(0, 0, VT_ERR_MALFORMED_JSON), row_of(0, 1, VT_ERR_MALFORMED_JSON),
                            row_of(0, 2, VT_ERR_MALFORMED_JSON)};
    rows[1].raw_value = vt_slice_of(large, sizeof large);
    rows[2].raw_value = vt_slice_of(middling, sizeof middling);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vt_dead_letters_send(letters, rows, 3), VT_ERR_BUSY);
        assert_non_null(strstr(vt_dead_letters_reason(letters), dead_topic()));
    }
    /* What stands behind it may have been written; the next process finds out what is missing all the same. */
    close_letters();
    open_letters();
    assert_int_equal(vt_dead_letters_send(letters, rows, 3), VT_ERR_BUSY);
    set_bytes_max("1000000");
    int64_t deadline_ns = vt_clock_monotonic_ns() + (int64_t) KAFKA_KIT_TIMEOUT_MS * 1000000;
    while (vt_dead_letters_send(letters, rows, 3) != VT_OK) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_true(has_letter("0:0"));
    assert_true(has_letter("0:1"));
    assert_true(has_letter("0:2"));
}

/* As an earlier process left them that ended in the middle: some are missing among the last ones, none before. */
static void test_gaps_are_filled(void **state) {
    (void) state;
    enum { LETTERS = 200 };
    static kafka_kit_record records[LETTERS];
    static char keys[LETTERS][16];
    static vt_ledger_row rows[LETTERS + 1];
    size_t written = 0;
    open_ledger(1);
    open_letters();
    for (int i = 0; i < LETTERS; i++) {
        rows[i] = row_of(0, i, VT_ERR_MALFORMED_JSON);
        if (i != 150 && i != 151 && i != 190) {
            snprintf(keys[written], sizeof keys[0], "0:%d", i);
            records[written] = letter_of(keys[written]);
            written++;
        }
    }
    rows[LETTERS] = row_of(0, LETTERS, VT_ERR_MALFORMED_JSON);
    kafka_kit_produce(&kit.target, dead_topic(), 0, records, written);
    assert_int_equal(vt_dead_letters_resume(letters, 0), VT_OK);
    assert_int_equal(vt_dead_letters_send(letters, rows, LETTERS + 1), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 4);
    assert_int_equal(read_letters(0), LETTERS + 1);
    assert_string_equal(found[written].key, "0:150");
    assert_string_equal(found[written + 3].key, "0:200");
}

/* Every answer of the broker is late, and it gives one letter an answer: more than fit into one call. */
static void test_letters_over_a_slow_network(void **state) {
    (void) state;
    enum { LETTERS = 12, RTT_MS = 400, CALLS_MAX = 8 };
    char text[256];
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    assert_non_null(host);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    open_mock(cluster);
    vt_ledger_row rows[LETTERS];
    for (int i = 0; i < LETTERS; i++) {
        rows[i] = row_of(0, i, VT_ERR_MALFORMED_JSON);
        assert_int_equal(vt_dead_letters_send(letters, &rows[i], 1), VT_OK);
    }
    close_letters();
    open_letters();
    assert_int_equal(rd_kafka_mock_broker_set_rtt(cluster, 1, RTT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    int calls = 1;
    while (vt_dead_letters_resume(letters, 0) != VT_OK) {
        assert_non_null(strstr(vt_dead_letters_reason(letters), "are not known yet"));
        assert_true(++calls <= CALLS_MAX);
    }
    assert_true(calls > 1);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(cluster, 1, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(vt_dead_letters_send(letters, rows, LETTERS), VT_OK);
    assert_int_equal(vt_dead_letters_count(letters), 0);
    close_letters();
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

/* Brokers that are away: it says so in time, and does not hand a letter over twice. */
static void test_brokers_go_and_come(void **state) {
    (void) state;
    char text[256];
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    assert_non_null(host);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    open_mock(cluster);
    vt_ledger_row rows[] = {row_of(0, 0, VT_ERR_MALFORMED_JSON), row_of(0, 1, VT_ERR_MALFORMED_JSON)};
    assert_int_equal(vt_dead_letters_send(letters, rows, 1), VT_OK);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(vt_dead_letters_send(letters, rows, 2), VT_ERR_BUSY);
    assert_true(vt_clock_monotonic_ns() - began_ns < (int64_t) (VT_DEAD_LETTERS_TIMEOUT_MS + 2000) * 1000000);
    assert_non_null(strstr(vt_dead_letters_reason(letters), "1 letters wait"));
    assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t deadline_ns = vt_clock_monotonic_ns() + (int64_t) KAFKA_KIT_TIMEOUT_MS * 1000000;
    while (vt_dead_letters_send(letters, rows, 2) != VT_OK) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
    }
    assert_int_equal(vt_dead_letters_count(letters), 2);
    assert_int_equal(read_letters(0), 2);
    close_letters();
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

static void test_no_broker(void **state) {
    (void) state;
    char reason[VT_KAFKA_REASON_MAX] = "";
    kit.target = (vt_kafka_target){.url = {.brokers = "127.0.0.1:1", .topic = "votes"}};
    assert_int_equal(vt_dead_letters_open(&kit.target, &kit.ledger_id, 1, &letters, reason), VT_ERR_BUSY);
    assert_non_null(strstr(reason, "votes.dead"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_letters_say_what_was_wrong),
        TEST(test_topic_keeps_letters),
        TEST(test_too_few_partitions),
        TEST(test_each_once),
        TEST(test_letters_of_others_suppress_nothing),
        TEST(test_letters_over_a_slow_network),
        TEST(test_last_letter_is_searched_for),
        TEST(test_a_huge_record_is_cut),
        TEST(test_refused_letter_is_not_left_out),
        TEST(test_gaps_are_filled),
        TEST(test_brokers_go_and_come),
        TEST(test_no_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
