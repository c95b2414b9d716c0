/* What a hash may say wrongly, each of it named; and a hash that lives meanwhile. The hash is made by the fence. */
#include "count/verify_tally.h"
#include "fake_topic.h"
#include "fence_kit.h"
#include "tally/tally_keys.h"

#include <stdio.h>
#include <stdlib.h>

static const fence_log_recipe recipe = {.rows = 2500,
                                        .bands = 40,
                                        .ids = 1400,
                                        .voters = 150,
                                        .votes_per_voter = 4,
                                        .bad_percent = 3,
                                        .anonymous_percent = 10,
                                        .has_gaps = true};

typedef struct fixture {
    vt_redis_url url;
    vt_redis *redis;
    fence_log log;
    fake_topic topic; /* the log as a ledger */
    vt_fence *fence;
    char key_text[VT_TALLY_KEY_MAX];
    vt_slice key;
    vt_tally_check check;
    vt_tally_pin pin;
    vt_differences found;
    void (*meanwhile)(struct fixture *fix); /* called once, in the middle of a recount */
} fixture;

static fixture *begin(void **state) {
    vt_redis_url url = server_kit_shared();
    fixture *fix = calloc(1, sizeof *fix);
    *state = fix;
    fix->url = url;
    fix->redis = server_kit_open(&fix->url);
    fence_log_make(&fix->log, &recipe, 7);
    fake_topic_init(&fix->topic, 0);
    fix->fence = fence_kit_open(fix->redis, &fix->log, VT_FENCE_LIVE);
    fix->key = vt_tally_key(fix->url.key, FENCE_LOG_PARTITION, false, fix->key_text);
    return fix;
}

static int end(void **state) {
    fixture *fix = *state;
    if (fix == NULL) {
        return 0;
    }
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("UNLINK"), fix->key}, 2, &reply), VT_OK);
    freeReplyObject(reply);
    vt_tally_pin_release(&fix->pin);
    fake_topic_release(&fix->topic);
    vt_fence_close(fix->fence);
    fence_log_release(&fix->log);
    vt_redis_close(fix->redis);
    free(fix);
    return 0;
}

static void fold(fixture *fix, size_t until) {
    size_t row = fence_kit_load(fix->fence, &fix->log);
    while (row < until) {
        size_t next = until - row < 700 ? until : row + 700;
        fence_kit_apply(fix->fence, &fix->log, row, next);
        row = next;
    }
}

/* ---- the recount ---- */

static void meanwhile(fixture *fix) {
    if (fix->meanwhile != NULL) {
        fix->meanwhile(fix);
        fix->meanwhile = NULL;
    }
}

static vt_err hear_ids(void *context, const vt_recounted_id *ids, size_t count) {
    fixture *fix = context;
    return vt_tally_check_ids(&fix->check, ids, count);
}

static vt_err hear_voters(void *context, const vt_voter_count *voters, size_t count) {
    fixture *fix = context;
    meanwhile(fix); /* voters are told before ids */
    return vt_tally_check_voters(&fix->check, voters, count);
}

static vt_err pin(fixture *fix) {
    vt_tally_pin_release(&fix->pin);
    return vt_tally_pin_read(fix->redis, &fix->log.ledger_id, FENCE_LOG_PARTITION, &fix->pin);
}

/* Pins, recounts and compares. */
static vt_err verify(fixture *fix) {
    assert_int_equal(pin(fix), VT_OK);
    assert_true(fix->pin.exists);
    fix->found = (vt_differences){0};
    fix->check = (vt_tally_check){.redis = fix->redis,
                                  .partition = FENCE_LOG_PARTITION,
                                  .pin = &fix->pin,
                                  .votes_per_voter = recipe.votes_per_voter,
                                  .found = &fix->found};
    fake_topic topic = fix->topic;
    topic.rows = fix->log.rows;
    topic.count = recipe.rows;
    vt_recount_listener listener = {fix, hear_ids, hear_voters};
    vt_partition_input input = {.ledger = &topic.ledger,
                                .partition = FENCE_LOG_PARTITION,
                                .first = FENCE_LOG_FIRST,
                                .end = fix->pin.next,
                                .votes_per_voter = recipe.votes_per_voter,
                                .listener = &listener};
    vt_partition_recount recount;
    vt_err err = vt_partition_recount_run(&input, &recount);
    if (err == VT_OK) {
        vt_tally_check_sums(&fix->check, &recount);
    }
    vt_partition_recount_release(&recount);
    vt_tally_pin_release(&fix->pin);
    return err;
}

