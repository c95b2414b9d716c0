/* The tally as a worker sees it, driven as a worker does. */
#include "fence_kit.h"

#include "base/clock.h"
#include "count/tally_store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 4000, STEPS_MAX = 10000, TAIL = 5000 };

static const fence_log_recipe recipe = {
    .rows = ROWS, .bands = 30, .ids = 3500, .voters = 500, .votes_per_voter = 7, .bad_percent = 1};

typedef struct state {
    redis_server server;
    vt_redis_url url;
    vt_redis *redis;
    fence_log log;
    vt_contest contest;
    vt_metrics *metrics;
    vt_derived *stores[2];
} state;

static vt_err write_contest(const vt_contest *contest, vt_buf *out) {
    return vt_buf_appendf(out, "{\"version\":%u}", contest->version);
}

static vt_derived *open_store(state *self, vt_tally_views *views) {
    char reason[VT_REDIS_REASON_MAX];
    vt_derived *store = NULL;
    vt_tally_store_options options = {
        .url = &self->url,
        .timeout_ms = SERVER_KIT_TIMEOUT_MS,
        .ledger_id = self->log.ledger_id,
        .contest = &self->contest,
        .write_contest = write_contest,
        .views = views,
        .metrics = self->metrics,
    };
    assert_int_equal(vt_tally_store_open(&options, &store, reason), VT_OK);
    return store;
}

static void begin_test(state *self, const char *const *extra) {
    redis_server_make(&self->server, extra);
    self->url = redis_server_url(&self->server);
    self->redis = server_kit_open(&self->url);
    assert_int_equal(vt_metrics_open(&self->metrics), VT_OK);
    fence_log_make(&self->log, &recipe, 41);
    self->contest = (vt_contest){.version = 2, .limit_by = VT_LIMIT_CODE, .votes_per_voter = recipe.votes_per_voter};
    self->stores[0] = open_store(self, NULL);
    self->stores[1] = open_store(self, NULL);
}

static int set_up(void **context) {
    *context = calloc(1, sizeof(state));
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    for (int i = 0; i < 2; i++) {
        if (self->stores[i] != NULL) {
            self->stores[i]->kind->close(self->stores[i]);
        }
    }
    vt_metrics_close(self->metrics);
    vt_redis_close(self->redis);
    fence_log_release(&self->log);
    redis_server_remove(&self->server);
    free(self);
    return 0;
}

static bool key_exists(state *self, const char *key) {
    char words[64];
    (void) snprintf(words, sizeof words, "EXISTS %s", key);
    redisReply *reply = server_kit_ask(self->redis, words);
    bool exists = reply->integer == 1;
    freeReplyObject(reply);
    return exists;
}

static int64_t offset_of_row(const state *self, size_t row) {
    const vt_ledger_row *rows = self->log.rows;
    return row < recipe.rows ? rows[row].position.offset : rows[recipe.rows - 1].position.offset + 1;
}

/* ---- a worker, one step at a time ---- */

typedef struct walker {
    state *self;
    vt_derived *store;
    bool is_loaded;
    int64_t next;
    int64_t end; /* of the log, as this worker sees it */
} walker;

static walker walker_of(state *self, int store, size_t rows) {
    return (walker){.self = self, .store = self->stores[store], .end = offset_of_row(self, rows)};
}

static void may_move(const walker *w, vt_err err) {
    if (err != VT_OK && err != VT_ERR_MOVED && err != VT_ERR_BUSY) {
        fail_msg("%s: %s", vt_err_code(err), w->store->kind->reason(w->store));
    }
}

static void walker_load(walker *w) {
    vt_store_state found = {0};
    vt_err err = w->store->kind->load(w->store, FENCE_LOG_PARTITION, &found);
    may_move(w, err);
    w->is_loaded = err == VT_OK && found.exists;
    w->next = found.next;
    if (w->is_loaded) {
        size_t row = fence_log_row_at(&w->self->log, found.next);
        assert_int_equal(found.has_mark, row > 0);
        assert_true(row == 0 || vt_id_eq(&found.mark, &w->self->log.rows[row - 1].mark));
    }
    if (err == VT_OK && !found.exists) {
        may_move(w, w->store->kind->begin(w->store, FENCE_LOG_PARTITION, FENCE_LOG_FIRST, w->end));
    }
}

