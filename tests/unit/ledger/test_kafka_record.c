#include "kafka_kit.h"
#include "kit.h"

#include "ledger/kafka_record.h"
#include "ledger/kafka_stream.h"

#include <stdio.h>

enum { ROWS_MAX = 300 };

static const int64_t created_ms = 1700000000000;

static const vt_kafka_record_place place = {
    .ledger_id = {{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6}},
    .partitions = 1,
};

/* A topic of one partition and what was read from it. */
typedef struct state {
    vt_kafka_target target;
    rd_kafka_t *reader;
    vt_kafka_stream *stream;
    vt_ledger_row rows[ROWS_MAX];
} state;

static state self;

static void open_topic_with(const char *const *config) {
    kafka_kit_target(&self.target);
    self.reader = kafka_kit_reader(&self.target);
    kafka_kit_make_topic(self.reader, self.target.url.topic, 1, config);
    assert_int_equal(vt_kafka_stream_open(self.reader, self.target.url.topic, &self.stream), VT_OK);
}

static void open_topic(void) {
    open_topic_with(NULL);
}

static void close_topic(void) {
    vt_kafka_stream_close(self.stream);
    rd_kafka_destroy(self.reader);
}

/* Writes records and reads them all back into the rows, whose raw texts live until the topic is closed. */
static void pass_through(const kafka_kit_record *records, size_t count) {
    rd_kafka_message_t *const *messages;
    size_t read;
    kafka_kit_produce(&self.target, self.target.url.topic, 0, records, count);
    assert_true(count <= ROWS_MAX);
    /* One call gives what has arrived: from the start until it is all. */
    for (read = 0; read < count;) {
        int64_t next = read == 0 ? 0 : self.rows[read - 1].position.offset + 1;
        size_t more;
        assert_int_equal(
            vt_kafka_stream_read(self.stream, 0, next, INT64_MAX, count - read, KAFKA_KIT_TIMEOUT_MS, &messages, &more),
            VT_OK);
        for (size_t i = 0; i < more; i++) {
            vt_kafka_record_read(messages[i], &place, &self.rows[read++]);
        }
    }
}

/* What votatón itself would produce. */
typedef struct own_record {
    vt_kafka_value value;
    kafka_kit_header headers[6];
    rd_kafka_headers_t *made;
    kafka_kit_record record;
} own_record;

static void make_own(const vt_record *record, own_record *out) {
    vt_kafka_record_write(record, &out->value);
    out->made = vt_kafka_record_headers(record);
    assert_non_null(out->made);
    size_t count = rd_kafka_header_cnt(out->made);
    assert_true(count <= 5);
    memset(out->headers, 0, sizeof out->headers);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_header_get_all(out->made, i, &out->headers[i].name, &out->headers[i].bytes, &out->headers[i].len);
    }
    out->record = (kafka_kit_record){
        .key = vt_slice_of(out->value.key, out->value.key_len),
        .value = vt_slice_of(out->value.value, out->value.value_len),
        .headers = out->headers,
    };
}

static void writes_the_layout_that_readers_rely_on(void **context) {
    (void) context;
    vt_append item;
    own_record own;
    kit_vote(&item, NULL, 1, "Ca\"f\\é", "");
    item.record.points = 250;
    item.record.at_ms = 1800000000001;
    make_own(&item.record, &own);
    assert_int_equal(own.record.key.len, VT_UUID_TEXT_LEN);
    assert_memory_equal(own.record.key.ptr, "01900000-0000-0000-0000-000000000001", VT_UUID_TEXT_LEN);
    vt_slice value = VT_SLICE("{\"name\":\"Ca\\\"f\\\\é\",\"album\":\"\",\"year\":\"1994\",\"rank\":\"7\"}");
    assert_true(vt_slice_eq(own.record.value, value));
    assert_int_equal(rd_kafka_header_cnt(own.made), 4);
    assert_string_equal(own.headers[0].name, "vt-id");
    assert_memory_equal(own.headers[0].bytes, &item.record.id, VT_ID_LEN);
    assert_string_equal(own.headers[1].name, "vt-fp");
    assert_memory_equal(own.headers[1].bytes, &item.record.fingerprint, VT_ID_LEN);
    assert_string_equal(own.headers[2].name, "vt-at");
    assert_memory_equal(own.headers[2].bytes, "1800000000001", 13);
    assert_string_equal(own.headers[3].name, "vt-points");
    assert_memory_equal(own.headers[3].bytes, "250", 3);
    rd_kafka_headers_destroy(own.made);

    kit_voter(&item, 1);
    make_own(&item.record, &own);
    assert_int_equal(own.record.key.len, 32);
    assert_memory_equal(own.record.key.ptr, "01900000000000005555555555555554", 32);
    assert_string_equal(own.headers[4].name, "vt-voter");
    rd_kafka_headers_destroy(own.made);
}

