/* The shadow and its swap, the contest in the tally, and what a server must be like. */
#include "fence_kit.h"

#include "tally/tally_keys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const fence_log_recipe recipe = {.rows = 200, .bands = 5, .ids = 150};

typedef struct state {
    redis_server server;
    vt_redis_url url;
    vt_redis *redis;
    fence_log log;
    vt_fence *live;
    vt_fence *shadow;
} state;

static void begin(state *self, const char *const *extra) {
    redis_server_make(&self->server, extra);
    self->url = redis_server_url(&self->server);
    self->redis = server_kit_open(&self->url);
    fence_log_make(&self->log, &recipe, 31);
    self->live = fence_kit_open(self->redis, &self->log, VT_FENCE_LIVE);
    self->shadow = fence_kit_open(self->redis, &self->log, VT_FENCE_SHADOW);
}

static int set_up(void **context) {
    *context = calloc(1, sizeof(state));
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    vt_fence_close(self->live);
    vt_fence_close(self->shadow);
    vt_redis_close(self->redis);
    fence_log_release(&self->log);
    redis_server_remove(&self->server);
    free(self);
    return 0;
}

static void assert_exists(state *self, const char *key, int expected) {
    char words[64];
    (void) snprintf(words, sizeof words, "EXISTS %s", key);
    redisReply *reply = server_kit_ask(self->redis, words);
    assert_int_equal(reply->integer, expected);
    freeReplyObject(reply);
}

/* ---- the shadow ---- */

static void swaps_into_an_empty_place(void **context) {
    state *self = *context;
    begin(self, NULL);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, false), VT_ERR_NOT_FOUND);
    fence_kit_load(self->shadow, &self->log);
    fence_kit_apply(self->shadow, &self->log, 0, 100);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_SHADOW, 100);
    assert_exists(self, "{votaton}:3:shadow", 1);
    assert_exists(self, "{votaton}:3", 0);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, false), VT_OK);
    assert_exists(self, "{votaton}:3:shadow", 0);
    vt_fence_outcome outcome;
    assert_int_equal(vt_fence_apply(self->shadow, self->log.rows + 100, 10, &outcome), VT_ERR_MOVED);
    assert_int_equal(fence_kit_load(self->live, &self->log), 100);
    fence_kit_finish(self->live, &self->log);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, recipe.rows);
}

static void never_swaps_over_a_live_hash_unasked(void **context) {
    state *self = *context;
    begin(self, NULL);
    fence_kit_load(self->live, &self->log);
    fence_kit_apply(self->live, &self->log, 0, 50);
    fence_kit_load(self->shadow, &self->log);
    fence_kit_apply(self->shadow, &self->log, 0, 60);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, false), VT_ERR_MOVED);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, 50);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, true), VT_OK);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, 60);
    vt_fence_outcome outcome;
    assert_int_equal(vt_fence_apply(self->live, self->log.rows + 50, 10, &outcome), VT_ERR_MOVED);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, true), VT_ERR_NOT_FOUND);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, 60);
}

/* Else nothing could be published any more when the ledger lost its end, as what was published is the later state. */
static void forgets_what_was_published_with_the_hash_that_it_came_from(void **context) {
    state *self = *context;
    begin(self, NULL);
    fence_kit_load(self->live, &self->log);
    fence_kit_apply(self->live, &self->log, 0, 50);
    freeReplyObject(server_kit_ask(self->redis, "HSET {votaton}:published total 50"));
    fence_kit_load(self->shadow, &self->log);
    fence_kit_apply(self->shadow, &self->log, 0, 40);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, false), VT_ERR_MOVED);
    assert_exists(self, "{votaton}:published", 1);
    assert_int_equal(vt_fence_swap(self->redis, FENCE_LOG_PARTITION, true), VT_OK);
    assert_exists(self, "{votaton}:published", 0);
}

static void drops_a_shadow(void **context) {
    state *self = *context;
    begin(self, NULL);
    fence_kit_load(self->live, &self->log);
    fence_kit_load(self->shadow, &self->log);
    assert_int_equal(vt_fence_drop_shadow(self->redis, FENCE_LOG_PARTITION), VT_OK);
    assert_int_equal(vt_fence_drop_shadow(self->redis, FENCE_LOG_PARTITION), VT_OK);
    assert_exists(self, "{votaton}:3:shadow", 0);
    assert_exists(self, "{votaton}:3", 1);
}

/* ---- the server ---- */

static void accepts_a_server_that_forgets_nothing(void **context) {
    state *self = *context;
    char reason[VT_REDIS_REASON_MAX] = "";
    bool is_durable = true;
    begin(self, NULL);
    assert_int_equal(vt_fence_check_redis(self->redis, &is_durable, reason), VT_OK);
    assert_false(is_durable);
    server_kit_do(self->redis, "CONFIG SET appendonly yes");
    assert_int_equal(vt_fence_check_redis(self->redis, &is_durable, reason), VT_OK);
    assert_true(is_durable);
}

static void refuses_a_server_that_evicts(void **context) {
    static const char *const extra[] = {"--maxmemory-policy", "allkeys-lru", NULL};
    state *self = *context;
    char reason[VT_REDIS_REASON_MAX] = "";
    bool is_durable = true;
    begin(self, extra);
    assert_int_equal(vt_fence_check_redis(self->redis, &is_durable, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "allkeys-lru"));
    assert_non_null(strstr(reason, "noeviction"));
    server_kit_do(self->redis, "ACL SETUSER default -info");
    assert_int_equal(vt_fence_check_redis(self->redis, &is_durable, reason), VT_OK);
    redis_server_kill(&self->server);
    assert_int_equal(vt_fence_check_redis(self->redis, &is_durable, reason), VT_ERR_BUSY);
}

/* ---- the contest ---- */

static void assert_contest(state *self, const char *version, const char *json) {
    redisReply *reply = server_kit_ask(self->redis, "HMGET {votaton}:contest version json ledger");
    assert_string_equal(reply->element[0]->str, version);
    assert_string_equal(reply->element[1]->str, json);
    assert_int_equal(reply->element[2]->len, VT_ID_LEN);
    assert_memory_equal(reply->element[2]->str, self->log.ledger_id.bytes, VT_ID_LEN);
    freeReplyObject(reply);
}

static void keeps_the_newest_contest(void **context) {
    state *self = *context;
    vt_id other = {{1}};
    begin(self, NULL);
    const vt_id *ledger = &self->log.ledger_id;
    assert_int_equal(vt_fence_put_contest(self->redis, ledger, 9, VT_SLICE("{\"v\":9}")), VT_OK);
    assert_contest(self, "9", "{\"v\":9}");
    assert_int_equal(vt_fence_put_contest(self->redis, ledger, 8, VT_SLICE("{\"v\":8}")), VT_OK);
    assert_contest(self, "9", "{\"v\":9}");
    assert_int_equal(vt_fence_put_contest(self->redis, ledger, 10, VT_SLICE("{\"v\":10}")), VT_OK);
    assert_contest(self, "10", "{\"v\":10}");
    assert_int_equal(vt_fence_put_contest(self->redis, &other, 11, VT_SLICE("{}")), VT_ERR_OTHER_LEDGER);
    assert_contest(self, "10", "{\"v\":10}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(swaps_into_an_empty_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_swaps_over_a_live_hash_unasked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_what_was_published_with_the_hash_that_it_came_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops_a_shadow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accepts_a_server_that_forgets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_server_that_evicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_newest_contest, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
