/* Rebuilding both stores of a topic in Kafka: beside counters, after a crash, with an answer that is lost. */
#include "count/rebuild_topic.h"
#include "relay.h"
#include "stores_kit.h"
#include "tally/tally_keys.h"

#include <stdlib.h>

typedef struct fixture {
    stores_kit *kit;
    int pages;
    int64_t done;  /* by the last call of show */
    int went_back; /* how often it was less than before */
    int pages_at_end;
    int stop_at; /* the page after which nobody waits; 0: never */
    void (*meanwhile)(struct fixture *fix);
    vt_redis *redis; /* of a counter beside */
    vt_fence *fence;
    vt_log_writer *writer; /* of an archiver beside */
    vt_err refused;
    char reason[VT_REBUILD_TOPIC_REASON_MAX];
} fixture;

static fixture *begin(void **state) {
    stores_kit *kit = stores_kit_open();
    fixture *fix = calloc(1, sizeof *fix);
    fix->kit = kit;
    *state = fix;
    stores_kit_vote(kit, 0, 1, 2500);
    stores_kit_vote(kit, 0, 2400, 200);
    topic_kit_garbage(&kit->topic, 1, VT_SLICE(""), VT_SLICE("garbage"));
    topic_kit_votes(&kit->topic, 1, 0, 300);
    return fix;
}

static int end(void **state) {
    fixture *fix = *state;
    if (fix != NULL) {
        vt_fence_close(fix->fence);
        vt_redis_close(fix->redis);
        vt_log_writer_close(fix->writer);
        stores_kit_close(fix->kit);
        free(fix);
    }
    return 0;
}

static bool show(void *context, int64_t done, int64_t total) {
    fixture *fix = context;
    assert_true(done <= total);
    fix->pages++;
    fix->went_back += done < fix->done;
    fix->done = done;
    if (fix->meanwhile != NULL) {
        fix->meanwhile(fix);
    }
    return fix->stop_at == 0 || fix->pages < fix->stop_at;
}

static vt_err rebuild_with(fixture *fix, vt_redis *redis, uint64_t *records) {
    vt_rebuild_topic_options options = {.ledger = fix->kit->ledger, .progress = show, .context = fix};
    fix->pages = 0;
    return vt_rebuild_tally(&options, redis, records, fix->reason);
}

static vt_err rebuild_tally(fixture *fix) {
    uint64_t records;
    return rebuild_with(fix, fix->kit->redis, &records);
}

static vt_err rebuild_log(fixture *fix) {
    vt_rebuild_topic_options options = {.ledger = fix->kit->ledger, .progress = show, .context = fix};
    uint64_t records;
    fix->pages = 0;
    return vt_rebuild_log(&options, fix->kit->writer, &records, fix->reason);
}