static void writes_every_number(void **context) {
    (void) context;
    static const struct {
        int64_t at_ms;
        const char *at;
        uint32_t points;
        const char *points_text;
    } cases[] = {
        {0, "0", 1, "1"},
        {9, "9", 10, "10"},
        {253402300799999, "253402300799999", UINT32_MAX, "4294967295"},
        {-1, "0", 0, "0"}, /* the clock was never set: still a record that can be read */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_append item;
        own_record own;
        kit_vote(&item, NULL, 1, "Viernes Verde", "Remedios");
        item.record.at_ms = cases[i].at_ms;
        item.record.points = cases[i].points;
        make_own(&item.record, &own);
        assert_int_equal(own.headers[2].len, strlen(cases[i].at));
        assert_memory_equal(own.headers[2].bytes, cases[i].at, own.headers[2].len);
        assert_int_equal(own.headers[3].len, strlen(cases[i].points_text));
        assert_memory_equal(own.headers[3].bytes, cases[i].points_text, own.headers[3].len);
        rd_kafka_headers_destroy(own.made);
    }
}

static void gives_a_vote_back(void **context) {
    (void) context;
    vt_append items[2];
    own_record own[2];
    open_topic();
    kit_vote(&items[0], NULL, 1, "Café Tacvba \U0001F3B8", "Re");
    kit_vote(&items[1], NULL, 2, "\\\"", "/");
    kit_voter(&items[1], 5);
    items[1].record.points = UINT32_MAX;
    make_own(&items[0].record, &own[0]);
    make_own(&items[1].record, &own[1]);
    const kafka_kit_record records[2] = {own[0].record, own[1].record};
    pass_through(records, 2);
    for (size_t i = 0; i < 2; i++) {
        const vt_ledger_row *row = &self.rows[i];
        const vt_record *record = &items[i].record;
        assert_int_equal(row->fault, VT_OK);
        assert_false(row->is_anonymous);
        assert_int_equal(row->position.partition, 0);
        assert_int_equal(row->position.offset, i);
        assert_true(row->appended_ms > created_ms);
        assert_true(vt_id_eq(&row->record.id, &record->id));
        assert_true(vt_id_eq(&row->record.fingerprint, &record->fingerprint));
        assert_int_equal(row->record.points, record->points);
        assert_int_equal(row->record.at_ms, record->at_ms);
        assert_int_equal(row->record.has_voter, record->has_voter);
        for (vt_field field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
            assert_true(vt_slice_eq(vt_record_text(&row->record, field), vt_record_text(record, field)));
        }
        rd_kafka_headers_destroy(own[i].made);
    }
    assert_true(vt_id_eq(&self.rows[1].record.voter, &items[1].record.voter));
    close_topic();
}

/* Even a record that no check has seen is written so that its reader tells what it is. */
static void carries_every_byte(void **context) {
    (void) context;
    static vt_append items[256];
    static own_record own[256];
    static kafka_kit_record records[256];
    open_topic();
    for (size_t byte = 0; byte < 256; byte++) {
        kit_vote(&items[byte], NULL, byte + 1, "x?y", "");
        items[byte].record.text[1] = (char) byte;
        vt_vote vote = {0};
        for (vt_field field = VT_FIELD_NAME; field <= VT_FIELD_RANK; field++) {
            vote.text[field] = vt_record_text(&items[byte].record, field);
        }
        items[byte].record.fingerprint = vt_fingerprint(&vote);
        make_own(&items[byte].record, &own[byte]);
        records[byte] = own[byte].record;
    }
    pass_through(records, 256);
    for (size_t byte = 0; byte < 256; byte++) {
        const vt_ledger_row *row = &self.rows[byte];
        vt_err fault = byte >= 0x80                  ? VT_ERR_INVALID_UTF8
                       : byte < 0x20 || byte == 0x7f ? VT_ERR_CONTROL_CHARACTER
                                                     : VT_OK;
        assert_int_equal(row->fault, fault);
        if (fault == VT_OK) {
            assert_true(vt_slice_eq(vt_record_text(&row->record, VT_FIELD_NAME),
                                    vt_record_text(&items[byte].record, VT_FIELD_NAME)));
        }
        rd_kafka_headers_destroy(own[byte].made);
    }
    close_topic();
}

