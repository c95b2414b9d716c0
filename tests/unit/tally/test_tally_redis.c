#include "contract.h"
#include "redis_kit.h"

#include "tally/tally_redis.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct fixture {
    redis_kit kit;
    vt_tally *tally;
} fixture;

static void open_tally(fixture *self) {
    assert_int_equal(vt_tally_redis_open(&self->kit.url, &self->kit.ledger_id, self->kit.partitions,
                                         SERVER_KIT_TIMEOUT_MS, &self->tally),
                     VT_OK);
}

/* ---- the contract of the port ---- */

static vt_tally *open_partitions(void **context, int32_t partitions) {
    fixture *self = calloc(1, sizeof *self);
    redis_kit_init(&self->kit, partitions);
    redis_kit_begin(&self->kit, 0);
    open_tally(self);
    *context = self;
    return self->tally;
}

static vt_tally *open_one(void **context) {
    return open_partitions(context, 1);
}

static vt_tally *open_three(void **context) {
    return open_partitions(context, 3);
}

static void append_redis(void *context, vt_append *items, size_t count) {
    fixture *self = context;
    redis_kit_append(&self->kit, items, count);
}

static vt_tally *reopen_redis(void *context) {
    fixture *self = context;
    vt_tally_close(self->tally);
    open_tally(self);
    return self->tally;
}

static void close_redis(void *context) {
    fixture *self = context;
    vt_tally_close(self->tally);
    redis_kit_release(&self->kit);
    free(self);
}

/* ---- what only this adapter does ---- */

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    redis_kit_init(&self->kit, 2);
    open_tally(self);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    close_redis(*state);
    return 0;
}

static vt_ledger_row row_of(uint64_t number, const char *name, const char *album) {
    vt_append item;
    kit_vote(&item, NULL, number, name, album);
    return (vt_ledger_row){.record = item.record};
}

static vt_verdict verdict_of(fixture *self, vt_tally_question question) {
    question.verdict = VT_VERDICT_BAD;
    assert_int_equal(vt_tally_verdicts(self->tally, &question, 1), VT_OK);
    return question.verdict;
}

static void assert_all_fail(fixture *self, vt_err expected) {
    vt_tally_snapshot snapshot = {0};
    vt_positions positions = {0};
    uint64_t generation;
    vt_tally_question question = {.position = {1, 0}};
    assert_int_equal(vt_tally_read(self->tally, &snapshot), expected);
    assert_int_equal(vt_tally_positions(self->tally, &positions, &generation), expected);
    assert_int_equal(vt_tally_verdicts(self->tally, &question, 1), expected);
    assert_null(snapshot.memory);
    assert_int_equal(positions.partitions, 0);
    assert_int_equal(question.verdict, VT_VERDICT_NONE);
}

static void is_busy_until_every_partition_has_begun(void **state) {
    fixture *self = *state;
    assert_all_fail(self, VT_ERR_BUSY);
    redis_kit_begin(&self->kit, 0);
    redis_kit_run(&self->kit, "DEL {%s}:1", self->kit.url.key);
    assert_all_fail(self, VT_ERR_BUSY);
}

static void refuses_the_tally_of_another_ledger(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    self->kit.ledger_id.bytes[5] ^= 1;
    vt_tally_close(self->tally);
    open_tally(self);
    assert_all_fail(self, VT_ERR_OTHER_LEDGER);
}

/* A rebuild leaves the positions where they were, though the sums may be others. */
static void a_rebuilt_partition_is_another_generation(void **state) {
    fixture *self = *state;
    vt_positions positions[2];
    uint64_t generations[2];
    vt_fence *shadow;
    vt_fence_options options = {
        .redis = self->kit.redis, .place = VT_FENCE_SHADOW, .partition = 1, .ledger_id = self->kit.ledger_id};
    redis_kit_begin(&self->kit, 7);
    assert_int_equal(vt_tally_positions(self->tally, &positions[0], &generations[0]), VT_OK);
    assert_int_equal(vt_fence_open(&options, &shadow), VT_OK);
    assert_int_equal(vt_fence_create(shadow, 7), VT_OK);
    assert_int_equal(vt_fence_swap(self->kit.redis, 1, true), VT_OK);
    vt_fence_close(shadow);
    assert_int_equal(vt_tally_positions(self->tally, &positions[1], &generations[1]), VT_OK);
    assert_true(vt_positions_eq(&positions[0], &positions[1]));
    assert_int_not_equal(generations[0], generations[1]);
}

