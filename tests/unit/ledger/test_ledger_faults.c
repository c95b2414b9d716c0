/* The ledger in SQLite on disks that are full or fail. */
#include "kit.h"

#include "base/clock.h"
#include "count/verify.h"
#include "faulty_vfs.h"
#include "votelog/votelog_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static void set_fault(int files, int sync_code, int write_code) {
    faulty_sync_code = sync_code;
    faulty_write_code = write_code;
    faulty_errno = 0;
    faulty_files = files;
}

static int set_up(void **state) {
    static test_kit kit;
    set_fault(0, 0, 0);
    kit_init(&kit);
    kit_open(&kit);
    assert_int_equal(vt_ledger_contest_append(kit.ledger, 1, VT_SLICE("{}")), VT_OK);
    *state = &kit;
    return 0;
}

static int tear_down(void **state) {
    set_fault(0, 0, 0);
    kit_release(*state);
    return 0;
}

static vt_err append(test_kit *kit, uint64_t number) {
    vt_append item;
    kit_vote(&item, NULL, number, "A", "");
    kit_append_one(kit->ledger, &item);
    return item.err;
}

static void await(test_kit *kit, bool is_ready) {
    int64_t give_up_ns = vt_clock_monotonic_ns() + (int64_t) KIT_WAIT_MS * 1000000;
    while (vt_health_is_ready(kit->health) != is_ready && vt_clock_monotonic_ns() < give_up_ns) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_int_equal(vt_health_is_ready(kit->health), is_ready);
}

static void assert_verified(const char *dir) {
    static vt_verify_report report;
    char reason[VT_STORE_REASON_MAX];
    vt_store *store = NULL;
    assert_int_equal(vt_store_open(dir, VT_STORE_READ, &store, reason), VT_OK);
    assert_int_equal(vt_verify(store, 0, NULL, NULL, &report), VT_OK);
    if (report.found.count != 0) {
        fail_msg("%s", report.found.text[0]);
    }
    vt_store_close(store);
}

static void never_tries_a_failed_fsync_again(void **state) {
    test_kit *kit = *state;
    vt_append item;
    vt_append *pointer = &item;
    assert_int_equal(append(kit, 1), VT_OK);
    set_fault(FAULTY_LOG | FAULTY_DATABASE, SQLITE_IOERR_FSYNC, 0);
    int syncs = faulty_syncs;
    assert_int_equal(append(kit, 2), VT_ERR_UNKNOWN);
    assert_false(vt_health_is_ready(kit->health));
    assert_int_equal(vt_ledger_append(kit->ledger, &pointer, 1), VT_ERR_RETRY);
    assert_int_equal(vt_ledger_contest_append(kit->ledger, 2, VT_SLICE("{}")), VT_ERR_IO);
    kit_close(kit);
    assert_int_equal(faulty_syncs, syncs + 1);
    assert_int_equal(kit->fatal_calls, 1);
    assert_int_equal(kit->fatal, VT_ERR_IO);
    assert_true(strlen(kit->fatal_reason) > 0);
    set_fault(0, 0, 0);
    /* Whether vote 2 is there was unknown; what is certain is that it counts once after the retry. */
    kit_open(kit);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(append(kit, 2), VT_OK);
    kit_close(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM vote"), 2);
    assert_verified(kit->dir);
    kit_open(kit);
}

/* What had queued up behind the group is not tried. */
static void refuses_the_rest_of_the_queue(void **state) {
    enum { ITEMS = 5 };
    test_kit *kit = *state;
    vt_append items[ITEMS];
    vt_append *pointers[ITEMS];
    kit_sink sink;
    kit_close(kit);
    kit->group_records_max = 1;
    kit_open(kit);
    kit_sink_init(&sink);
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    set_fault(FAULTY_LOG, SQLITE_IOERR_FSYNC, 0);
    int syncs = faulty_syncs;
    assert_int_equal(vt_ledger_append(kit->ledger, pointers, ITEMS), VT_OK);
    kit_sink_wait(&sink, ITEMS);
    assert_int_equal(items[0].err, VT_ERR_UNKNOWN);
    for (size_t i = 1; i < ITEMS; i++) {
        assert_int_equal(items[i].err, VT_ERR_RETRY);
    }
    kit_close(kit);
    assert_int_equal(faulty_syncs, syncs + 1);
    assert_int_equal(kit->fatal_calls, 1);
    kit_open(kit);
}

/* Some file systems say only at the fsync that there is no room. What was written may be gone all the same. */
static void takes_no_fsync_for_a_full_disk(void **state) {
    test_kit *kit = *state;
    set_fault(FAULTY_LOG, SQLITE_IOERR_FSYNC, 0);
    faulty_errno = ENOSPC;
    assert_int_equal(append(kit, 1), VT_ERR_UNKNOWN);
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 1);
    set_fault(0, 0, 0);
    kit_open(kit);
}