static void walker_apply(walker *w) {
    fence_log *log = &w->self->log;
    size_t row = fence_log_row_at(log, w->next);
    size_t last = fence_log_row_at(log, w->end);
    size_t end = row + 1 + fence_log_random(log, 200);
    uint64_t verdicts[VT_VERDICT_COUNT];
    uint64_t expected[VT_VERDICT_COUNT];
    end = end < last ? end : last;
    vt_err err = w->store->kind->apply(w->store, FENCE_LOG_PARTITION, w->next, log->rows + row, end - row, verdicts);
    may_move(w, err);
    w->is_loaded = err == VT_OK;
    if (err == VT_OK) {
        fence_log_sum(log, row, end, expected);
        assert_memory_equal(verdicts, expected, sizeof expected);
        w->next = log->rows[end - 1].position.offset + 1;
    }
}

/* False at the end of the log. */
static bool walker_step(walker *w) {
    w->store->kind->tick(w->store);
    if (!w->is_loaded) {
        walker_load(w);
    } else if (w->next < w->end) {
        walker_apply(w);
    }
    return !w->is_loaded || w->next < w->end;
}

static void walk(walker *w) {
    int steps = 0;
    while (walker_step(w)) {
        assert_true(++steps < STEPS_MAX);
    }
}

/* ---- the tests ---- */

static void begins_live_when_there_is_nothing_to_count(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w = walker_of(self, 0, 0);
    walk(&w);
    assert_int_equal(w.next, FENCE_LOG_FIRST);
    assert_true(key_exists(self, "{votaton}:3"));
    assert_true(key_exists(self, "{votaton}:contest"));
    w.end = offset_of_row(self, ROWS);
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    assert_false(key_exists(self, "{votaton}:3:shadow"));
}

static void rebuilds_in_the_shadow(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w = walker_of(self, 0, ROWS / 2);
    while (walker_step(&w)) {
        assert_true(!key_exists(self, "{votaton}:3") || w.next >= w.end);
    }
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS / 2);
    assert_false(key_exists(self, "{votaton}:3:shadow"));
    w.end = offset_of_row(self, ROWS);
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

static void rebuilds_after_a_flush(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w = walker_of(self, 0, ROWS);
    for (int flushes = 0; flushes < 5; flushes++) {
        for (uint32_t steps = 1 + fence_log_random(&self->log, 60); steps > 0; steps--) {
            (void) walker_step(&w);
        }
        server_kit_do(self->redis, "FLUSHALL");
    }
    w.is_loaded = false;
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    assert_true(key_exists(self, "{votaton}:contest"));
}

/* A zombie and its successor, on one shadow, with flushes in between. */
static void rebuilds_with_two_workers_at_once(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w[2] = {walker_of(self, 0, ROWS), walker_of(self, 1, ROWS)};
    for (int i = 0; i < 400; i++) {
        (void) walker_step(&w[fence_log_random(&self->log, 2)]);
        if (fence_log_random(&self->log, 100) == 0) {
            server_kit_do(self->redis, "FLUSHALL");
        }
    }
    int steps = 0;
    while ((walker_step(&w[0]) || walker_step(&w[1])) && steps < STEPS_MAX) {
        steps++;
    }
    w[0].is_loaded = false;
    w[1].is_loaded = false;
    walk(&w[0]);
    walk(&w[1]);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    assert_false(key_exists(self, "{votaton}:3:shadow"));
}

/* The first worker rebuilds; before it is done another one has made the live hash. It sees that at the end of its
 * rebuild, or when it loads. */
static void give_a_rebuild_up(state *self, bool loads) {
    begin_test(self, NULL);
    walker w = walker_of(self, 0, ROWS);
    for (int i = 0; i < 6; i++) {
        (void) walker_step(&w);
    }
    assert_true(key_exists(self, "{votaton}:3:shadow"));
    vt_fence *winner = fence_kit_open(self->redis, &self->log, VT_FENCE_LIVE);
    fence_kit_load(winner, &self->log);
    fence_kit_apply(winner, &self->log, 0, 900);
    if (loads) {
        walker_load(&w);
        assert_int_equal(w.next, offset_of_row(self, 900));
        assert_false(key_exists(self, "{votaton}:3:shadow"));
    }
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    assert_false(key_exists(self, "{votaton}:3:shadow"));
    vt_fence_close(winner);
}