static void stands_before_the_offset_where_the_fold_began(void **state) {
    fixture *self = *state;
    vt_positions positions;
    uint64_t generation;
    vt_ledger_row row = row_of(1, "a", "");
    redis_kit_begin(&self->kit, 100);
    redis_kit_fold(&self->kit, 1, &row);
    assert_int_equal(vt_tally_positions(self->tally, &positions, &generation), VT_OK);
    assert_int_equal(positions.partitions, 2);
    assert_int_equal(positions.offsets[0], 99);
    assert_int_equal(positions.offsets[1], 100);
    vt_tally_question question = {.id = row.record.id, .fingerprint = row.record.fingerprint, .position = {1, 100}};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_COUNTED);
    question.position = (vt_position){1, 101};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_NONE);
    question.position = (vt_position){0, 100};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_NONE);
}

/* One pair is of both partitions; names may hold whatever a vote may. */
static void merges_the_pairs_of_all_partitions(void **state) {
    static const char *const names[] = {"\"; DROP {name} '", "Ñandú €", "two  words", "{key}:0"};
    fixture *self = *state;
    vt_tally_snapshot snapshot;
    redis_kit_begin(&self->kit, 0);
    for (uint64_t i = 0; i < 4; i++) {
        for (int32_t partition = 0; partition < 2; partition++) {
            vt_ledger_row row = row_of(10 * i + (uint64_t) partition, names[i], "x");
            row.record.points = 5;
            redis_kit_fold(&self->kit, i == 3 ? 1 : partition, &row);
        }
    }
    assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_OK);
    assert_int_equal(snapshot.pairs_count, 4);
    static const size_t order[] = {0, 2, 3, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_true(vt_slice_eq(snapshot.pairs[i].name, vt_slice_str(names[order[i]])));
        assert_true(vt_slice_eq(snapshot.pairs[i].album, VT_SLICE("x")));
        assert_int_equal(snapshot.pairs[i].votes, 2);
        assert_int_equal(snapshot.pairs[i].points, 10);
    }
    vt_tally_snapshot_release(&snapshot);
}

static void sees_however_many_new_pairs_at_once(void **state) {
    fixture *self = *state;
    vt_tally_snapshot snapshot;
    redis_kit_begin(&self->kit, 0);
    uint64_t total = 0;
    for (uint64_t added = 1; added < 200; added *= 3) {
        for (uint64_t i = 0; i < added; i++) {
            char name[16];
            snprintf(name, sizeof name, "%llu", (unsigned long long) total);
            vt_ledger_row row = row_of(total++, name, "");
            redis_kit_fold(&self->kit, 0, &row);
        }
        assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_OK);
        assert_int_equal(snapshot.pairs_count, total);
        vt_tally_snapshot_release(&snapshot);
    }
}

static void tells_records_without_an_id_by_their_position(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 7);
    vt_ledger_row row = row_of(0, "a", "");
    row.is_anonymous = true;
    row.record.id = vt_position_identity(&self->kit.ledger_id, (vt_position){1, 7});
    redis_kit_fold(&self->kit, 1, &row);
    vt_tally_question question = {.id = row.record.id, .position = {1, 7}};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_COUNTED);
    question.position.offset = 8;
    assert_int_equal(verdict_of(self, question), VT_VERDICT_NONE);
    question.position = (vt_position){1, 6};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_BAD);
    question.position = (vt_position){INT32_MAX, 6};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_NONE);
    question.position = (vt_position){-1, 6};
    assert_int_equal(verdict_of(self, question), VT_VERDICT_NONE);
}

typedef struct damage {
    const char *field; /* NULL: the value is that of the seen id */
    const char *value; /* NULL: the field is deleted */
    size_t len;
    bool is_seen_by_all; /* also without reading the sums */
} damage;