static void stops_when_a_write_fails(void **state) {
    test_kit *kit = *state;
    set_fault(FAULTY_LOG, 0, SQLITE_IOERR_WRITE);
    vt_err err = append(kit, 1);
    assert_true(err == VT_ERR_UNKNOWN || err == VT_ERR_RETRY);
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 1);
    set_fault(0, 0, 0);
    kit_open(kit);
    assert_int_equal(append(kit, 1), VT_OK);
}

static void sees_a_checkpoint_fail(void **state) {
    enum { ITEMS = 4000 };
    static vt_append items[ITEMS];
    test_kit *kit = *state;
    kit_sink sink;
    kit_sink_init(&sink);
    set_fault(FAULTY_DATABASE, SQLITE_IOERR_FSYNC, 0);
    faulty_errno = ENOSPC;
    uint64_t number = 0;
    size_t refused = 0;
    for (int round = 0; round < 60 && kit->fatal_calls == 0 && refused == 0; round++) {
        vt_append *pointers[ITEMS];
        for (size_t i = 0; i < ITEMS; i++) {
            kit_vote(&items[i], &sink, ++number, "A", "");
            pointers[i] = &items[i];
        }
        if (vt_ledger_append(kit->ledger, pointers, ITEMS) != VT_OK) {
            break;
        }
        kit_sink_wait(&sink, sink.answered + ITEMS - sink.answered % ITEMS);
        for (size_t i = 0; i < ITEMS; i++) {
            refused += items[i].err != VT_OK;
        }
    }
    await(kit, false);
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 1);
    assert_int_equal(kit->fatal, VT_ERR_IO);
    set_fault(0, 0, 0);
    /* Nothing is lost: the log has it all. */
    assert_verified(kit->dir);
    kit_open(kit);
}

static void recovers_from_a_full_disk(void **state) {
    test_kit *kit = *state;
    assert_int_equal(append(kit, 1), VT_OK);
    set_fault(FAULTY_LOG | FAULTY_DATABASE, 0, SQLITE_FULL);
    assert_int_equal(append(kit, 2), VT_ERR_RETRY);
    assert_false(vt_health_is_ready(kit->health));
    assert_int_equal(append(kit, 3), VT_ERR_RETRY);
    set_fault(0, 0, 0);
    await(kit, true);
    assert_int_equal(append(kit, 2), VT_OK);
    assert_int_equal(append(kit, 3), VT_OK);
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM vote"), 3);
    assert_verified(kit->dir);
    kit_open(kit);
}

/* The log has the votes, but there is no room for its index: nobody can say yet whether they are stored. */
static void does_not_know_when_the_index_of_the_log_is_full(void **state) {
    test_kit *kit = *state;
    set_fault(FAULTY_LOG, 0, SQLITE_IOERR_SHMSIZE);
    assert_int_equal(append(kit, 1), VT_ERR_UNKNOWN);
    assert_false(vt_health_is_ready(kit->health));
    set_fault(0, 0, 0);
    await(kit, true);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(kit->fatal_calls, 0);
}

