#include "contract.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/stat.h>

static vt_ledger *open_sqlite(void **context) {
    test_kit *self = calloc(1, sizeof *self);
    kit_init(self);
    kit_open(self);
    *context = self;
    return self->ledger;
}

static vt_ledger *reopen_sqlite(void *context, vt_ledger *ledger) {
    test_kit *self = context;
    assert_ptr_equal(ledger, self->ledger);
    kit_close(self);
    kit_open(self);
    return self->ledger;
}

static void close_sqlite(void *context, vt_ledger *ledger) {
    test_kit *self = context;
    assert_ptr_equal(ledger, self->ledger);
    assert_int_equal(self->fatal_calls, 0);
    kit_release(self);
    free(self);
}

/* ---- groups ---- */

/* A fold that holds the first group until it may go on, so that a queue builds up behind it. */
typedef struct fold_gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool is_open;
    bool is_reached;
    vt_err err;
    size_t groups;
    size_t largest;
    int64_t last;
    bool is_in_order;
} fold_gate;

static vt_err hold(void *context, const vt_append *const *records, size_t count) {
    fold_gate *self = context;
    pthread_mutex_lock(&self->lock);
    self->is_reached = true;
    pthread_cond_broadcast(&self->moved);
    while (!self->is_open) {
        pthread_cond_wait(&self->moved, &self->lock);
    }
    self->groups++;
    self->largest = count > self->largest ? count : self->largest;
    for (size_t i = 0; i < count; i++) {
        self->is_in_order = self->is_in_order && records[i]->position.offset == ++self->last;
    }
    vt_err err = self->err;
    pthread_mutex_unlock(&self->lock);
    return err;
}

static void gate_init(fold_gate *self) {
    *self = (fold_gate){.is_in_order = true};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->moved, NULL);
}

static void gate_await(fold_gate *self) {
    pthread_mutex_lock(&self->lock);
    while (!self->is_reached) {
        pthread_cond_wait(&self->moved, &self->lock);
    }
    pthread_mutex_unlock(&self->lock);
}

static void gate_open(fold_gate *self) {
    pthread_mutex_lock(&self->lock);
    self->is_open = true;
    pthread_cond_broadcast(&self->moved);
    pthread_mutex_unlock(&self->lock);
}

static void commits_what_queued_up_as_one_group(void **state) {
    enum { ITEMS = 1000 };
    (void) state;
    static vt_append items[ITEMS];
    test_kit kit;
    fold_gate gate;
    kit_sink sink;
    kit_init(&kit);
    kit_open(&kit);
    gate_init(&gate);
    kit_sink_init(&sink);
    assert_int_equal(vt_ledger_set_fold(kit.ledger, hold, &gate), VT_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        vt_append *item = &items[i];
        assert_int_equal(vt_ledger_append(kit.ledger, &item, 1), VT_OK);
        if (i == 0) {
            gate_await(&gate);
        }
    }
    assert_int_equal(vt_ledger_queue_depth(kit.ledger), ITEMS - 1);
    assert_int_equal(sink.answered, 0);
    gate_open(&gate);
    kit_sink_wait(&sink, ITEMS);
    assert_true(gate.is_in_order);
    assert_int_equal(gate.groups, 2);
    assert_int_equal(gate.largest, ITEMS - 1);
    assert_int_equal(sink.calls, 2);
    kit_release(&kit);
}