static void assert_agrees(fixture *fix) {
    assert_int_equal(verify(fix), VT_OK);
    if (fix->found.count > 0) {
        fail_msg("%s", fix->found.text[0]);
    }
}

/* Exactly these differences, in any order. */
static void assert_named(fixture *fix, const char *const *texts, size_t count) {
    assert_int_equal(verify(fix), VT_OK);
    for (uint32_t i = 0; i < fix->found.listed && fix->found.count != count; i++) {
        print_message("found: %s\n", fix->found.text[i]);
    }
    assert_int_equal(fix->found.count, count);
    for (size_t t = 0; t < count; t++) {
        bool is_found = false;
        for (uint32_t i = 0; i < fix->found.listed; i++) {
            is_found |= strstr(fix->found.text[i], texts[t]) != NULL;
        }
        if (!is_found) {
            fail_msg("not named: %s; but: %s", texts[t], fix->found.text[0]);
        }
    }
}

#define ASSERT_NAMED(fix, ...)                                                                                         \
    assert_named(fix, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- somebody with a shell ---- */

static void set(fixture *fix, vt_slice field, vt_slice value) {
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("HSET"), fix->key, field, value}, 4, &reply),
                     VT_OK);
    freeReplyObject(reply);
}

static void delete_field(fixture *fix, vt_slice field) {
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("HDEL"), fix->key, field}, 3, &reply), VT_OK);
    assert_int_equal(reply->integer, 1);
    freeReplyObject(reply);
}

/* The value of a field; the caller frees it. */
static vt_slice get(fixture *fix, vt_slice field) {
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("HGET"), fix->key, field}, 3, &reply), VT_OK);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    char *copy = malloc(reply->len + 1);
    memcpy(copy, reply->str, reply->len + 1);
    vt_slice value = vt_slice_of(copy, reply->len);
    freeReplyObject(reply);
    return value;
}

static void release(vt_slice value) {
    free((char *) (uintptr_t) value.ptr);
}

static void change_sums(fixture *fix, int64_t votes, int64_t points) {
    char text[VT_FENCE_SUMS_TEXT_MAX];
    vt_fence_sums sums;
    vt_slice value = get(fix, VT_SLICE("b:0"));
    assert_int_equal(vt_fence_sums_read(value, &sums), VT_OK);
    release(value);
    sums.votes += votes;
    sums.points += points;
    set(fix, VT_SLICE("b:0"), vt_slice_of(text, vt_fence_sums_write(&sums, text)));
}

/* The first row of an identity that was counted. */
static const vt_ledger_row *counted_row(const fixture *fix) {
    size_t i = 0;
    while (fix->log.rows[i].is_anonymous || fix->log.verdicts[i] != VT_VERDICT_COUNTED) {
        i++;
    }
    return &fix->log.rows[i];
}

static void change_id(fixture *fix, const vt_fence_seen *seen) {
    char field[VT_FENCE_SEEN_FIELD_LEN];
    char value[VT_FENCE_SEEN_BYTES_MAX];
    vt_fence_seen_field(&counted_row(fix)->record.id, field);
    set(fix, vt_slice_of(field, sizeof field), vt_slice_of(value, vt_fence_seen_write(seen, value)));
}

static vt_fence_seen seen_of(const vt_ledger_row *row) {
    return (vt_fence_seen){VT_VERDICT_COUNTED, row->record.fingerprint, row->position.offset};
}

/* ---- tests ---- */

static void test_what_the_fence_made_agrees(void **state) {
    fixture *fix = begin(state);
    fold(fix, 0);
    assert_agrees(fix);
    fold(fix, 1200);
    assert_agrees(fix);
    fold(fix, recipe.rows);
    assert_agrees(fix);
}