/* A group that does not fit into the cache is written before the commit. */
static void knows_a_full_disk_by_its_errno(void **state) {
    enum { ITEMS = 1000 };
    static vt_append items[ITEMS];
    vt_append *pointers[ITEMS];
    test_kit *kit = *state;
    kit_sink sink;
    kit_sink_init(&sink);
    assert_int_equal(vt_sql_exec(vt_store_writer(kit->store), "PRAGMA cache_size = 10"), VT_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        kit_vote(&items[i], &sink, i + 1, "A", "");
        pointers[i] = &items[i];
    }
    set_fault(FAULTY_LOG, 0, SQLITE_IOERR_WRITE);
    faulty_errno = EDQUOT;
    assert_int_equal(vt_ledger_append(kit->ledger, pointers, ITEMS), VT_OK);
    kit_sink_wait(&sink, ITEMS);
    assert_int_equal(items[0].err, VT_ERR_RETRY);
    assert_false(vt_health_is_ready(kit->health));
    set_fault(0, 0, 0);
    await(kit, true);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(kit->fatal_calls, 0);
    /* That errno is of the past: the next failure is of another kind. */
    set_fault(FAULTY_LOG, 0, SQLITE_IOERR_WRITE);
    assert_int_equal(append(kit, ITEMS + 1), VT_ERR_UNKNOWN);
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 1);
    set_fault(0, 0, 0);
    kit_open(kit);
}

/* Leaves one vote in the log, as a process does that is killed, and a fault for the next start. */
static void leave_a_log(test_kit *kit, int files, int sync_code, int write_code) {
    assert_int_equal(append(kit, 1), VT_OK);
    set_fault(FAULTY_DATABASE, 0, SQLITE_FULL);
    kit_close(kit);
    set_fault(files, sync_code, write_code);
}

/* Until the log is in the database, its votes may be in the page cache only: not even a duplicate is acknowledged. */
static void starts_on_a_full_disk_and_answers_nothing(void **state) {
    test_kit *kit = *state;
    vt_votelog *log = NULL;
    vt_votelog_row row;
    vt_votelog_query query = {.limit = 1};
    uint32_t count = 0;
    leave_a_log(kit, FAULTY_DATABASE, 0, SQLITE_FULL);
    kit_open(kit);
    vt_id id = kit_id(1);
    assert_int_equal(vt_votelog_sqlite_open(kit->store, &log), VT_OK);
    assert_false(vt_health_is_ready(kit->health));
    assert_int_equal(append(kit, 1), VT_ERR_RETRY);
    assert_int_equal(append(kit, 2), VT_ERR_RETRY);
    assert_int_equal(vt_votelog_find(log, &id, &row), VT_ERR_BUSY);
    assert_int_equal(vt_votelog_list(log, &query, &row, &count), VT_ERR_BUSY);
    assert_int_equal(vt_ledger_contest_append(kit->ledger, 2, VT_SLICE("{}")), VT_ERR_BUSY);
    int syncs = faulty_syncs;
    set_fault(0, 0, 0);
    await(kit, true);
    assert_true(faulty_syncs >= syncs + 2);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(append(kit, 2), VT_OK);
    assert_int_equal(vt_votelog_find(log, &id, &row), VT_OK);
    vt_votelog_close(log);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM vote"), 2);
    assert_int_equal(kit->fatal_calls, 0);
}