static void gives_its_rebuild_up_at_its_end(void **context) {
    give_a_rebuild_up(*context, false);
}

static void gives_its_rebuild_up_when_it_loads(void **context) {
    give_a_rebuild_up(*context, true);
}

/* Rows that do not begin where the store stands would leave some out, or count some twice. */
static void refuses_rows_from_elsewhere(void **context) {
    state *self = *context;
    uint64_t verdicts[VT_VERDICT_COUNT];
    begin_test(self, NULL);
    walker w = walker_of(self, 0, 0);
    walk(&w);
    const vt_derived_kind *kind = w.store->kind;
    const vt_ledger_row *rows = self->log.rows;
    for (int64_t from = w.next - 1; from <= w.next + 1; from += 2) {
        assert_int_equal(kind->apply(w.store, FENCE_LOG_PARTITION, from, rows + 1, 5, verdicts), VT_ERR_MOVED);
    }
    assert_int_equal(kind->apply(w.store, FENCE_LOG_PARTITION + 1, 0, rows, 5, verdicts), VT_ERR_MOVED);
    assert_int_equal(kind->apply(w.store, FENCE_LOG_PARTITION, w.next, rows, 5, verdicts), VT_OK);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, 5);
}

/* It died when the shadow was complete and not in place yet, or after a rebuild by hand had unlinked the live hash. */
static void finishes_a_rebuild_that_was_left(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    vt_fence *shadow = fence_kit_open(self->redis, &self->log, VT_FENCE_SHADOW);
    fence_kit_finish(shadow, &self->log);
    walker w = walker_of(self, 0, ROWS);
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    assert_false(key_exists(self, "{votaton}:3:shadow"));
    vt_fence_close(shadow);
}

static void goes_on_with_a_rebuild_that_was_left(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    vt_fence *shadow = fence_kit_open(self->redis, &self->log, VT_FENCE_SHADOW);
    fence_kit_load(shadow, &self->log);
    fence_kit_apply(shadow, &self->log, 0, 1000);
    walker w = walker_of(self, 0, ROWS);
    walker_load(&w);
    walker_load(&w);
    assert_int_equal(w.next, offset_of_row(self, 1000));
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
    vt_fence_close(shadow);
}