static void test_a_count_is_named(void **state) {
    fixture *fix = begin(state);
    fold(fix, recipe.rows);
    change_sums(fix, 1, 0);
    ASSERT_NAMED(fix, "tally: partition 3: \"Band");
    change_sums(fix, -1, 2);
    ASSERT_NAMED(fix, " points, but the ledger has ");
    change_sums(fix, 0, -2);
    assert_agrees(fix);
    set(fix, VT_SLICE("b:0"), VT_SLICE("12"));
    ASSERT_NAMED(fix, "cannot be read; the ledger has ");
    delete_field(fix, VT_SLICE("b:0"));
    ASSERT_NAMED(fix, "cannot be read; the ledger has ");
}

static void test_a_pair_is_named(void **state) {
    fixture *fix = begin(state);
    fold(fix, recipe.rows);
    vt_slice names = get(fix, VT_SLICE("names"));
    char *bytes = (char *) (uintptr_t) names.ptr;
    size_t year = 3 + (size_t) bytes[0] + (size_t) bytes[1];
    bytes[year] = '3';
    set(fix, VT_SLICE("names"), names);
    ASSERT_NAMED(fix, " is of the year \"3");
    bytes[year] = bytes[year] == '1' ? '2' : '1';
    bytes[3] = 'b';
    set(fix, VT_SLICE("names"), names);
    ASSERT_NAMED(fix, "\"band", " is missing; the ledger has ");
    set(fix, VT_SLICE("names"), vt_slice_of(bytes, names.len - 1));
    assert_int_equal(pin(fix), VT_ERR_CORRUPT);
    release(names);
}

static void test_an_id_is_named(void **state) {
    fixture *fix = begin(state);
    fold(fix, recipe.rows);
    const vt_ledger_row *row = counted_row(fix);
    char field[VT_FENCE_SEEN_FIELD_LEN];
    char uuid[VT_UUID_TEXT_LEN + 1] = "";
    vt_fence_seen seen = seen_of(row);
    vt_fence_seen_field(&row->record.id, field);
    vt_uuid_format(&row->record.id, uuid);

    seen.fingerprint.bytes[0] ^= 1;
    change_id(fix, &seen);
    ASSERT_NAMED(fix, "with another content");
    assert_non_null(strstr(fix->found.text[0], uuid));
    seen = seen_of(row);
    seen.verdict = VT_VERDICT_QUOTA;
    change_id(fix, &seen);
    ASSERT_NAMED(fix, "is noted as quota");
    seen = seen_of(row);
    seen.offset++;
    change_id(fix, &seen);
    ASSERT_NAMED(fix, "is noted as counted at offset");
    set(fix, vt_slice_of(field, sizeof field), VT_SLICE("x"));
    ASSERT_NAMED(fix, "cannot be read");
    delete_field(fix, vt_slice_of(field, sizeof field));
    ASSERT_NAMED(fix, " is missing");
    assert_non_null(strstr(fix->found.text[0], uuid));
    set(fix, VT_SLICE("i0123456789abcdef"), VT_SLICE("x"));
    ASSERT_NAMED(fix, " is missing", " fields where the ledger's votes and voters make ");
    seen = seen_of(row);
    change_id(fix, &seen);
    ASSERT_NAMED(fix, " fields where the ledger's votes and voters make ");
}

static void test_a_voter_is_named(void **state) {
    fixture *fix = begin(state);
    fold(fix, recipe.rows);
    size_t i = 0;
    while (!fix->log.rows[i].record.has_voter || fix->log.verdicts[i] != VT_VERDICT_COUNTED) {
        i++;
    }
    char field[VT_FENCE_SEEN_FIELD_LEN] = "q";
    memcpy(field + 1, fix->log.rows[i].record.voter.bytes, VT_ID_LEN);
    vt_slice name = vt_slice_of(field, sizeof field);
    set(fix, name, VT_SLICE("9"));
    ASSERT_NAMED(fix, " is noted with 9 votes, but the ledger has ");
    set(fix, name, VT_SLICE("-"));
    ASSERT_NAMED(fix, "the voter ");
    delete_field(fix, name);
    ASSERT_NAMED(fix, " votes is missing");
}