static void has_room_for_the_longest_vote(void **context) {
    (void) context;
    vt_append item;
    vt_kafka_value value;
    kit_vote(&item, NULL, 1, "x", "");
    memset(item.record.text, 1, sizeof item.record.text);
    memset(item.record.text_len, VT_FIELD_BYTES_MAX, sizeof item.record.text_len);
    vt_kafka_record_write(&item.record, &value);
    assert_in_range(value.value_len, 4 * 6 * VT_FIELD_BYTES_MAX, VT_KAFKA_VALUE_BYTES_MAX);
}

static void reads_records_of_other_producers(void **context) {
    (void) context;
    static const kafka_kit_header others[] = {{"traceparent", "00-1", 4}, {"vt-points", "9", 1}, {0}};
    const kafka_kit_record records[] = {
        {.value =
             VT_SLICE("{\"Name\":\" Los Prisioneros \",\"ALBUM\":\"Corazones\",\"year\":\"1990\",\"Rank\":\"5.2\"}"),
         .created_ms = created_ms},
        {.key = VT_SLICE("01900000-0000-0000-0000-000000000001"),
         .value = VT_SLICE("{\"name\":\"a\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"more\":[1,{}]}"),
         .headers = others,
         .created_ms = created_ms + 1},
    };
    open_topic();
    pass_through(records, 2);
    for (size_t i = 0; i < 2; i++) {
        vt_id id = vt_position_identity(&place.ledger_id, (vt_position){0, (int64_t) i});
        assert_int_equal(self.rows[i].fault, VT_OK);
        assert_true(self.rows[i].is_anonymous);
        assert_true(vt_id_eq(&self.rows[i].record.id, &id));
        assert_int_equal(self.rows[i].record.points, 1);
        assert_int_equal(self.rows[i].appended_ms, created_ms + (int64_t) i);
        assert_int_equal(self.rows[i].record.at_ms, created_ms + (int64_t) i);
        assert_false(self.rows[i].record.has_voter);
    }
    assert_true(vt_slice_eq(vt_record_text(&self.rows[0].record, VT_FIELD_NAME), VT_SLICE("Los Prisioneros")));
    close_topic();
}

static void brings_the_times_of_other_producers_into_the_calendar(void **context) {
    (void) context;
    static const char *const config[] = {"message.timestamp.after.max.ms", "9223372036854775807", NULL};
    static const int64_t last_ms = 253402300799999;
    const vt_slice value = VT_SLICE("{\"name\":\"a\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}");
    const kafka_kit_record records[] = {{.value = value, .created_ms = last_ms},
                                        {.value = value, .created_ms = last_ms + 1},
                                        {.value = value, .created_ms = INT64_MAX}};
    open_topic_with(config);
    pass_through(records, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(self.rows[i].fault, VT_OK);
        assert_int_equal(self.rows[i].appended_ms, last_ms);
        assert_int_equal(self.rows[i].record.at_ms, last_ms);
    }
    assert_false(vt_id_eq(&self.rows[0].mark, &self.rows[1].mark));
    close_topic();
}

#define VOTE "{\"name\":\"a\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}"

