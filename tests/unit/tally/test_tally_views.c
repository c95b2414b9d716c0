#include "redis_kit.h"

#include "tally/fence_function.h"
#include "tally/tally_keys.h"
#include "tally/tally_views.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fixture {
    redis_kit kit;
    char list[512];
    vt_tally_views *views;
    bool uses_script; /* as where Redis has no functions */
} fixture;

static vt_tally_views *open_views(fixture *self) {
    char reason[VT_REDIS_REASON_MAX];
    vt_tally_views *views = NULL;
    if (vt_tally_views_open(vt_slice_str(self->list), &self->kit.ledger_id, self->kit.partitions, &views, reason) !=
        VT_OK) {
        fail_msg("%s", reason);
    }
    return views;
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    redis_kit_init(&self->kit, 2);
    const char *key = self->kit.url.key;
    snprintf(self->list, sizeof self->list,
             "hash %s-bands {name}; hash %s-albums {name}:{album}:{year}; string %s-total", key, key, key);
    self->views = open_views(self);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    vt_tally_views_close(self->views);
    redis_kit_release(&self->kit);
    free(self);
    return 0;
}

static void fold(fixture *self, int32_t partition, uint64_t number, const char *name, const char *album) {
    vt_append item;
    kit_vote(&item, NULL, number, name, album);
    vt_ledger_row row = {.record = item.record};
    row.record.points = 1000;
    redis_kit_fold(&self->kit, partition, &row);
}

static void publish(fixture *self) {
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_OK);
}

static void assert_field(fixture *self, const char *view, const char *field, const char *expected) {
    redisReply *reply = redis_kit_command(&self->kit, "HGET %s-%s %s", self->kit.url.key, view, field);
    if (expected == NULL) {
        assert_int_equal(reply->type, REDIS_REPLY_NIL);
    } else {
        assert_int_equal(reply->type, REDIS_REPLY_STRING);
        assert_string_equal(reply->str, expected);
    }
    freeReplyObject(reply);
}

static void assert_fields(fixture *self, const char *view, long long expected) {
    redisReply *reply = redis_kit_command(&self->kit, "HLEN %s-%s", self->kit.url.key, view);
    assert_int_equal(reply->integer, expected);
    freeReplyObject(reply);
}

/* -1 when there is none. */
static long long total_of(redis_kit *kit) {
    redisReply *reply = redis_kit_command(kit, "GET %s-total", kit->url.key);
    long long total = reply->type == REDIS_REPLY_STRING ? atoll(reply->str) : -1;
    freeReplyObject(reply);
    return total;
}

static void writes_the_sums_of_all_partitions(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 5);
    fold(self, 0, 1, "a", "x");
    fold(self, 1, 2, "a", "y");
    fold(self, 1, 3, "\"q' {name}\\ Ñ", "");
    publish(self);
    assert_fields(self, "bands", 2);
    assert_field(self, "bands", "a", "2");
    assert_field(self, "bands", "\"q' {name}\\ Ñ", "1");
    assert_fields(self, "albums", 3);
    assert_field(self, "albums", "a:x:1994", "1");
    assert_field(self, "albums", "\"q' {name}\\ Ñ::1994", "1");
    assert_int_equal(total_of(&self->kit), 3);
    fold(self, 0, 4, "a", "x");
    publish(self);
    assert_field(self, "bands", "a", "3");
    assert_int_equal(total_of(&self->kit), 4);
}

static void writes_nothing_until_every_partition_has_begun(void **state) {
    fixture *self = *state;
    publish(self);
    assert_int_equal(total_of(&self->kit), -1);
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    redis_kit_run(&self->kit, "RENAME {%s}:1 {%s}:away", self->kit.url.key, self->kit.url.key);
    publish(self);
    assert_int_equal(total_of(&self->kit), -1);
    redis_kit_run(&self->kit, "RENAME {%s}:away {%s}:1", self->kit.url.key, self->kit.url.key);
    publish(self);
    assert_int_equal(total_of(&self->kit), 1);
}

static void writes_again_only_when_something_moved(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    publish(self);
    redis_kit_run(&self->kit, "SET %s-total 77", self->kit.url.key);
    publish(self);
    assert_int_equal(total_of(&self->kit), 77);
    fold(self, 1, 2, "a", "");
    publish(self);
    assert_int_equal(total_of(&self->kit), 2);
}

static void deletes_what_has_vanished(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    for (int i = 0; i < 5; i++) {
        /* More than one HDEL takes. */
        redis_kit_run(&self->kit, "EVAL %s 0 %s-bands %d",
                      "for i = 1, 500 do redis.call('HSET', ARGV[1], ARGV[2] .. 'old' .. i, 1) end", self->kit.url.key,
                      i);
    }
    assert_fields(self, "bands", 2500);
    publish(self);
    assert_fields(self, "bands", 1);
    assert_field(self, "bands", "a", "1");
}

