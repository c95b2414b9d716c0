/* MongoDB dies in the middle of bulks; the writer loads its position and goes on, and nothing is missing or twice. */
#include "log_kit.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = VT_LOG_WRITER_RECORDS_MAX, KILLS = 3, STEPS_MAX = 60 };

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

static void assert_complete(log_kit *kit, int64_t records) {
    static vt_ledger_row rows[BATCH];
    size_t count;
    for (int64_t next = 0; next < records; next += BATCH) {
        assert_int_equal(vt_log_writer_read(kit->writer, 0, next - 1, records, rows, BATCH, &count), VT_OK);
        assert_int_equal(count, BATCH);
        for (int64_t i = 0; i < BATCH; i++) {
            vt_ledger_row expected = log_kit_row(0, next + i);
            assert_int_equal(rows[i].position.offset, next + i);
            assert_true(vt_id_eq(&rows[i].record.id, &expected.record.id));
        }
    }
    assert_int_equal(log_kit_count(kit, 0), records);
}

/* How long a batch takes here, in ms: a kill within it is likely to meet the batch. */
static int write_first(log_kit *kit) {
    int64_t began_ns = vt_clock_monotonic_ns();
    assert_int_equal(write_undisturbed(kit, 0), VT_OK);
    return (int) ((vt_clock_monotonic_ns() - began_ns) / 1000000);
}

static int64_t load_next(log_kit *kit, int64_t before) {
    vt_log_position position;
    vt_err err = vt_log_writer_load(kit->writer, 0, &position);
    if (err != VT_OK) {
        assert_int_equal(err, VT_ERR_BUSY);
        return before;
    }
    assert_true(position.next >= before);
    return position.next;
}

/* A kill may come after its batch was written: it is made again until KILLS of them broke one. */
static void survives_kills_in_mid_bulk(void **state) {
    (void) state;
    log_kit kit;
    log_kit_init_own(&kit);
    unsigned seed = (unsigned) getpid();
    int kills = 0;
    int in_flight = 0;
    assert_int_equal(log_kit_load(kit.writer, 0, 0).next, 0);
    int batch_ms = write_first(&kit);
    int64_t next = load_next(&kit, BATCH);
    for (int step = 0; in_flight < KILLS; step++) {
        assert_true(step < STEPS_MAX);
        vt_err err = write_through_kill(&kit, next, rand_r(&seed) % (batch_ms + 1));
        assert_true(err == VT_OK || err == VT_ERR_BUSY || err == VT_ERR_MOVED);
        kills++;
        in_flight += err != VT_OK;
        next = load_next(&kit, next);
    }
    for (int step = 0; load_next(&kit, next) == next; step++) {
        assert_true(step < STEPS_MAX);
        vt_err err = write_undisturbed(&kit, next);
        assert_true(err == VT_OK || err == VT_ERR_BUSY || err == VT_ERR_MOVED);
    }
    print_message("seed %u: %d kills, %d of them while a batch was in flight\n", (unsigned) getpid(), kills, in_flight);
    assert_complete(&kit, load_next(&kit, next));
    log_kit_release(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_kills_in_mid_bulk)};
    return cmocka_run_group_tests_name("log writer, killed server", tests, NULL, NULL);
}