static bool has_shadow(const fixture *fix, int32_t partition) {
    char room[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice key = vt_tally_key(fix->kit->url.key, partition, true, room);
    assert_int_equal(vt_redis_call(fix->kit->redis, (vt_slice[]){VT_SLICE("EXISTS"), key}, 2, &reply), VT_OK);
    bool has_it = reply->integer == 1;
    freeReplyObject(reply);
    return has_it;
}

/* A counter beside, with a connection of its own. */
static void open_counter(fixture *fix) {
    fix->redis = server_kit_open(&fix->kit->url);
    fix->fence = stores_kit_fence(fix->kit, fix->redis, 0);
}

/* ---- the tally ---- */

static void test_a_tally_comes_back(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    stores_kit_set(fix->kit, 0, "b:0", "1 1");
    stores_kit_set(fix->kit, 1, "off", "7");
    stores_kit_verify(fix->kit);
    assert_true(fix->kit->report.found.count > 0);
    uint64_t records = 0;
    assert_int_equal(rebuild_with(fix, fix->kit->redis, &records), VT_OK);
    assert_int_equal(records, 3001);
    stores_kit_assert_agrees(fix->kit);
    assert_int_equal(fix->kit->report.records, 3001);
    assert_false(has_shadow(fix, 0));
}

static void count_beside(fixture *fix) {
    if (fix->pages == 2) {
        stores_kit_vote(fix->kit, 0, 5000, 1500);
        stores_kit_count(fix->kit, fix->fence, 0);
    }
}

static void test_a_counter_may_go_on(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    open_counter(fix);
    fix->meanwhile = count_beside;
    assert_int_equal(rebuild_tally(fix), VT_OK);
    fix->meanwhile = NULL;
    stores_kit_assert_agrees(fix->kit);
    assert_int_equal(fix->kit->report.tally.offsets[0], 4199); /* also what came meanwhile */
    stores_kit_vote(fix->kit, 0, 9000, 100);
    stores_kit_count(fix->kit, fix->fence, 0);
    stores_kit_assert_agrees(fix->kit);
}

/* What a counter remembers of the hash that was thrown away must not come back with its next batch. */
static void test_a_counter_that_stands_still_forgets_the_old_sums(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    stores_kit_set(fix->kit, 0, "n", "102700");
    stores_kit_set(fix->kit, 0, "dup", "100101");
    open_counter(fix);
    vt_fence_state stands;
    assert_int_equal(vt_fence_load(fix->fence, &stands), VT_OK);
    assert_int_equal(rebuild_tally(fix), VT_OK);
    stores_kit_assert_agrees(fix->kit);
    stores_kit_vote(fix->kit, 0, 9000, 1);
    vt_ledger_row row;
    size_t count;
    vt_fence_outcome outcome;
    assert_int_equal(vt_ledger_read(fix->kit->ledger, (vt_position){0, stands.next - 1}, (vt_position){0, stands.next},
                                    &row, 1, &count),
                     VT_OK);
    assert_int_equal(vt_fence_apply(fix->fence, &row, count, &outcome), VT_ERR_MOVED);
    stores_kit_count(fix->kit, fix->fence, 0);
    stores_kit_assert_agrees(fix->kit);
}

static void test_a_tally_that_was_left_half_way(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    fix->stop_at = 2;
    assert_int_equal(rebuild_tally(fix), VT_ERR_GONE);
    assert_string_equal(fix->reason, "partition 0 of the tally: the peer or the object is gone");
    stores_kit_assert_agrees(fix->kit); /* the old one stands */
    assert_false(has_shadow(fix, 0));
    fix->stop_at = 0;
    assert_int_equal(rebuild_tally(fix), VT_OK);
    stores_kit_assert_agrees(fix->kit);
}

/* A crash leaves the shadow; what is in it is not gone on with. */
static void test_a_shadow_that_is_there_is_made_anew(void **state) {
    fixture *fix = begin(state);
    char room[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice arguments[] = {VT_SLICE("HSET"), vt_tally_key(fix->kit->url.key, 0, true, room), VT_SLICE("off"),
                            VT_SLICE("9")};
    assert_int_equal(vt_redis_call(fix->kit->redis, arguments, 4, &reply), VT_OK);
    freeReplyObject(reply);
    stores_kit_derive(fix->kit);
    assert_int_equal(rebuild_tally(fix), VT_OK);
    stores_kit_assert_agrees(fix->kit);
}

static void drop_shadow(fixture *fix) {
    if (fix->pages == 2) {
        assert_int_equal(vt_fence_drop_shadow(fix->kit->redis, 0), VT_OK);
    }
}

static void test_a_shadow_that_is_thrown_away_is_begun_again(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    stores_kit_set(fix->kit, 0, "b:0", "1 1");
    fix->meanwhile = drop_shadow;
    assert_int_equal(rebuild_tally(fix), VT_OK);
    stores_kit_assert_agrees(fix->kit);
}

static void drop_at_the_end(fixture *fix) {
    if (fix->done == 2700 && fix->went_back == 0) { /* the last page of partition 0: only the swap is left */
        assert_int_equal(vt_fence_drop_shadow(fix->kit->redis, 0), VT_OK);
    }
}

static void test_a_shadow_that_is_gone_before_the_swap_is_begun_again(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    stores_kit_set(fix->kit, 0, "b:0", "1 1");
    fix->meanwhile = drop_at_the_end;
    assert_int_equal(rebuild_tally(fix), VT_OK);
    assert_int_equal(fix->went_back, 1);
    stores_kit_assert_agrees(fix->kit);
}

static void test_a_swap_whose_answer_is_lost(void **state) {
    fixture *fix = begin(state);
    relay *between = relay_open(fix->kit->url.port, "replace", ':');
    vt_redis_url url = fix->kit->url;
    url.port = relay_port(between);
    vt_redis *redis = server_kit_open(&url);
    uint64_t records;
    vt_err err = rebuild_with(fix, redis, &records);
    vt_redis_close(redis);
    assert_int_equal(relay_close(between), 1);
    assert_int_equal(err, VT_OK);
    assert_int_equal(records, 3001);
    assert_int_equal(fix->went_back, 0); /* nothing was begun again */
    stores_kit_derive(fix->kit);
    stores_kit_assert_agrees(fix->kit);
}

static void drop_while_it_waits(fixture *fix) {
    if (fix->done == 2700 && fix->went_back == 0 && fix->pages_at_end++ == 1) {
        assert_int_equal(vt_fence_drop_shadow(fix->kit->redis, 0), VT_OK);
    }
}

/* No answer, and then no shadow: it did not go live, though it was asked for. */
static void test_a_swap_that_is_lost_with_its_shadow(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    stores_kit_set(fix->kit, 0, "b:0", "1 1");
    relay *between = relay_open(fix->kit->url.port, "replace", 0);
    vt_redis_url url = fix->kit->url;
    url.port = relay_port(between);
    vt_redis *redis = server_kit_open(&url);
    uint64_t records;
    fix->meanwhile = drop_while_it_waits;
    vt_err err = rebuild_with(fix, redis, &records);
    vt_redis_close(redis);
    assert_int_equal(relay_close(between), 1);
    assert_int_equal(err, VT_OK);
    assert_int_equal(fix->went_back, 1); /* it was begun again */
    assert_int_equal(records, 3001);
    fix->meanwhile = NULL;
    stores_kit_assert_agrees(fix->kit);
}

static void take_at_the_end(fixture *fix) {
    if (fix->done == 2700 && fix->pages_at_end++ == 0) {
        char room[VT_TALLY_KEY_MAX];
        redisReply *reply = NULL;
        vt_slice live = vt_tally_key(fix->kit->url.key, 0, false, room);
        assert_int_equal(vt_redis_call(fix->kit->redis, (vt_slice[]){VT_SLICE("UNLINK"), live}, 2, &reply), VT_OK);
        freeReplyObject(reply);
        assert_int_equal(vt_fence_swap(fix->kit->redis, 0, false), VT_OK);
    }
}

/* A counter that finds no tally puts our shadow in place. */
static void test_a_shadow_that_a_counter_put_in_place(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    fix->meanwhile = take_at_the_end;
    assert_int_equal(rebuild_tally(fix), VT_OK);
    assert_int_equal(fix->went_back, 0);
    fix->meanwhile = NULL;
    stores_kit_assert_agrees(fix->kit);
}

/* ---- the vote log ---- */

static void archive_beside(fixture *fix) {
    if (fix->pages == 2) {
        vt_ledger_row row = log_kit_row(0, 2700);
        vt_log_position position;
        fix->refused = vt_log_writer_write(fix->writer, 0, 2700, &row, 1);
        assert_int_equal(vt_log_writer_load(fix->writer, 0, &position), VT_OK);
        assert_true(position.is_rebuilding);
    }
}

static void test_a_log_comes_back(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    log_kit own = fix->kit->log;
    own.ledger_id = vt_ledger_id(fix->kit->ledger);
    log_kit_tamper(&own, (vt_position){0, 10}, NULL);
    log_kit_tamper(&own, (vt_position){1, 20}, "{\"$set\": {\"data.name\": \"other\"}}");
    fix->writer = log_kit_writer(&own);
    assert_true(log_kit_load(fix->writer, 0, 0).exists);
    fix->meanwhile = archive_beside;
    assert_int_equal(rebuild_log(fix), VT_OK);
    assert_int_equal(fix->refused, VT_ERR_MOVED);
    log_kit_tamper(&own, (vt_position){0, 2700}, NULL); /* what the archiver wrote before it was refused */
    stores_kit_assert_agrees(fix->kit);
    assert_int_equal(fix->kit->report.log.offsets[0], 2699);
}

static void test_a_log_that_was_left_half_way(void **state) {
    fixture *fix = begin(state);
    stores_kit_derive(fix->kit);
    fix->stop_at = 2;
    assert_int_equal(rebuild_log(fix), VT_ERR_GONE);
    stores_kit_verify(fix->kit);
    assert_int_equal(fix->kit->report.found.count, 1);
    assert_true(stores_kit_found(fix->kit, "log: partition 0 is being rebuilt"));
    fix->stop_at = 0;
    assert_int_equal(rebuild_log(fix), VT_OK);
    stores_kit_assert_agrees(fix->kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_tally_comes_back, end),
        cmocka_unit_test_teardown(test_a_counter_may_go_on, end),
        cmocka_unit_test_teardown(test_a_counter_that_stands_still_forgets_the_old_sums, end),
        cmocka_unit_test_teardown(test_a_tally_that_was_left_half_way, end),
        cmocka_unit_test_teardown(test_a_shadow_that_is_there_is_made_anew, end),
        cmocka_unit_test_teardown(test_a_shadow_that_is_thrown_away_is_begun_again, end),
        cmocka_unit_test_teardown(test_a_shadow_that_is_gone_before_the_swap_is_begun_again, end),
        cmocka_unit_test_teardown(test_a_swap_whose_answer_is_lost, end),
        cmocka_unit_test_teardown(test_a_swap_that_is_lost_with_its_shadow, end),
        cmocka_unit_test_teardown(test_a_shadow_that_a_counter_put_in_place, end),
        cmocka_unit_test_teardown(test_a_log_comes_back, end),
        cmocka_unit_test_teardown(test_a_log_that_was_left_half_way, end),
    };
    return cmocka_run_group_tests_name("count/rebuild_topic", tests, NULL, NULL);
}
