/* The routes over the SQLite adapters: what was acknowledged is in the next answer. */
#include "web/web.h"

#include "fake_stores.h"
#include "http_client.h"
#include "ledger/ledger_sqlite.h"
#include "net/server.h"
#include "tally/tally_sqlite.h"
#include "votelog/votelog_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWER_MAX_S = 20 };

typedef struct fixture {
    char dir[64];
    vt_metrics *metrics;
    vt_health *health;
    vt_store *store;
    vt_tally *tally;
    vt_votelog *votelog;
    vt_ledger *ledger;
    vt_contest contest;
    vt_web *web;
    vt_router *router;
    vt_server *server;
    http_client client;
} fixture;

/* Waits for one answer of the ledger. */
typedef struct waiting_sink {
    vt_sink sink;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool is_answered;
} waiting_sink;

static void sink_done(vt_sink *sink, vt_append *chain) {
    (void) chain;
    waiting_sink *self = (waiting_sink *) sink;
    pthread_mutex_lock(&self->mutex);
    self->is_answered = true;
    pthread_cond_signal(&self->answered);
    pthread_mutex_unlock(&self->mutex);
}

static void cast(fixture *fix, uint8_t number, const char *name, const char *album) {
    waiting_sink sink = {{sink_done}, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name), [VT_FIELD_ALBUM] = vt_slice_str(album)}};
    vt_append item = {.sink = &sink.sink};
    vt_record_set_vote(&item.record, &vote);
    memset(&item.record.id, number, sizeof item.record.id);
    vt_append *items[] = {&item};
    assert_int_equal(vt_ledger_append(fix->ledger, items, 1), VT_OK);
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ANSWER_MAX_S;
    pthread_mutex_lock(&sink.mutex);
    while (!sink.is_answered && pthread_cond_timedwait(&sink.answered, &sink.mutex, &end) == 0) {
    }
    assert_true(sink.is_answered);
    pthread_mutex_unlock(&sink.mutex);
    assert_int_equal(item.err, VT_OK);
}

static void on_fatal(void *context, vt_err err, const char *reason) {
    (void) context;
    (void) err;
    fail_msg("the ledger failed: %s", reason);
}

static void open_stores(fixture *fix) {
    char reason[VT_STORE_REASON_MAX] = "";
    snprintf(fix->dir, sizeof fix->dir, "/tmp/vt_web_sqlite.XXXXXX");
    assert_non_null(mkdtemp(fix->dir));
    assert_int_equal(vt_metrics_open(&fix->metrics), VT_OK);
    assert_int_equal(vt_health_open(&fix->health), VT_OK);
    assert_int_equal(vt_store_open(fix->dir, VT_STORE_SERVE, &fix->store, reason), VT_OK);
    assert_int_equal(vt_tally_sqlite_open(fix->store, &fix->tally), VT_OK);
    assert_int_equal(vt_votelog_sqlite_open(fix->store, &fix->votelog), VT_OK);
    vt_ledger_sqlite_options options = {
        .queue_records_max = 16,
        .group_records_max = 16,
        .metrics = fix->metrics,
        .health = fix->health,
        .on_fatal = on_fatal,
    };
    assert_int_equal(vt_ledger_sqlite_open(fix->store, &options, &fix->ledger), VT_OK);
    assert_int_equal(vt_ledger_set_fold(fix->ledger, vt_tally_sqlite_fold, fix->tally), VT_OK);
}

static int set_up(void **state) {
    fixture *fix = calloc(1, sizeof *fix);
    open_stores(fix);
    fix->contest = fake_contest();
    vt_web_options options = {fix->tally, fix->votelog, &fix->contest, fix->metrics, vt_web_limits_default(1), false};
    assert_int_equal(vt_web_open(&options, &fix->web), VT_OK);
    vt_route_table table = vt_web_routes(fix->web);
    assert_int_equal(vt_router_open(&table, 1, &fix->router), VT_OK);
    vt_server_options listen = {
        .listen = "127.0.0.1:0",
        .threads = 1,
        .router = fix->router,
        .metrics = fix->metrics,
        .name = "public",
        .limits = vt_server_limits_default(),
    };
    char reason[256] = "";
    assert_int_equal(vt_server_open(&listen, &fix->server, reason), VT_OK);
    *state = fix;
    return 0;
}

static void remove_dir(const char *dir) {
    const char *const names[] = {"votes.db", "votes.db-wal", "votes.db-shm", "lock"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

static int tear_down(void **state) {
    fixture *fix = *state;
    vt_server_drain(fix->server, 5000);
    vt_web_stop(fix->web);
    vt_server_close(fix->server);
    vt_router_close(fix->router);
    vt_web_close(fix->web);
    vt_ledger_close(fix->ledger);
    vt_votelog_close(fix->votelog);
    vt_tally_close(fix->tally);
    vt_store_close(fix->store);
    vt_health_close(fix->health);
    vt_metrics_close(fix->metrics);
    remove_dir(fix->dir);
    free(fix);
    return 0;
}

static void expect(fixture *fix, const char *target, const char *wanted) {
    assert_int_equal(http_client_fetch(&fix->client, vt_server_address(fix->server), target, ""), 200);
    if (strstr(http_client_body(&fix->client), wanted) == NULL) {
        fail_msg("%s is not in %s", wanted, http_client_body(&fix->client));
    }
}

static void test_reads_what_was_acknowledged(void **state) {
    fixture *fix = *state;
    expect(fix, "/v1/results", "\"total\":0,\"position\":\"0\",");
    cast(fix, 1, "a", "x");
    expect(fix, "/v1/results", "\"total\":1,\"position\":\"1\",");
    cast(fix, 2, "b", "y");
    cast(fix, 3, "b", "x");
    expect(fix, "/v1/results",
           "\"bands\":[{\"name\":\"b\",\"votes\":2,\"points\":2,\"albums\":[{\"name\":\"x\",\"votes\":1,\"points\":1},"
           "{\"name\":\"y\",\"votes\":1,\"points\":1}]},{\"name\":\"a\",\"votes\":1");
    expect(fix, "/v1/votes/02020202-0202-0202-0202-020202020202",
           "\"position\":\"2\",\"status\":\"counted\",\"vote\":{\"name\":\"b\",\"album\":\"y\",\"year\":\"\",\"rank\":"
           "\"\"},");
    expect(fix, "/v1/log?limit=2", "\"next\":\"2\"");
    expect(fix, "/v1/log?limit=2&before=2", "\"position\":\"1\"");
    expect(fix, "/v1/log?band=a", "\"next\":null");
    expect(fix, "/data", "[{\"message\":\"vote counted\",\"data\":{\"name\":\"b\",\"album\":\"x\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_what_was_acknowledged, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