/* A contest that begins anew on the same keys: no votes yet, so no fields, and a hash without fields is none. */
static void empties_the_views_of_a_new_ledger(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 10);
    fold(self, 0, 1, "a", "");
    publish(self);
    for (int i = 0; i < 2; i++) {
        redis_kit_run(&self->kit, "DEL {%s}:%d", self->kit.url.key, i);
        vt_fence_close(self->kit.fences[i]);
    }
    fixture newer = *self;
    newer.kit.ledger_id.bytes[0] ^= 1;
    redis_kit_begin(&newer.kit, 0);
    memcpy(self->kit.fences, newer.kit.fences, sizeof newer.kit.fences);
    newer.views = open_views(&newer);
    publish(&newer);
    assert_fields(self, "bands", 0);
    assert_int_equal(total_of(&self->kit), 0);
    /* Who still knows the old ledger is told, and writes nothing. */
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_ERR_OTHER_LEDGER);
    vt_tally_views_close(newer.views);
}

static void comes_back_after_redis_was_emptied(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    publish(self);
    for (int i = 0; i < 2; i++) {
        redis_kit_run(&self->kit, "DEL {%s}:%d", self->kit.url.key, i);
        vt_fence_close(self->kit.fences[i]);
    }
    redis_kit_run(&self->kit, "DEL {%s}:published %s-bands %s-total", self->kit.url.key, self->kit.url.key,
                  self->kit.url.key);
    publish(self);
    assert_int_equal(total_of(&self->kit), -1);
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    publish(self);
    assert_int_equal(total_of(&self->kit), 1);
    assert_field(self, "bands", "a", "1");
}

static void refuses_a_damaged_tally(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    redis_kit_run(&self->kit, "HSET {%s}:0 b:0 x", self->kit.url.key);
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_ERR_CORRUPT);
    assert_int_equal(total_of(&self->kit), -1);
    redis_kit_run(&self->kit, "HSET {%s}:0 off x", self->kit.url.key);
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_ERR_CORRUPT);
}

static void leaves_a_key_of_another_type_alone(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    redis_kit_run(&self->kit, "RPUSH %s-bands x", self->kit.url.key);
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_ERR_SYSTEM);
    assert_non_null(strstr(vt_redis_reason(self->kit.redis), "-bands is a list"));
    redis_kit_run(&self->kit, "DEL %s-bands", self->kit.url.key);
    redis_kit_run(&self->kit, "HSET %s-total x 1", self->kit.url.key);
    assert_int_equal(vt_tally_views_publish(self->views, self->kit.redis), VT_ERR_SYSTEM);
    assert_field(self, "total", "x", "1");
}

static void has_at_most_so_many_fields(void **state) {
    enum { BANDS = VT_VIEW_FIELDS_MAX + 50 };
    static vt_append items[BANDS];
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    for (size_t i = 0; i < BANDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%zu", i);
        kit_vote(&items[i], NULL, i, name, "");
    }
    redis_kit_append(&self->kit, items, BANDS);
    publish(self);
    assert_fields(self, "bands", VT_VIEW_FIELDS_MAX);
    assert_field(self, "bands", VT_FOLD_OTHER, "51");
    assert_int_equal(total_of(&self->kit), BANDS);
}

/* ---- never backwards ---- */

/* What a publisher that read at these offsets would write. */
static bool write_as(fixture *self, const vt_id *ledger_id, const char *offsets, const char *value) {
    char partition_key[VT_TALLY_KEY_MAX];
    char published_key[VT_TALLY_KEY_MAX];
    char view[128];
    bool is_done = false;
    vt_fence_function function;
    vt_fence_function_init(&function);
    function.is_script = self->uses_script;
    snprintf(view, sizeof view, "%s-total", self->kit.url.key);
    vt_slice words[] = {VT_SLICE(""),
                        VT_SLICE(""),
                        VT_SLICE(""),
                        vt_tally_key(self->kit.url.key, 0, false, partition_key),
                        vt_tally_published_key(self->kit.url.key, published_key),
                        vt_slice_str(view),
                        VT_SLICE("publish"),
                        vt_slice_of((const char *) ledger_id->bytes, VT_ID_LEN),
                        vt_slice_str(offsets),
                        VT_SLICE("string"),
                        vt_slice_str(value)};
    assert_int_equal(
        vt_fence_function_call(&function, self->kit.redis, words, sizeof words / sizeof words[0], 3, &is_done), VT_OK);
    return is_done;
}