static void refuses_beyond_the_queue(void **state) {
    (void) state;
    test_kit kit;
    fold_gate gate;
    kit_sink sink;
    vt_append items[6];
    vt_append *pointers[6];
    kit_init(&kit);
    kit.queue_records_max = 4;
    kit_open(&kit);
    gate_init(&gate);
    kit_sink_init(&sink);
    assert_int_equal(vt_ledger_set_fold(kit.ledger, hold, &gate), VT_OK);
    for (size_t i = 0; i < 6; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    assert_int_equal(vt_ledger_append(kit.ledger, pointers, 1), VT_OK);
    gate_await(&gate);
    assert_int_equal(vt_ledger_append(kit.ledger, pointers + 1, 5), VT_ERR_OVERLOADED);
    assert_int_equal(vt_ledger_append(kit.ledger, pointers + 1, 4), VT_OK);
    assert_int_equal(vt_ledger_append(kit.ledger, pointers + 5, 1), VT_ERR_OVERLOADED);
    gate_open(&gate);
    kit_sink_wait(&sink, 5);
    kit_release(&kit);
}

static void takes_a_group_back_when_the_fold_fails(void **state) {
    (void) state;
    test_kit kit;
    fold_gate gate;
    vt_append item;
    kit_init(&kit);
    kit_open(&kit);
    gate_init(&gate);
    gate.is_open = true;
    gate.err = VT_ERR_FULL;
    assert_int_equal(vt_ledger_set_fold(kit.ledger, hold, &gate), VT_OK);
    kit_vote(&item, NULL, 1, "A", "");
    kit_append_one(kit.ledger, &item);
    assert_int_equal(item.err, VT_ERR_RETRY);
    assert_false(vt_health_is_ready(kit.health));
    assert_int_equal(kit_number(&kit, "SELECT count(*) FROM vote"), 0);
    gate.err = VT_OK;
    gate.last = 0;
    int64_t give_up_ns = vt_clock_monotonic_ns() + (int64_t) KIT_WAIT_MS * 1000000;
    while (item.err != VT_OK && vt_clock_monotonic_ns() < give_up_ns) {
        kit_append_one(kit.ledger, &item);
    }
    assert_int_equal(item.err, VT_OK);
    assert_int_equal(item.position.offset, 1);
    assert_true(vt_health_is_ready(kit.health));
    assert_int_equal(kit_number(&kit, "SELECT count(*) FROM log_block"), 1);
    kit_release(&kit);
}

static void stops_for_good_when_the_fold_finds_damage(void **state) {
    (void) state;
    test_kit kit;
    fold_gate gate;
    vt_append item;
    vt_append *pointer = &item;
    kit_init(&kit);
    kit_open(&kit);
    gate_init(&gate);
    gate.is_open = true;
    gate.err = VT_ERR_CORRUPT;
    assert_int_equal(vt_ledger_set_fold(kit.ledger, hold, &gate), VT_OK);
    kit_vote(&item, NULL, 1, "A", "");
    kit_append_one(kit.ledger, &item);
    assert_int_equal(item.err, VT_ERR_RETRY);
    assert_int_equal(vt_ledger_append(kit.ledger, &pointer, 1), VT_ERR_RETRY);
    assert_int_equal(vt_ledger_contest_append(kit.ledger, 1, VT_SLICE("{}")), VT_ERR_IO);
    kit_close(&kit);
    assert_int_equal(kit.fatal_calls, 1);
    assert_int_equal(kit.fatal, VT_ERR_CORRUPT);
    assert_int_equal(kit_number(&kit, "SELECT count(*) FROM vote"), 0);
    kit_release(&kit);
}

static void waits_for_another_program(void **state) {
    (void) state;
    test_kit kit;
    char path[KIT_PATH_MAX];
    sqlite3 *other = NULL;
    vt_append item;
    kit_init(&kit);
    kit_open(&kit);
    kit_path(path, kit.dir, "votes.db");
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(vt_sql_exec(other, "BEGIN IMMEDIATE"), VT_OK);
    kit_vote(&item, NULL, 1, "A", "");
    kit_append_one(kit.ledger, &item);
    assert_int_equal(item.err, VT_ERR_RETRY);
    assert_false(vt_health_is_ready(kit.health));
    assert_int_equal(vt_sql_exec(other, "ROLLBACK"), VT_OK);
    sqlite3_close(other);
    /* Recovers by itself, without a vote to try with. */
    int64_t give_up_ns = vt_clock_monotonic_ns() + (int64_t) KIT_WAIT_MS * 1000000;
    while (!vt_health_is_ready(kit.health) && vt_clock_monotonic_ns() < give_up_ns) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(vt_health_is_ready(kit.health));
    kit_append_one(kit.ledger, &item);
    assert_int_equal(item.err, VT_OK);
    assert_int_equal(kit.fatal_calls, 0);
    kit_release(&kit);
}

static void appends_to_the_contest_while_groups_are_committed(void **state) {
    enum { ITEMS = 4000, VERSIONS = 20 };
    (void) state;
    static vt_append items[ITEMS];
    static vt_append *pointers[ITEMS];
    test_kit kit;
    kit_sink sink;
    kit_init(&kit);
    kit.group_records_max = 10;
    kit_open(&kit);
    kit_sink_init(&sink);
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    assert_int_equal(vt_ledger_append(kit.ledger, pointers, ITEMS), VT_OK);
    for (uint32_t version = 1; version <= VERSIONS; version++) {
        assert_int_equal(vt_ledger_contest_append(kit.ledger, version, VT_SLICE("{}")), VT_OK);
    }
    kit_sink_wait(&sink, ITEMS);
    kit_release(&kit);
}

static void sees_that_the_contest_was_changed(void **state) {
    static const char *const changes[] = {
        "UPDATE contest SET definition = '{\"a\":9}' WHERE version = 1",
        "UPDATE contest SET at_ms = at_ms - 1 WHERE version = 2",
        "DELETE FROM contest WHERE version = 1",
        "UPDATE contest SET version = 7 WHERE version = 2",
        "UPDATE contest SET link = x'00' WHERE version = 2",
    };
    (void) state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        test_kit kit;
        vt_buf json;
        uint32_t version = 0;
        vt_buf_init(&json, 1024);
        kit_init(&kit);
        kit_open(&kit);
        assert_int_equal(vt_ledger_contest_append(kit.ledger, 1, VT_SLICE("{\"a\":1}")), VT_OK);
        assert_int_equal(vt_ledger_contest_append(kit.ledger, 2, VT_SLICE("{\"a\":2}")), VT_OK);
        kit_close(&kit);
        kit_tamper(&kit, changes[i]);
        kit_open(&kit);
        assert_int_equal(vt_ledger_contest_latest(kit.ledger, &json, &version), VT_ERR_CORRUPT);
        assert_int_equal(vt_ledger_contest_append(kit.ledger, 3, VT_SLICE("{\"a\":3}")), VT_ERR_IO);
        kit_release(&kit);
        assert_int_equal(kit.fatal, VT_ERR_CORRUPT);
        vt_buf_release(&json);
    }
}