static void ends_a_rebuild_at_offsets_without_records(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w = walker_of(self, 0, ROWS);
    int64_t real_end = w.end;
    w.end += TAIL;
    while (!w.is_loaded || w.next < real_end) {
        (void) walker_step(&w);
    }
    w.store->kind->reached(w.store, FENCE_LOG_PARTITION, w.next, w.end - 1);
    w.store->kind->tick(w.store);
    assert_false(key_exists(self, "{votaton}:3"));
    /* Of one who stands elsewhere, as the shadow was set back. */
    w.store->kind->reached(w.store, FENCE_LOG_PARTITION, w.next + 1, w.end);
    w.store->kind->tick(w.store);
    assert_false(key_exists(self, "{votaton}:3"));
    w.store->kind->reached(w.store, FENCE_LOG_PARTITION, w.next, w.end);
    w.store->kind->tick(w.store);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

static void expect_text(state *self, const char *words, const char *text) {
    redisReply *reply = server_kit_ask(self->redis, words);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    assert_string_equal(reply->str, text);
    freeReplyObject(reply);
}

/* As a limit can only change before votes of voters are there, nothing was folded by the other one. */
static void follows_the_contest(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    vt_contest first = {.version = 1, .limit_by = VT_LIMIT_CODE, .votes_per_voter = 1};
    self->contest.newer = NULL;
    vt_contest second = self->contest;
    self->contest = first;
    vt_derived *store = open_store(self, NULL);
    vt_store_state found = {0};
    assert_int_equal(store->kind->load(store, FENCE_LOG_PARTITION, &found), VT_OK);
    assert_int_equal(store->kind->begin(store, FENCE_LOG_PARTITION, 0, 0), VT_OK);
    expect_text(self, "HGET {votaton}:contest version", "1");
    self->contest.newer = &second;
    store->kind->tick(store);
    expect_text(self, "HGET {votaton}:contest version", "2");
    expect_text(self, "HGET {votaton}:contest json", "{\"version\":2}");
    uint64_t verdicts[VT_VERDICT_COUNT] = {0};
    assert_int_equal(store->kind->apply(store, FENCE_LOG_PARTITION, 0, self->log.rows, 1, verdicts), VT_ERR_MOVED);
    /* No tick comes between. */
    assert_int_equal(store->kind->load(store, FENCE_LOG_PARTITION, &found), VT_OK);
    vt_contest third = second;
    third.version = 3;
    third.votes_per_voter++;
    self->contest.newer = &third;
    assert_int_equal(store->kind->apply(store, FENCE_LOG_PARTITION, 0, self->log.rows, 1, verdicts), VT_ERR_MOVED);
    self->contest.newer = &second;
    store->kind->close(store);
    walker w = walker_of(self, 0, ROWS);
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

static void waits_while_redis_is_away(void **context) {
    static const char *const durable[] = {"--appendonly", "yes", NULL};
    state *self = *context;
    begin_test(self, durable);
    walker w = walker_of(self, 0, ROWS);
    for (int i = 0; i < 8; i++) {
        (void) walker_step(&w);
    }
    redis_server_kill(&self->server);
    uint64_t verdicts[VT_VERDICT_COUNT];
    size_t row = fence_log_row_at(&self->log, w.next);
    assert_int_equal(w.store->kind->apply(w.store, FENCE_LOG_PARTITION, w.next, self->log.rows + row, 1, verdicts),
                     VT_ERR_BUSY);
    vt_store_state found;
    assert_int_equal(w.store->kind->load(w.store, FENCE_LOG_PARTITION, &found), VT_ERR_BUSY);
    assert_true(strlen(w.store->kind->reason(w.store)) > 0);
    w.store->kind->tick(w.store);
    redis_server_start(&self->server);
    server_kit_do(self->redis, "PING");
    w.is_loaded = false;
    while (!w.is_loaded) {
        walker_load(&w);
        usleep(10000);
    }
    walk(&w);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

static void forgets_a_partition(void **context) {
    state *self = *context;
    begin_test(self, NULL);
    walker w = walker_of(self, 0, ROWS);
    for (int i = 0; i < 6; i++) {
        (void) walker_step(&w);
    }
    w.store->kind->forget(w.store, FENCE_LOG_PARTITION);
    walk(&w);
    w.store->kind->forget(w.store, FENCE_LOG_PARTITION);
    w.store->kind->forget(w.store, 0);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

static void refuses_a_server_that_evicts(void **context) {
    static const char *const extra[] = {"--maxmemory-policy", "volatile-lru", NULL};
    state *self = *context;
    vt_store_state found;
    begin_test(self, extra);
    vt_derived *store = self->stores[0];
    assert_int_equal(store->kind->load(store, FENCE_LOG_PARTITION, &found), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(store->kind->reason(store), "volatile-lru"));
}

static void refuses_another_ledger(void **context) {
    state *self = *context;
    vt_store_state found;
    vt_id other = {{7}};
    begin_test(self, NULL);
    assert_int_equal(vt_fence_put_contest(self->redis, &other, 1, VT_SLICE("{}")), VT_OK);
    vt_derived *store = self->stores[0];
    assert_int_equal(store->kind->load(store, FENCE_LOG_PARTITION, &found), VT_ERR_OTHER_LEDGER);
    assert_non_null(strstr(store->kind->reason(store), "another ledger"));
    server_kit_do(self->redis, "DEL {votaton}:contest");
    server_kit_do(self->redis, "HSET {votaton}:3 ledger 0123456789abcdef born 0123456789abcdef off 0 n 0 dup 0 "
                               "conflict 0 quota 0 bad 0 names ");
    assert_int_equal(store->kind->load(store, FENCE_LOG_PARTITION, &found), VT_ERR_OTHER_LEDGER);
}

static uint64_t publications(state *self) {
    static const char name[] = "votaton_tally_views_total{result=\"published\"} ";
    vt_buf text;
    const char *rendered = NULL;
    vt_buf_init(&text, 1 << 20);
    assert_int_equal(vt_metrics_render(self->metrics, &text), VT_OK);
    assert_int_equal(vt_buf_cstr(&text, &rendered), VT_OK);
    const char *found = strstr(rendered, name);
    assert_non_null(found);
    uint64_t count = strtoull(found + strlen(name), NULL, 10);
    vt_buf_release(&text);
    return count;
}

/* Redis has nothing to say about what is not as it should be; the log line has. */
static void says_why_views_are_not_published(void **context) {
    state *self = *context;
    char reason[VT_REDIS_REASON_MAX];
    char line[1024] = "";
    vt_tally_views *views = NULL;
    FILE *caught = tmpfile();
    int real_stderr = dup(STDERR_FILENO);
    begin_test(self, NULL);
    assert_int_equal(vt_tally_views_open(VT_SLICE("string total"), &self->log.ledger_id, 1, &views, reason), VT_OK);
    server_kit_do(self->redis, "HSET {votaton}:0 ledger 0123456789abcdef born 0123456789abcdef off 0 n 0 dup 0 "
                               "conflict 0 quota 0 bad 0 names ");
    vt_derived *store = open_store(self, views);
    fflush(stderr);
    dup2(fileno(caught), STDERR_FILENO);
    store->kind->tick(store);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    store->kind->close(store);
    vt_tally_views_close(views);
    rewind(caught);
    assert_non_null(fgets(line, sizeof line, caught));
    fclose(caught);
    assert_non_null(strstr(line, "views_not_published"));
    assert_non_null(strstr(line, "other_ledger"));
    assert_non_null(strstr(line, vt_err_text(VT_ERR_OTHER_LEDGER)));
}

/* As often as it is called, it publishes four times a second at most. */
static void publishes_the_views(void **context) {
    state *self = *context;
    char reason[VT_REDIS_REASON_MAX];
    vt_tally_views *views = NULL;
    begin_test(self, NULL);
    assert_int_equal(
        vt_tally_views_open(VT_SLICE("string total"), &self->log.ledger_id, FENCE_LOG_PARTITION + 1, &views, reason),
        VT_OK);
    self->stores[0]->kind->close(self->stores[0]);
    self->stores[0] = open_store(self, views);
    vt_derived *store = self->stores[0];
    for (int32_t i = 0; i < FENCE_LOG_PARTITION; i++) {
        assert_int_equal(store->kind->begin(store, i, 0, 0), VT_OK);
    }
    walker w = walker_of(self, 0, ROWS);
    walk(&w);
    uint64_t before = publications(self);
    int64_t began_ns = vt_clock_monotonic_ns();
    while (publications(self) < before + 3) {
        assert_true(vt_clock_monotonic_ns() - began_ns < 10 * INT64_C(1000000000));
        store->kind->tick(store);
    }
    assert_true(vt_clock_monotonic_ns() - began_ns >= 2 * INT64_C(240000000));
    uint64_t verdicts[VT_VERDICT_COUNT];
    redisReply *reply = server_kit_ask(self->redis, "GET total");
    fence_log_sum(&self->log, 0, ROWS, verdicts);
    assert_int_equal(strtoull(reply->str, NULL, 10), verdicts[VT_VERDICT_COUNTED]);
    freeReplyObject(reply);
    store->kind->close(store);
    self->stores[0] = NULL;
    vt_tally_views_close(views);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(follows_the_contest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begins_live_when_there_is_nothing_to_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rebuilds_in_the_shadow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rebuilds_after_a_flush, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rebuilds_with_two_workers_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_its_rebuild_up_at_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_its_rebuild_up_when_it_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_rows_from_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finishes_a_rebuild_that_was_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_with_a_rebuild_that_was_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_a_rebuild_at_offsets_without_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_while_redis_is_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(publishes_the_views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_why_views_are_not_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_a_partition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_server_that_evicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_another_ledger, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