static void refuses_what_was_read_before(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 9);
    const vt_id *ours = &self->kit.ledger_id;
    assert_true(write_as(self, ours, "9 10", "1"));
    assert_true(write_as(self, ours, "9 10", "1"));
    assert_false(write_as(self, ours, "10 9", "2"));
    assert_false(write_as(self, ours, "9 9", "3"));
    assert_int_equal(total_of(&self->kit), 1);
    assert_true(write_as(self, ours, "10 10", "2"));
    assert_true(write_as(self, ours, "100 10", "3"));
    assert_false(write_as(self, ours, "99 10", "4"));
    assert_int_equal(total_of(&self->kit), 3);
    vt_id theirs = *ours;
    theirs.bytes[3] ^= 1;
    assert_false(write_as(self, &theirs, "200 200", "5"));
    redis_kit_run(&self->kit, "HSET {%s}:0 ledger %b", self->kit.url.key, theirs.bytes, (size_t) VT_ID_LEN);
    assert_true(write_as(self, &theirs, "0 0", "6"));
    assert_false(write_as(self, ours, "200 200", "7"));
    redis_kit_run(&self->kit, "DEL {%s}:0", self->kit.url.key);
    assert_false(write_as(self, &theirs, "300 300", "8"));
    assert_int_equal(total_of(&self->kit), 6);
}

static void refuses_it_also_as_a_script(void **state) {
    fixture *self = *state;
    self->uses_script = true;
    refuses_what_was_read_before(state);
}

/* What was published comes back from a backup together with the tally; nonsense there must not end all publishing. */
static void writes_over_nonsense(void **state) {
    fixture *self = *state;
    redis_kit_begin(&self->kit, 0);
    fold(self, 0, 1, "a", "");
    redis_kit_run(&self->kit, "HSET {%s}:published %s-total x %s-bands %b", self->kit.url.key, self->kit.url.key,
                  self->kit.url.key, self->kit.ledger_id.bytes, (size_t) VT_ID_LEN);
    publish(self);
    assert_int_equal(total_of(&self->kit), 1);
    assert_field(self, "bands", "a", "1");
}

typedef struct publisher {
    pthread_t thread;
    fixture *shared;
    _Atomic bool *is_done;
    uint64_t calls;
    vt_err err;
} publisher;

static void *publish_on(void *argument) {
    publisher *self = argument;
    vt_redis *redis = NULL;
    vt_tally_views *views = open_views(self->shared);
    self->err = vt_redis_open(&self->shared->kit.url, SERVER_KIT_TIMEOUT_MS, &redis);
    bool is_last = false;
    while (self->err == VT_OK && !is_last) {
        is_last = *self->is_done;
        self->err = vt_tally_views_publish(views, redis);
        self->calls++;
    }
    vt_tally_views_close(views);
    vt_redis_close(redis);
    return NULL;
}

static void never_goes_backwards_with_many_publishers(void **state) {
    enum { PUBLISHERS = 3, VOTES = 1500 };
    fixture *self = *state;
    publisher publishers[PUBLISHERS];
    _Atomic bool is_done = false;
    redis_kit_begin(&self->kit, 0);
    for (int i = 0; i < PUBLISHERS; i++) {
        publishers[i] = (publisher){.shared = self, .is_done = &is_done};
        assert_int_equal(pthread_create(&publishers[i].thread, NULL, publish_on, &publishers[i]), 0);
    }
    long long seen = -1;
    size_t backwards = 0;
    for (uint64_t i = 0; i < VOTES; i++) {
        fold(self, (int32_t) (i % 2), i, "a", "");
        long long total = total_of(&self->kit);
        backwards += total < seen;
        seen = total;
    }
    is_done = true;
    for (int i = 0; i < PUBLISHERS; i++) {
        pthread_join(publishers[i].thread, NULL);
        assert_int_equal(publishers[i].err, VT_OK);
        assert_true(publishers[i].calls > 1);
    }
    assert_int_equal(backwards, 0);
    assert_int_equal(total_of(&self->kit), VOTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_the_sums_of_all_partitions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_nothing_until_every_partition_has_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_again_only_when_something_moved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deletes_what_has_vanished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empties_the_views_of_a_new_ledger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(comes_back_after_redis_was_emptied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_damaged_tally, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_a_key_of_another_type_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_at_most_so_many_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_was_read_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_it_also_as_a_script, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_over_nonsense, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_goes_backwards_with_many_publishers, set_up, tear_down),
    };
    if (!redis_kit_has_server()) {
        return redis_kit_skip("tally/tally_views");
    }
    return cmocka_run_group_tests_name("tally/tally_views", tests, NULL, NULL);
}