static void finds_the_fault_of_unreadable_records(void **context) {
    (void) context;
    static char huge[VT_VOTE_JSON_BYTES_MAX + 1];
    memset(huge, ' ', sizeof huge);
    memcpy(huge, VOTE, sizeof VOTE - 1);
    const struct {
        kafka_kit_record record;
        vt_err fault;
    } cases[] = {
        {{.key = VT_SLICE("k")}, VT_ERR_MALFORMED_JSON},
        {{.key = VT_SLICE("k"), .value = VT_SLICE("")}, VT_ERR_MALFORMED_JSON},
        {{.value = VT_SLICE("not json")}, VT_ERR_MALFORMED_JSON},
        {{.value = VT_SLICE("[" VOTE "]")}, VT_ERR_MALFORMED_JSON},
        {{.value = VT_SLICE("{\"name\":\"a\"}")}, VT_ERR_MISSING_FIELD},
        {{.value = VT_SLICE("{\"name\":\" \",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}")}, VT_ERR_EMPTY_NAME},
        {{.value = VT_SLICE("{\"name\":\"\xff\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}")}, VT_ERR_INVALID_UTF8},
        {{.value = vt_slice_of(huge, sizeof huge - 1)}, VT_OK},
        {{.value = vt_slice_of(huge, sizeof huge)}, VT_ERR_BODY_TOO_LARGE},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    kafka_kit_record records[CASES];
    open_topic();
    for (size_t i = 0; i < CASES; i++) {
        records[i] = cases[i].record;
    }
    pass_through(records, CASES);
    for (size_t i = 0; i < CASES; i++) {
        assert_int_equal(self.rows[i].fault, cases[i].fault);
        if (cases[i].fault != VT_OK) {
            assert_true(vt_slice_eq(self.rows[i].raw_key, cases[i].record.key));
            assert_true(vt_slice_eq(self.rows[i].raw_value, cases[i].record.value));
        }
    }
    close_topic();
}

static void refuses_damaged_headers(void **context) {
    (void) context;
    enum { HEADERS = 7 };
    vt_append item;
    own_record own;
    open_topic();
    kit_vote(&item, NULL, 1, "a", "b");
    make_own(&item.record, &own);
    const char *id = own.headers[0].bytes;
    const char *print = own.headers[1].bytes;
    char other[VT_ID_LEN] = {1};
    const kafka_kit_header good_id = {"vt-id", id, 16}, good_print = {"vt-fp", print, 16}, good_at = {"vt-at", "5", 1},
                           good_points = {"vt-points", "1", 1};
    const kafka_kit_header cases[][HEADERS] = {
        {good_id, good_print, good_at, good_points, {"other", "", 0}, {0}}, /* the only sound one */
        {{"vt-id", id, 15}, good_print, good_at, good_points, {0}},
        {{"vt-id", NULL, 0}, good_print, good_at, good_points, {0}},
        {good_id, {"vt-fp", other, 16}, good_at, good_points, {0}},
        {good_id, {"vt-fp", print, 17}, good_at, good_points, {0}},
        {good_id, good_print, {"vt-at", "", 0}, good_points, {0}},
        {good_id, good_print, {"vt-at", "-5", 2}, good_points, {0}},
        {good_id, good_print, {"vt-at", "9999999999999999999", 19}, good_points, {0}},
        {good_id, good_print, {"vt-at", "253402300800000", 15}, good_points, {0}}, /* the year 10000 */
        {good_id, good_print, good_at, {"vt-points", "4294967296", 10}, {0}},
        {good_id, good_print, good_at, {"vt-points", "1.5", 3}, {0}},
        {good_id, good_print, good_at, {0}},
        {good_id, good_print, good_points, {0}},
        {good_id, good_at, good_points, {0}},
        {good_id, good_id, good_print, good_at, good_points, {0}},
        {good_id, good_print, good_at, good_points, {"vt-voter", id, 8}, {0}},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    kafka_kit_record records[CASES];
    for (size_t i = 0; i < CASES; i++) {
        records[i] = own.record;
        records[i].headers = cases[i];
    }
    pass_through(records, CASES);
    for (size_t i = 0; i < CASES; i++) {
        assert_int_equal(self.rows[i].fault, i == 0 ? VT_OK : VT_ERR_BAD_ID);
    }
    rd_kafka_headers_destroy(own.made);
    close_topic();
}

/* The identity's partition decides, whatever key a producer chose. */
static void refuses_a_record_in_another_partition(void **context) {
    (void) context;
    enum { PARTITIONS = 7, CASES = 3 };
    static const char *const keys[CASES] = {NULL, "21", ""};
    vt_append item;
    own_record own;
    vt_kafka_record_place seven = place;
    kafka_kit_record records[CASES];
    rd_kafka_message_t *const *messages;
    size_t count = 0;
    open_topic();
    kit_vote(&item, NULL, 1, "a", "b");
    make_own(&item.record, &own);
    for (size_t i = 0; i < CASES; i++) {
        records[i] = own.record;
        records[i].key = keys[i] == NULL ? own.record.key : vt_slice_str(keys[i]);
    }
    kafka_kit_produce(&self.target, self.target.url.topic, 0, records, CASES);
    for (seven.partitions = 1; seven.partitions <= PARTITIONS; seven.partitions++) {
        for (size_t i = 0; i < CASES; i++) {
            assert_int_equal(vt_kafka_stream_read(self.stream, 0, (int64_t) i, INT64_MAX, 1, KAFKA_KIT_TIMEOUT_MS,
                                                  &messages, &count),
                             VT_OK);
            assert_int_equal(count, 1);
            vt_kafka_record_read(messages[0], &seven, &self.rows[0]);
            bool is_home = vt_kafka_record_home(&item.record, seven.partitions) == 0;
            assert_int_equal(self.rows[0].fault, is_home ? VT_OK : VT_ERR_MISPLACED);
            assert_true(is_home || vt_slice_eq(self.rows[0].raw_value, own.record.value));
        }
    }
    rd_kafka_headers_destroy(own.made);
    close_topic();
}

/* As Java's clients hash: for UUIDs and hashes of voters, numbers that another implementation of murmur2 gave. */
static void knows_the_home_of_an_identity(void **context) {
    (void) context;
    static const struct {
        uint64_t number;
        int32_t id_home, voter_home; /* of 256 partitions */
    } cases[] = {{1, 86, 125}, {2, 10, 217}, {77, 43, 97}, {UINT64_C(9223372036854775808), 249, 232}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_record record = {.id = kit_id(cases[i].number), .voter = kit_id(cases[i].number)};
        assert_int_equal(vt_kafka_record_home(&record, 256), cases[i].id_home);
        assert_int_equal(vt_kafka_record_home(&record, 1), 0);
        record.has_voter = true;
        assert_int_equal(vt_kafka_record_home(&record, 256), cases[i].voter_home);
    }
}

static void marks_a_record_by_all_that_it_has(void **context) {
    (void) context;
    static const kafka_kit_header ab_c[] = {{"ab", "c", 1}, {0}}, a_bc[] = {{"a", "bc", 2}, {0}},
                                  ab_null[] = {{"ab", NULL, 0}, {0}}, ab_empty[] = {{"ab", "", 0}, {0}},
                                  twice[] = {{"ab", "c", 1}, {"ab", "c", 1}, {0}};
    const kafka_kit_record records[] = {
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE("kv"), .value = VT_SLICE(""), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE(""), .value = VT_SLICE("kv"), .headers = ab_c, .created_ms = created_ms},
        {.value = VT_SLICE("kv"), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE(""), .headers = ab_c, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = a_bc, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = ab_null, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = ab_empty, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = twice, .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .created_ms = created_ms},
        {.key = VT_SLICE("k"), .value = VT_SLICE("v"), .headers = ab_c, .created_ms = created_ms + 1},
    };
    enum { CASES = sizeof records / sizeof records[0] };
    open_topic();
    pass_through(records, CASES);
    assert_true(vt_id_eq(&self.rows[0].mark, &self.rows[1].mark));
    for (size_t i = 1; i < CASES; i++) {
        for (size_t j = i + 1; j < CASES; j++) {
            if (vt_id_eq(&self.rows[i].mark, &self.rows[j].mark)) {
                fail_msg("records %zu and %zu have one mark", i, j);
            }
        }
    }
    close_topic();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_layout_that_readers_rely_on),
        cmocka_unit_test(writes_every_number),
        cmocka_unit_test(gives_a_vote_back),
        cmocka_unit_test(carries_every_byte),
        cmocka_unit_test(has_room_for_the_longest_vote),
        cmocka_unit_test(reads_records_of_other_producers),
        cmocka_unit_test(brings_the_times_of_other_producers_into_the_calendar),
        cmocka_unit_test(finds_the_fault_of_unreadable_records),
        cmocka_unit_test(refuses_damaged_headers),
        cmocka_unit_test(refuses_a_record_in_another_partition),
        cmocka_unit_test(knows_the_home_of_an_identity),
        cmocka_unit_test(marks_a_record_by_all_that_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
