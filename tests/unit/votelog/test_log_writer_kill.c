/* MongoDB dies in the middle of bulks; the writer loads its position and goes on, and nothing is missing or twice. */
#include "log_kit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 4000, BATCH = VT_LOG_WRITER_RECORDS_MAX, KILLS = 3, KILL_AFTER_MS = 40, STEPS_MAX = 200 };

typedef struct batch {
    log_kit *kit;
    int64_t from;
    vt_err err;
} batch;

static void *write_batch(void *context) {
    static vt_ledger_row rows[BATCH];
    batch *self = context;
    log_kit_rows(rows, 0, self->from, BATCH);
    self->err = vt_log_writer_write(self->kit->writer, 0, self->from, rows, BATCH);
    return NULL;
}

/* Writes one batch while the server dies and comes back, so that each step of the write meets a dead server or a new
 * one.
 */
static vt_err write_through_kill(log_kit *kit, int64_t from, int after_ms) {
    pthread_t thread;
    batch one = {.kit = kit, .from = from};
    assert_int_equal(pthread_create(&thread, NULL, write_batch, &one), 0);
    poll(NULL, 0, after_ms);
    mongo_server_kill(&kit->server);
    mongo_server_start(&kit->server);
    pthread_join(thread, NULL);
    return one.err;
}

static vt_err write_undisturbed(log_kit *kit, int64_t from) {
    batch one = {.kit = kit, .from = from};
    write_batch(&one);
    return one.err;
}

static void assert_complete(log_kit *kit) {
    static vt_ledger_row rows[BATCH];
    size_t count;
    for (int64_t next = 0; next < RECORDS; next += BATCH) {
        assert_int_equal(vt_log_writer_read(kit->writer, 0, next - 1, RECORDS, rows, BATCH, &count), VT_OK);
        assert_int_equal(count, BATCH);
        for (int64_t i = 0; i < BATCH; i++) {
            vt_ledger_row expected = log_kit_row(0, next + i);
            assert_int_equal(rows[i].position.offset, next + i);
            assert_true(vt_id_eq(&rows[i].record.id, &expected.record.id));
        }
    }
    assert_int_equal(log_kit_count(kit, 0), RECORDS);
}

static void survives_kills_in_mid_bulk(void **state) {
    (void) state;
    log_kit kit;
    log_kit_init_own(&kit);
    unsigned seed = (unsigned) getpid();
    int kills = 0;
    int in_flight = 0;
    int64_t next = log_kit_load(kit.writer, 0, 0).next;
    for (int step = 0; next < RECORDS; step++) {
        assert_true(step < STEPS_MAX);
        bool is_kill = in_flight < KILLS;
        int after_ms = KILL_AFTER_MS + rand_r(&seed) % 300;
        vt_err err = is_kill ? write_through_kill(&kit, next, after_ms) : write_undisturbed(&kit, next);
        kills += is_kill;
        in_flight += is_kill && err != VT_OK;
        assert_true(err == VT_OK || err == VT_ERR_BUSY || err == VT_ERR_MOVED);
        int64_t before = next;
        vt_log_position position;
        err = vt_log_writer_load(kit.writer, 0, &position);
        if (err == VT_OK) {
            next = position.next;
            assert_true(next >= before);
        } else {
            assert_int_equal(err, VT_ERR_BUSY);
        }
    }
    print_message("seed %u: %d kills, %d of them while a batch was in flight\n", (unsigned) getpid(), kills, in_flight);
    assert_int_equal(in_flight, KILLS);
    assert_complete(&kit);
    log_kit_release(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_kills_in_mid_bulk)};
    return cmocka_run_group_tests_name("log writer, killed server", tests, NULL, NULL);
}
