/* kill -9 of Redis, its append-only file cut at a random byte, and two restarts: what is left is what vt_fold makes of
 * a part of the log, and the fold goes on from there to the same end. What is written between the restarts matters: a
 * batch of two commands would be a transaction, of which the first restart drops the end only; the next batch that is
 * written closes it, and the second restart replays half of the one that was never counted. */
#include "fence_kit.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 10, ROWS_EACH = 1500, ROWS = ROUNDS * ROWS_EACH, CUT_MAX = 60000, BATCH_MAX = 300, BETWEEN = 10 };

static const char *const durable[] = {
    "--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", "0", NULL};

typedef struct state {
    redis_server server;
    vt_redis_url url;
    vt_redis *redis;
    fence_log log;
} state;

static int set_up(void **context) {
    *context = calloc(1, sizeof(state));
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    vt_redis_close(self->redis);
    fence_log_release(&self->log);
    redis_server_remove(&self->server);
    free(self);
    return 0;
}

/* Cuts up to CUT_MAX bytes off the newest file. Returns how many. */
static long cut_tail(state *self) {
    char pattern[SERVER_KIT_DIR_MAX + 32];
    glob_t files = {0};
    struct stat stat_of;
    (void) snprintf(pattern, sizeof pattern, "%s/appendonlydir/*.incr.aof", self->server.dir);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    const char *newest = files.gl_pathv[files.gl_pathc - 1];
    assert_int_equal(stat(newest, &stat_of), 0);
    long cut = (long) fence_log_random(&self->log, CUT_MAX);
    cut = cut < stat_of.st_size ? cut : stat_of.st_size;
    assert_int_equal(truncate(newest, stat_of.st_size - cut), 0);
    globfree(&files);
    return cut;
}

/* Folds up to row `until` in small batches. */
static void fold_until(state *self, size_t until) {
    vt_fence *fence = fence_kit_open(self->redis, &self->log, VT_FENCE_LIVE);
    size_t row = fence_kit_load(fence, &self->log);
    while (row < until) {
        size_t end = row + 1 + fence_log_random(&self->log, BATCH_MAX);
        end = end < until ? end : until;
        fence_kit_apply(fence, &self->log, row, end);
        row = end;
    }
    vt_fence_close(fence);
}

/* The whole hash is that of the row where it says it stands. */
static size_t compare_where_it_stands(state *self) {
    vt_fence *fence = fence_kit_open(self->redis, &self->log, VT_FENCE_LIVE);
    vt_fence_state found = {0};
    size_t row = 0;
    server_kit_do(self->redis, "PING");
    assert_int_equal(vt_fence_load(fence, &found), VT_OK);
    if (found.exists) {
        row = fence_kit_load(fence, &self->log);
        fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, row);
    }
    vt_fence_close(fence);
    return row;
}

static void is_exact_after_torn_files(void **context) {
    static const fence_log_recipe recipe = {
        .rows = ROWS, .bands = 40, .ids = 12000, .voters = 900, .votes_per_voter = 8, .bad_percent = 1};
    state *self = *context;
    size_t rolled_back = 0;
    uint64_t seed = (uint64_t) time(NULL);
    print_message("seed %llu\n", (unsigned long long) seed);
    redis_server_make(&self->server, durable);
    self->url = redis_server_url(&self->server);
    self->redis = server_kit_open(&self->url);
    fence_log_make(&self->log, &recipe, seed);
    for (size_t round = 1; round <= ROUNDS; round++) {
        size_t until = round * ROWS_EACH;
        fold_until(self, until);
        redis_server_kill(&self->server);
        cut_tail(self);
        redis_server_start(&self->server);
        size_t row = compare_where_it_stands(self);
        rolled_back += row < until;
        row = row + BETWEEN < until ? row + BETWEEN : until;
        fold_until(self, row);
        redis_server_kill(&self->server);
        redis_server_start(&self->server);
        assert_int_equal(compare_where_it_stands(self), row);
    }
    assert_true(rolled_back > ROUNDS / 2);
    fold_until(self, ROWS);
    fence_kit_compare(self->redis, &self->log, VT_FENCE_LIVE, ROWS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_exact_after_torn_files, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