static void leaves_an_empty_log_behind(void **state) {
    (void) state;
    test_kit kit;
    vt_append item;
    char path[KIT_PATH_MAX];
    struct stat found;
    kit_init(&kit);
    kit_open(&kit);
    kit_vote(&item, NULL, 1, "A", "");
    kit_append_one(kit.ledger, &item);
    kit_close(&kit);
    kit_path(path, kit.dir, "votes.db-wal");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 0);
    kit_release(&kit);
}

int main(void) {
    const ledger_factory factory = {.name = "sqlite",
                                    .decides = true,
                                    .partition = -1,
                                    .first_offset = 1,
                                    .open = open_sqlite,
                                    .reopen = reopen_sqlite,
                                    .close = close_sqlite};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_what_queued_up_as_one_group),
        cmocka_unit_test(refuses_beyond_the_queue),
        cmocka_unit_test(takes_a_group_back_when_the_fold_fails),
        cmocka_unit_test(stops_for_good_when_the_fold_finds_damage),
        cmocka_unit_test(waits_for_another_program),
        cmocka_unit_test(appends_to_the_contest_while_groups_are_committed),
        cmocka_unit_test(sees_that_the_contest_was_changed),
        cmocka_unit_test(leaves_an_empty_log_behind),
    };
    int failed = ledger_contract(&factory) + ledger_contract_verdicts(&factory) + ledger_contract_answers(&factory);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