/* The disk has room again, but then fails. */
static void stops_when_the_log_cannot_be_settled(void **state) {
    test_kit *kit = *state;
    leave_a_log(kit, FAULTY_DATABASE, 0, SQLITE_FULL);
    kit_open(kit);
    set_fault(FAULTY_DATABASE, SQLITE_IOERR_FSYNC, 0);
    vt_err err = VT_ERR_RETRY;
    int64_t give_up_ns = vt_clock_monotonic_ns() + (int64_t) KIT_WAIT_MS * 1000000;
    while (kit->fatal_calls == 0 && vt_clock_monotonic_ns() < give_up_ns) {
        vt_append item;
        vt_append *pointer = &item;
        kit_sink sink;
        kit_sink_init(&sink);
        kit_vote(&item, &sink, 1, "A", "");
        if (vt_ledger_append(kit->ledger, &pointer, 1) == VT_OK) {
            kit_sink_wait(&sink, 1);
            err = item.err;
        }
        assert_int_equal(err, VT_ERR_RETRY);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    kit_close(kit);
    assert_int_equal(kit->fatal_calls, 1);
    set_fault(0, 0, 0);
    kit_open(kit);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM vote"), 1);
}

static void does_not_start_when_the_log_cannot_be_synced(void **state) {
    static const int files[] = {FAULTY_LOG, FAULTY_DATABASE};
    test_kit *kit = *state;
    leave_a_log(kit, 0, 0, 0);
    for (size_t i = 0; i < 2; i++) {
        char reason[VT_STORE_REASON_MAX] = "";
        vt_store *store = NULL;
        set_fault(files[i], SQLITE_IOERR_FSYNC, 0);
        assert_int_equal(vt_store_open(kit->dir, VT_STORE_SERVE, &store, reason), VT_ERR_IO);
        assert_non_null(strstr(reason, "disk I/O error"));
    }
    set_fault(0, 0, 0);
    kit_open(kit);
    assert_int_equal(append(kit, 1), VT_OK);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM vote"), 1);
}

static void says_that_the_disk_is_full_when_it_makes_the_file(void **state) {
    (void) state;
    static const int files[] = {FAULTY_LOG, FAULTY_DATABASE};
    for (size_t i = 0; i < 2; i++) {
        char dir[KIT_PATH_MAX];
        char reason[VT_STORE_REASON_MAX] = "";
        vt_store *store = NULL;
        kit_directory(dir);
        set_fault(files[i], 0, SQLITE_FULL);
        assert_int_equal(vt_store_open(dir, VT_STORE_SERVE, &store, reason), VT_ERR_FULL);
        assert_non_null(strstr(reason, "votes.db: the disk is full"));
        set_fault(0, 0, 0);
        kit_remove(dir);
    }
}

/* Fills what is left of a file system. */
static void write_ballast(const char *path) {
    static char zeros[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, zeros, sizeof zeros) == (ssize_t) sizeof zeros) {
    }
    close(fd);
}

static void recovers_on_a_real_full_disk(void **state) {
    (void) state;
    test_kit kit;
    char ballast[KIT_PATH_MAX];
    kit_init(&kit);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", kit.dir, "tmpfs", 0, "size=4m") != 0) {
        print_message("skipped: a file system cannot be mounted here: %s\n", strerror(errno));
        kit_remove(kit.dir);
        skip();
    }
    kit_open(&kit);
    assert_int_equal(vt_ledger_contest_append(kit.ledger, 1, VT_SLICE("{}")), VT_OK);
    assert_int_equal(append(&kit, 1), VT_OK);
    kit_path(ballast, kit.dir, "ballast");
    write_ballast(ballast);
    uint64_t number = 1;
    uint64_t acknowledged = 1;
    while (vt_health_is_ready(kit.health) && number < 10000) {
        acknowledged += append(&kit, ++number) == VT_OK;
    }
    assert_false(vt_health_is_ready(kit.health));
    assert_int_equal(append(&kit, ++number), VT_ERR_RETRY);
    unlink(ballast);
    await(&kit, true);
    acknowledged += append(&kit, ++number) == VT_OK;
    kit_close(&kit);
    assert_int_equal(kit.fatal_calls, 0);
    assert_int_equal(kit_number(&kit, "SELECT count(*) FROM vote"), acknowledged);
    assert_verified(kit.dir);
    kit_remove(kit.dir);
    umount2(kit.dir, MNT_DETACH);
    rmdir(kit.dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(never_tries_a_failed_fsync_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_the_rest_of_the_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_no_fsync_for_a_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_when_a_write_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_a_checkpoint_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recovers_from_a_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_know_when_the_index_of_the_log_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_a_full_disk_by_its_errno, set_up, tear_down),
        cmocka_unit_test_setup_teardown(starts_on_a_full_disk_and_answers_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_when_the_log_cannot_be_settled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_start_when_the_log_cannot_be_synced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_that_the_disk_is_full_when_it_makes_the_file, set_up, tear_down),
        cmocka_unit_test(recovers_on_a_real_full_disk),
    };
    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