static const damage damages[] = {
    {"ledger", "short", 5, true},
    {"ledger", NULL, 0, true},
    {"off", "x", 1, true},
    {"off", "-1", 2, true},
    {"off", "007", 3, true},
    {"off", "9007199254740992", 16, true},
    {"off", NULL, 0, true},
    {"n", "3", 1, false},
    {"n", NULL, 0, false},
    {"dup", "5", 1, false},
    {"quota", "1e3", 3, false},
    {"last", "x", 1, false},
    {"names", NULL, 0, false},
    {"names", "", 0, false},
    {"names", "\x01", 1, false},
    {"names", "\x02\x00\x00Z", 4, false},
    {"names", "\xff\x00\x00Z", 4, false},
    {"b:0", NULL, 0, false},
    {"b:0", "1", 1, false},
    {"b:0", "1 ", 2, false},
    {"b:0", "2 1", 3, false},
    {"b:0", "-1 1", 4, false},
    {NULL, "\x01", 1, false},
    {NULL, "\x05qqqqqqqqqqqqqqqq\x01", 18, false},
    {NULL, "\x01qqqqqqqqqqqqqqqq\xff\xff\xff\xff\xff\xff\xff\xff", 25, false},
};

static void damage_hash(fixture *self, const damage *what, const vt_id *id) {
    char seen[1 + VT_ID_LEN] = {'i'};
    memcpy(seen + 1, id->bytes, VT_ID_LEN);
    const char *field = what->field == NULL ? seen : what->field;
    size_t field_len = what->field == NULL ? sizeof seen : strlen(what->field);
    if (what->value == NULL) {
        redis_kit_run(&self->kit, "HDEL {%s}:1 %b", self->kit.url.key, field, field_len);
    } else {
        redis_kit_run(&self->kit, "HSET {%s}:1 %b %b", self->kit.url.key, field, field_len, what->value, what->len);
    }
}

static void says_when_a_hash_is_damaged(void **state) {
    fixture *self = *state;
    vt_tally_snapshot snapshot = {0};
    vt_ledger_row row = row_of(1, "a", "");
    redis_kit_begin(&self->kit, 0);
    redis_kit_fold(&self->kit, 1, &row);
    redis_kit_run(&self->kit, "COPY {%s}:1 {%s}:copy", self->kit.url.key, self->kit.url.key);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        redis_kit_run(&self->kit, "COPY {%s}:copy {%s}:1 REPLACE", self->kit.url.key, self->kit.url.key);
        assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_OK);
        vt_tally_snapshot_release(&snapshot);
        damage_hash(self, &damages[i], &row.record.id);
        if (damages[i].is_seen_by_all) {
            assert_all_fail(self, VT_ERR_CORRUPT);
        } else if (damages[i].field != NULL) {
            assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_ERR_CORRUPT);
        } else {
            vt_tally_question question = {.id = row.record.id, .position = row.position};
            assert_int_equal(vt_tally_verdicts(self->tally, &question, 1), VT_ERR_CORRUPT);
        }
    }
    redis_kit_run(&self->kit, "SET {%s}:1 x", self->kit.url.key);
    assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_ERR_CORRUPT);
}

/* A hash of more pairs than a fold makes: names of no letters at all, so that few bytes are many. */
static void refuses_too_many_pairs(void **state) {
    enum { BYTES = 3 * (VT_FOLD_PAIRS_MAX + 2) };
    static const char names[BYTES];
    fixture *self = *state;
    vt_tally_snapshot snapshot;
    redis_kit_begin(&self->kit, 0);
    redis_kit_run(&self->kit, "HSET {%s}:0 names %b", self->kit.url.key, names, (size_t) BYTES);
    assert_int_equal(vt_tally_read(self->tally, &snapshot), VT_ERR_CORRUPT);
}

