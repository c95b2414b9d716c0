#include "stores_kit.h"

#include "ledger/dead_letters.h"
#include "ledger/kafka_record.h"
#include "ledger/ledger_kafka.h"
#include "tally/tally_keys.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 700, HEADERS = 5 };

stores_kit *stores_kit_open(void) {
    vt_redis_url url = server_kit_shared();
    log_kit log;
    topic_kit topic;
    topic_kit_open(&topic, STORES_KIT_PARTITIONS);
    log_kit_init(&log);
    stores_kit *self = calloc(1, sizeof *self);
    self->url = url;
    self->topic = topic;
    self->log = log;
    self->redis = server_kit_open(&self->url);
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_ledger_kafka_options options = {.target = &self->topic.target, .mode = VT_LEDGER_KAFKA_READ, .replication = -1};
    if (vt_ledger_kafka_open(&options, &self->ledger, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    vt_id ledger_id = vt_ledger_id(self->ledger);
    assert_int_equal(vt_log_writer_open(&self->log.url, &ledger_id, MONGO_KIT_TIMEOUT_MS, &self->writer, reason),
                     VT_OK);
    return self;
}

static void delete_hash(stores_kit *self, int32_t partition) {
    char room[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice key = vt_tally_key(self->url.key, partition, false, room);
    assert_int_equal(vt_redis_call(self->redis, (vt_slice[]){VT_SLICE("UNLINK"), key}, 2, &reply), VT_OK);
    freeReplyObject(reply);
    assert_int_equal(vt_fence_drop_shadow(self->redis, partition), VT_OK);
}

void stores_kit_close(stores_kit *self) {
    if (self == NULL) {
        return;
    }
    char contest[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_CONTEST_SUFFIX];
    for (int32_t p = 0; p < STORES_KIT_PARTITIONS; p++) {
        delete_hash(self, p);
    }
    vt_letter_reader_close(self->letters);
    vt_redis_close(self->redis);
    vt_log_writer_close(self->writer);
    log_kit_release(&self->log);
    vt_ledger_close(self->ledger);
    snprintf(contest, sizeof contest, "%s" VT_KAFKA_CONTEST_SUFFIX, self->topic.target.url.topic);
    kafka_kit_delete_topic(self->topic.handle, contest);
    topic_kit_close(&self->topic);
    free(self);
}

/* Makes the identity of a vote one that belongs to the partition; the same number gives the same one. */
static void settle_in(vt_record *record, int32_t home) {
    while (vt_kafka_record_home(record, STORES_KIT_PARTITIONS) != home) {
        record->id.bytes[2]++;
    }
}

/* Votes of identities that belong to `home`. */
static void vote(stores_kit *self, int32_t partition, int32_t home, uint64_t first, size_t count) {
    kafka_kit_record *records = calloc(count, sizeof *records);
    kafka_kit_header(*headers)[HEADERS] = calloc(count, sizeof *headers);
    vt_append *items = calloc(count, sizeof *items);
    char(*values)[128] = calloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        char band[16];
        snprintf(band, sizeof band, "Band %u", (unsigned) ((first + i) % 9));
        kit_vote(&items[i], NULL, first + i, band, "Re");
        settle_in(&items[i].record, home);
        vt_slice year = vt_record_text(&items[i].record, VT_FIELD_YEAR);
        vt_slice rank = vt_record_text(&items[i].record, VT_FIELD_RANK);
        snprintf(values[i], sizeof values[i], "{\"name\":\"%s\",\"album\":\"Re\",\"year\":\"%.*s\",\"rank\":\"%.*s\"}",
                 band, (int) year.len, year.ptr, (int) rank.len, rank.ptr);
        headers[i][0] = (kafka_kit_header){"vt-id", items[i].record.id.bytes, VT_ID_LEN};
        headers[i][1] = (kafka_kit_header){"vt-fp", items[i].record.fingerprint.bytes, VT_ID_LEN};
        headers[i][2] = (kafka_kit_header){"vt-at", "1800000000000", 13};
        headers[i][3] = (kafka_kit_header){"vt-points", "2", 1};
        records[i] = (kafka_kit_record){.value = vt_slice_str(values[i]), .headers = headers[i]};
    }
    kafka_kit_produce(&self->topic.target, self->topic.target.url.topic, partition, records, count);
    free(values);
    free(items);
    free(headers);
    free(records);
}

void stores_kit_vote(stores_kit *self, int32_t partition, uint64_t first, size_t count) {
    vote(self, partition, partition, first, count);
}

void stores_kit_misplace(stores_kit *self, int32_t partition, uint64_t first, size_t count) {
    vote(self, partition, (partition + 1) % STORES_KIT_PARTITIONS, first, count);
}

vt_fence *stores_kit_fence(const stores_kit *self, vt_redis *redis, int32_t partition) {
    vt_fence *fence = NULL;
    vt_fence_options options = {.redis = redis, .partition = partition, .ledger_id = vt_ledger_id(self->ledger)};
    assert_int_equal(vt_fence_open(&options, &fence), VT_OK);
    return fence;
}

void stores_kit_write_letters(stores_kit *self, int32_t partition, int64_t offset, size_t count) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_dead_letters *letters;
    vt_ledger_row row = {.fault = VT_ERR_MALFORMED_JSON, .raw_value = VT_SLICE("x")};
    vt_id ledger_id = vt_ledger_id(self->ledger);
    vt_kafka_target *target = &self->topic.target;
    assert_int_equal(vt_dead_letters_open(target, &ledger_id, STORES_KIT_PARTITIONS, &letters, reason), VT_OK);
    for (size_t i = 0; i < count; i++) {
        row.position = (vt_position){partition, offset + (int64_t) i};
        assert_int_equal(vt_dead_letters_send(letters, &row, 1), VT_OK);
    }
    vt_dead_letters_close(letters);
    if (self->letters == NULL) {
        assert_int_equal(vt_letter_reader_open(target, &ledger_id, &self->letters, reason), VT_OK);
    }
}

/* The next records of a partition. */
static size_t read_page(stores_kit *self, int32_t partition, int64_t next, vt_ledger_row rows[PAGE]) {
    int64_t first;
    int64_t end;
    size_t count = 0;
    assert_int_equal(vt_ledger_kafka_bounds(self->ledger, partition, &first, &end), VT_OK);
    if (next < end) {
        assert_int_equal(vt_ledger_read(self->ledger, (vt_position){partition, next - 1},
                                        (vt_position){partition, end - 1}, rows, PAGE, &count),
                         VT_OK);
    }
    return count;
}

/* What the fence remembers is used, as counters do, until it is refused. */
void stores_kit_count(stores_kit *self, vt_fence *fence, int32_t partition) {
    vt_ledger_row *rows = calloc(PAGE, sizeof *rows);
    vt_fence_state state = {0};
    vt_fence_outcome outcome;
    assert_int_equal(vt_fence_load(fence, &state), VT_OK);
    if (!state.exists) {
        assert_int_equal(vt_fence_create(fence, 0), VT_OK);
    }
    int64_t next = state.next;
    for (size_t count = read_page(self, partition, next, rows); count > 0;
         count = read_page(self, partition, next, rows)) {
        assert_int_equal(vt_fence_apply(fence, rows, count, &outcome), VT_OK);
        next = outcome.next;
    }
    free(rows);
}

static void archive(stores_kit *self, int32_t partition) {
    vt_ledger_row *rows = calloc(PAGE, sizeof *rows);
    vt_log_position position = log_kit_load(self->writer, partition, 0);
    for (size_t count = read_page(self, partition, position.next, rows); count > 0;
         count = read_page(self, partition, position.next, rows)) {
        assert_int_equal(vt_log_writer_write(self->writer, partition, position.next, rows, count), VT_OK);
        position.next = rows[count - 1].position.offset + 1;
    }
    free(rows);
}

void stores_kit_derive(stores_kit *self) {
    for (int32_t p = 0; p < STORES_KIT_PARTITIONS; p++) {
        vt_fence *fence = stores_kit_fence(self, self->redis, p);
        stores_kit_count(self, fence, p);
        vt_fence_close(fence);
        archive(self, p);
    }
}

void stores_kit_verify(stores_kit *self) {
    char reason[VT_VERIFY_TOPIC_REASON_MAX];
    vt_verify_topic_options options = {
        .ledger = self->ledger, .redis = self->redis, .log = self->writer, .letters = self->letters};
    if (vt_verify_topic(&options, &self->report, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

void stores_kit_assert_agrees(stores_kit *self) {
    stores_kit_verify(self);
    if (self->report.found.count > 0) {
        fail_msg("%s", self->report.found.text[0]);
    }
}

bool stores_kit_found(const stores_kit *self, const char *text) {
    bool is_found = false;
    for (uint32_t i = 0; i < self->report.found.listed; i++) {
        is_found |= strstr(self->report.found.text[i], text) != NULL;
    }
    return is_found;
}

void stores_kit_set(stores_kit *self, int32_t partition, const char *field, const char *value) {
    char room[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice arguments[] = {VT_SLICE("HSET"), vt_tally_key(self->url.key, partition, false, room), vt_slice_str(field),
                            vt_slice_str(value)};
    assert_int_equal(vt_redis_call(self->redis, arguments, 4, &reply), VT_OK);
    freeReplyObject(reply);
}
