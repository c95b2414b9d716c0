/* kill -9 of a process that appends: every acknowledged vote is in the ledger, and the recount finds no difference. */
#include "kit.h"

#include "count/verify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 6, VOTES_MAX = 200000, CHUNK = 100, BANDS = 20 };

/* Shared with the child; it outlives it. */
typedef struct shared {
    _Atomic size_t sent;
    _Atomic size_t answered;
    _Atomic uint8_t is_acknowledged[VOTES_MAX];
} shared;

static shared *progress;

static void note_answers(vt_sink *sink, vt_append *chain) {
    (void) sink;
    while (chain != NULL) {
        vt_append *item = chain;
        chain = chain->next;
        size_t number = (size_t) (item->record.at_ms - 1800000000000);
        if (item->err == VT_OK) {
            progress->is_acknowledged[number] = 1;
        }
        progress->answered++;
        free(item);
    }
}

/* Appends without end, so that there are always votes in flight. Begins where the last child was: its votes that were
 * sent but not acknowledged are sent again, with the same ids. */
static void append_until_killed(const char *dir) {
    static test_kit kit;
    vt_sink sink = {note_answers};
    kit = (test_kit){.group_records_max = 500, .queue_records_max = 2000};
    snprintf(kit.dir, sizeof kit.dir, "%s", dir);
    kit_open(&kit);
    vt_err err = vt_ledger_contest_append(kit.ledger, 1, VT_SLICE("{}"));
    assert_true(err == VT_OK || err == VT_ERR_IN_USE);
    for (size_t number = 0; number + CHUNK < VOTES_MAX; number += CHUNK) {
        vt_append *chunk[CHUNK];
        for (size_t i = 0; i < CHUNK; i++) {
            char name[32];
            snprintf(name, sizeof name, "Band %zu", (number + i) % BANDS);
            chunk[i] = malloc(sizeof *chunk[i]);
            kit_vote(chunk[i], NULL, number + i, name, "");
            chunk[i]->sink = &sink;
        }
        progress->sent += CHUNK; /* before they can be answered */
        while (vt_ledger_append(kit.ledger, chunk, CHUNK) == VT_ERR_OVERLOADED) {
            usleep(200);
        }
    }
    for (;;) {
        pause();
    }
}

static bool has_vote(sqlite3_stmt *find, size_t number) {
    vt_id id = kit_id(number);
    bool has_row = false;
    assert_int_equal(sqlite3_bind_blob(find, 1, id.bytes, VT_ID_LEN, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(vt_sql_step(find, &has_row), VT_OK);
    sqlite3_reset(find);
    return has_row;
}

static void assert_nothing_lost(const char *dir) {
    static vt_verify_report report;
    char reason[VT_STORE_REASON_MAX] = "";
    vt_store *store = NULL;
    sqlite3 *db = NULL;
    sqlite3_stmt *find = NULL;
    assert_int_equal(vt_store_open(dir, VT_STORE_READ, &store, reason), VT_OK);
    assert_int_equal(vt_verify(store, 0, NULL, NULL, &report), VT_OK);
    if (report.found.count != 0) {
        fail_msg("%s", report.found.text[0]);
    }
    assert_int_equal(vt_store_connect(store, &db), VT_OK);
    assert_int_equal(vt_sql_prepare(db, "SELECT 1 FROM vote WHERE id = ?", &find), VT_OK);
    size_t acknowledged = 0;
    for (size_t number = 0; number < VOTES_MAX; number++) {
        if (progress->is_acknowledged[number]) {
            acknowledged++;
            assert_true(has_vote(find, number));
        }
    }
    assert_true(report.votes >= acknowledged);
    sqlite3_finalize(find);
    sqlite3_close(db);
    vt_store_close(store);
}

static void loses_nothing_when_killed(void **state) {
    (void) state;
    char dir[KIT_PATH_MAX];
    size_t in_flight_sum = 0;
    kit_directory(dir);
    for (int round = 0; round < ROUNDS; round++) {
        progress->sent = 0;
        progress->answered = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            append_until_killed(dir);
            _exit(1);
        }
        size_t until = 2000 + (size_t) (rand() % 3000);
        for (int i = 0; i < KIT_WAIT_MS && progress->answered < until; i++) {
            usleep(1000);
        }
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_true(progress->answered >= until);
        in_flight_sum += progress->sent - progress->answered;
        assert_nothing_lost(dir);
    }
    print_message("%d kills, %zu votes in flight\n", ROUNDS, in_flight_sum);
    assert_true(in_flight_sum > 0);
    kit_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(loses_nothing_when_killed)};
    progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