static void test_a_verdict_is_named(void **state) {
    fixture *fix = begin(state);
    static const char *const fields[] = {"dup", "conflict", "quota", "bad"};
    static const char *const names[] = {"records are duplicate", "records are conflict", "records are quota",
                                        "records are bad"};
    fold(fix, recipe.rows);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        vt_slice value = get(fix, vt_slice_str(fields[i]));
        char text[VT_FENCE_NUMBER_TEXT_MAX];
        int64_t number;
        assert_int_equal(vt_fence_number_read(value, &number), VT_OK);
        set(fix, vt_slice_str(fields[i]), vt_slice_of(text, vt_fence_number_write(number + 1, text)));
        ASSERT_NAMED(fix, names[i], "records are counted");
        set(fix, vt_slice_str(fields[i]), value);
        release(value);
    }
    assert_agrees(fix);
}

static void test_the_mark_is_named(void **state) {
    fixture *fix = begin(state);
    fold(fix, recipe.rows);
    set(fix, VT_SLICE("last"), VT_SLICE("0123456789abcdef"));
    ASSERT_NAMED(fix, "the mark at its position ");
    delete_field(fix, VT_SLICE("last"));
    ASSERT_NAMED(fix, "is missing");
}

static void test_what_is_no_tally_of_this_ledger(void **state) {
    fixture *fix = begin(state);
    assert_int_equal(pin(fix), VT_OK);
    assert_false(fix->pin.exists);
    set(fix, VT_SLICE("i0123456789abcdef"), VT_SLICE("x"));
    assert_int_equal(pin(fix), VT_ERR_CORRUPT);
    delete_field(fix, VT_SLICE("i0123456789abcdef"));
    fold(fix, 100);
    fix->log.ledger_id.bytes[0] ^= 1;
    assert_int_equal(pin(fix), VT_ERR_OTHER_LEDGER);
    fix->log.ledger_id.bytes[0] ^= 1;
    set(fix, VT_SLICE("off"), VT_SLICE("01"));
    assert_int_equal(pin(fix), VT_ERR_CORRUPT);
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("SET"), fix->key, VT_SLICE("1")}, 3, &reply),
                     VT_OK);
    freeReplyObject(reply);
    assert_int_equal(pin(fix), VT_ERR_CORRUPT);
    vt_tally_pin_release(&fix->pin);
}

static void go_on(fixture *fix) {
    fold(fix, recipe.rows);
}

static void test_a_hash_that_moves_on_is_no_difference(void **state) {
    fixture *fix = begin(state);
    fold(fix, 900);
    fix->meanwhile = go_on;
    assert_agrees(fix);
    assert_null(fix->meanwhile);
    assert_int_equal(fence_kit_load(fix->fence, &fix->log), recipe.rows);
}

static void empty(fixture *fix) {
    redisReply *reply = NULL;
    assert_int_equal(vt_redis_call(fix->redis, (vt_slice[]){VT_SLICE("DEL"), fix->key}, 2, &reply), VT_OK);
    freeReplyObject(reply);
}

static void go_back(fixture *fix) {
    empty(fix);
    fold(fix, 500);
}

static void test_a_hash_that_goes_back_ends_it(void **state) {
    fixture *fix = begin(state);
    fold(fix, 900);
    fix->meanwhile = go_back;
    assert_int_equal(verify(fix), VT_ERR_MOVED);
    fold(fix, 900);
    fix->meanwhile = empty;
    assert_int_equal(verify(fix), VT_ERR_MOVED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_the_fence_made_agrees, end),
        cmocka_unit_test_teardown(test_a_count_is_named, end),
        cmocka_unit_test_teardown(test_a_pair_is_named, end),
        cmocka_unit_test_teardown(test_an_id_is_named, end),
        cmocka_unit_test_teardown(test_a_voter_is_named, end),
        cmocka_unit_test_teardown(test_a_verdict_is_named, end),
        cmocka_unit_test_teardown(test_the_mark_is_named, end),
        cmocka_unit_test_teardown(test_what_is_no_tally_of_this_ledger, end),
        cmocka_unit_test_teardown(test_a_hash_that_moves_on_is_no_difference, end),
        cmocka_unit_test_teardown(test_a_hash_that_goes_back_ends_it, end),
    };
    return cmocka_run_group_tests_name("count/verify_tally", tests, NULL, NULL);
}