static void tells_the_contest(void **state) {
    fixture *self = *state;
    vt_buf json;
    uint32_t version = 9;
    vt_buf_init(&json, 100);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &json, &version), VT_OK);
    assert_int_equal(version, 0);
    assert_int_equal(json.len, 0);
    assert_int_equal(vt_fence_put_contest(self->kit.redis, &self->kit.ledger_id, 3, VT_SLICE("{\"a\":1}")), VT_OK);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &json, &version), VT_OK);
    assert_int_equal(version, 3);
    assert_true(vt_slice_eq(vt_buf_slice(&json), VT_SLICE("{\"a\":1}")));
    vt_buf small;
    vt_buf_init(&small, 6);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &small, &version), VT_ERR_FULL);
    vt_buf_release(&small);
    redis_kit_run(&self->kit, "HSET {%s}:contest version 0", self->kit.url.key);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &json, &version), VT_ERR_CORRUPT);
    redis_kit_run(&self->kit, "HDEL {%s}:contest version", self->kit.url.key);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &json, &version), VT_ERR_CORRUPT);
    redis_kit_run(&self->kit, "HDEL {%s}:contest json", self->kit.url.key);
    redis_kit_run(&self->kit, "HSET {%s}:contest version 3", self->kit.url.key);
    assert_int_equal(vt_tally_redis_contest(self->kit.redis, &json, &version), VT_ERR_CORRUPT);
    assert_int_equal(version, 3);
    vt_buf_release(&json);
}

/* ---- many threads ---- */

enum { READERS = VT_TALLY_REDIS_CONNECTIONS_MAX + 4 };

typedef struct reader {
    pthread_t thread;
    vt_tally *tally;
    _Atomic bool *is_done;
    uint64_t reads;
    uint64_t torn;
    vt_err err;
} reader;

/* Every record is counted once, so that the positions say how many votes there are. */
static void *read_on(void *argument) {
    reader *self = argument;
    bool is_last = false;
    while (self->err == VT_OK && !is_last) {
        vt_tally_snapshot snapshot;
        is_last = *self->is_done;
        self->err = vt_tally_read(self->tally, &snapshot);
        if (self->err != VT_OK) {
            break;
        }
        uint64_t votes = 0;
        int64_t records = 0;
        for (uint32_t i = 0; i < snapshot.pairs_count; i++) {
            votes += snapshot.pairs[i].votes;
        }
        for (int32_t i = 0; i < snapshot.positions.partitions; i++) {
            records += snapshot.positions.offsets[i] + 1;
        }
        self->torn += votes != (uint64_t) records || votes != snapshot.verdicts[VT_VERDICT_COUNTED];
        self->reads++;
        vt_tally_snapshot_release(&snapshot);
    }
    return NULL;
}

/* How many connections of this process lead to a port. */
static int sockets_to(uint16_t port) {
    enum { DESCRIPTORS_MAX = 256 };
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t len = sizeof peer;
        count += getpeername(fd, (struct sockaddr *) &peer, &len) == 0 && ntohs(peer.sin_port) == port;
    }
    return count;
}

static void shows_every_reader_one_instant(void **state) {
    enum { VOTES = 600 };
    fixture *self = *state;
    reader readers[READERS];
    _Atomic bool is_done = false;
    redis_kit_begin(&self->kit, 0);
    int before = sockets_to(self->kit.url.port);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.tally = self->tally, .is_done = &is_done};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    for (uint64_t i = 0; i < VOTES; i++) {
        vt_append item;
        char name[16];
        snprintf(name, sizeof name, "%llu", (unsigned long long) (i < 100 ? i : i % 7));
        kit_vote(&item, NULL, i, name, "");
        redis_kit_append(&self->kit, &item, 1);
    }
    is_done = true;
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].err, VT_OK);
        assert_int_equal(readers[i].torn, 0);
        assert_true(readers[i].reads > 0);
    }
    assert_in_range(sockets_to(self->kit.url.port) - before, 1, VT_TALLY_REDIS_CONNECTIONS_MAX);
}

static void *ask_once(void *argument) {
    reader *self = argument;
    vt_positions positions;
    uint64_t generation;
    self->err = vt_tally_positions(self->tally, &positions, &generation);
    return NULL;
}

/* The kernel takes connections to a socket that nobody accepts from; no answer ever comes. */
static void is_busy_when_no_answer_comes(void **state) {
    (void) state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t address_len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal(listen(listener, READERS), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *) &address, &address_len), 0);
    vt_redis_url url = {.host = "127.0.0.1", .port = ntohs(address.sin_port), .key = "k"};
    vt_id ledger_id = {{0}};
    reader readers[READERS];
    vt_tally *tally;
    assert_int_equal(vt_tally_redis_open(&url, &ledger_id, 3, 100, &tally), VT_OK);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.tally = tally};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, ask_once, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].err, VT_ERR_BUSY);
    }
    close(listener);
    vt_tally_close(tally);
}

/* Reads by all threads at once. */
static void *read_often(void *argument) {
    enum { READS = 50 };
    reader *self = argument;
    for (int i = 0; i < READS && self->err == VT_OK; i++) {
        (void) ask_once(self);
    }
    return NULL;
}

static void rush(vt_tally *tally) {
    reader readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.tally = tally};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_often, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].err, VT_OK);
    }
}

static void begin_on(const vt_redis_url *url, const vt_id *ledger_id) {
    vt_redis *redis = server_kit_open(url);
    vt_fence_options options = {.redis = redis, .ledger_id = *ledger_id};
    vt_fence_state found;
    vt_fence *fence;
    assert_int_equal(vt_fence_open(&options, &fence), VT_OK);
    assert_int_equal(vt_fence_load(fence, &found), VT_OK);
    assert_int_equal(vt_fence_create(fence, 0), VT_OK);
    vt_fence_close(fence);
    vt_redis_close(redis);
}

/* Connections that nobody has used since are broken; what they would say has been known to be over. */
static void is_not_away_again_once_it_is_back(void **state) {
    static const char *const durable[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
    const vt_id ledger_id = {{7}};
    redis_server server;
    vt_tally *tally;
    (void) state;
    redis_server_make(&server, durable);
    vt_redis_url url = redis_server_url(&server);
    begin_on(&url, &ledger_id);
    assert_int_equal(vt_tally_redis_open(&url, &ledger_id, 1, SERVER_KIT_TIMEOUT_MS, &tally), VT_OK);
    for (int i = 0; i < 100 && sockets_to(url.port) < 2; i++) {
        rush(tally);
    }
    assert_true(sockets_to(url.port) >= 2);
    redis_server_kill(&server);
    reader one = {.tally = tally};
    (void) ask_once(&one);
    assert_int_equal(one.err, VT_ERR_BUSY);
    redis_server_start(&server);
    for (int i = 0; i < SERVER_KIT_WAIT_MS && one.err == VT_ERR_BUSY; i++) {
        usleep(1000);
        (void) ask_once(&one);
    }
    assert_int_equal(one.err, VT_OK);
    rush(tally);
    vt_tally_close(tally);
    redis_server_remove(&server);
}

static int adapter_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_busy_until_every_partition_has_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_the_tally_of_another_ledger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rebuilt_partition_is_another_generation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stands_before_the_offset_where_the_fold_began, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merges_the_pairs_of_all_partitions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_however_many_new_pairs_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_records_without_an_id_by_their_position, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_when_a_hash_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_too_many_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_contest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_every_reader_one_instant, set_up, tear_down),
        cmocka_unit_test(is_busy_when_no_answer_comes),
        cmocka_unit_test(is_not_away_again_once_it_is_back),
    };
    return cmocka_run_group_tests_name("tally/tally_redis", tests, NULL, NULL);
}

int main(void) {
    tally_factory factory = {.name = "redis, 1 partition",
                             .partitions = 1,
                             .keeps_every_record = true,
                             .open = open_one,
                             .append = append_redis,
                             .reopen = reopen_redis,
                             .close = close_redis};
    if (!redis_kit_has_server()) {
        return redis_kit_skip("tally/tally_redis");
    }
    int failed = adapter_tests();
    failed += tally_contract(&factory);
    factory.name = "redis, 3 partitions";
    factory.partitions = 3;
    factory.open = open_three;
    return failed + tally_contract(&factory);
}
