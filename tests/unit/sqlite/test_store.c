#include "kit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct directory {
    char parent[KIT_PATH_MAX];
    char data[KIT_PATH_MAX];
    char database[KIT_PATH_MAX];
} directory;

static int set_up(void **state) {
    static directory at;
    kit_directory(at.parent);
    kit_path(at.data, at.parent, "data");
    kit_path(at.database, at.data, "votes.db");
    *state = &at;
    return 0;
}

static int tear_down(void **state) {
    directory *at = *state;
    kit_remove(at->data);
    unlink(at->data);
    kit_remove(at->parent);
    return 0;
}

static vt_store *open_store(const char *dir, vt_store_mode mode) {
    char reason[VT_STORE_REASON_MAX] = "";
    vt_store *store = NULL;
    if (vt_store_open(dir, mode, &store, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    return store;
}

static void assert_refused(const char *dir, vt_store_mode mode, vt_err expected, const char *word) {
    char reason[VT_STORE_REASON_MAX] = "";
    vt_store *store = NULL;
    assert_int_equal(vt_store_open(dir, mode, &store, reason), expected);
    assert_null(store);
    if (strstr(reason, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", reason, word);
    }
}

static void write_file(const char *path, const char *bytes, size_t len) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(vt_sql_exec(db, sql), VT_OK);
    sqlite3_close(db);
}

static void makes_the_directory_and_keeps_the_id(void **state) {
    directory *at = *state;
    struct stat found;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    vt_id id = vt_store_ledger_id(store);
    assert_int_equal(stat(at->data, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    vt_store_close(store);
    store = open_store(at->data, VT_STORE_SERVE);
    vt_id same = vt_store_ledger_id(store);
    assert_true(vt_id_eq(&id, &same));
    vt_store_close(store);
    store = open_store(at->data, VT_STORE_READ);
    same = vt_store_ledger_id(store);
    assert_true(vt_id_eq(&id, &same));
    assert_null(vt_store_writer(store));
    vt_store_close(store);
    vt_store_close(NULL);
}

static void gives_each_file_an_id_of_its_own(void **state) {
    directory *at = *state;
    char other[KIT_PATH_MAX];
    kit_path(other, at->parent, "other");
    vt_store *a = open_store(at->data, VT_STORE_SERVE);
    vt_store *b = open_store(other, VT_STORE_SERVE);
    vt_id id_a = vt_store_ledger_id(a);
    vt_id id_b = vt_store_ledger_id(b);
    assert_false(vt_id_eq(&id_a, &id_b));
    vt_store_close(a);
    vt_store_close(b);
    kit_remove(other);
}

static void is_served_by_one_at_a_time(void **state) {
    directory *at = *state;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_IN_USE, "another votaton");
    vt_store *reader = open_store(at->data, VT_STORE_READ);
    vt_store_close(reader);
    vt_store_close(store);
    vt_store_close(open_store(at->data, VT_STORE_SERVE));
}

static void refuses_what_is_not_there(void **state) {
    directory *at = *state;
    assert_refused(at->data, VT_STORE_READ, VT_ERR_NOT_FOUND, "No such file");
    assert_refused("/proc/votaton", VT_STORE_SERVE, VT_ERR_SYSTEM, "/proc/votaton");
    write_file(at->data, "x", 1);
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_SYSTEM, "Not a directory");
}

static void refuses_a_path_that_is_too_long(void **state) {
    (void) state;
    static char path[8192];
    memset(path, 'a', sizeof path - 1);
    assert_refused(path, VT_STORE_SERVE, VT_ERR_SYSTEM, "long");
}

static void leaves_a_file_that_is_not_sqlite_alone(void **state) {
    directory *at = *state;
    static const char text[] = "These are not the votes you are looking for. They never were; and they are long enough "
                               "for a header of one hundred bytes.";
    char found[sizeof text] = "";
    assert_int_equal(mkdir(at->data, 0700), 0);
    write_file(at->database, text, sizeof text);
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_NOT_OURS, "not a votaton database");
    assert_refused(at->data, VT_STORE_READ, VT_ERR_NOT_OURS, "not a votaton database");
    int fd = open(at->database, O_RDONLY);
    assert_int_equal(read(fd, found, sizeof found), sizeof found);
    close(fd);
    assert_memory_equal(found, text, sizeof text);
}

static void leaves_the_database_of_others_alone(void **state) {
    directory *at = *state;
    assert_int_equal(mkdir(at->data, 0700), 0);
    run_sql(at->database, "CREATE TABLE mine (x); INSERT INTO mine VALUES (42)");
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_NOT_OURS, "not a votaton database");
    run_sql(at->database, "PRAGMA application_id = 7");
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_NOT_OURS, "not a votaton database");
    sqlite3 *db = NULL;
    int64_t number = 0;
    assert_int_equal(sqlite3_open(at->database, &db), SQLITE_OK);
    assert_int_equal(vt_sql_number(db, "SELECT x FROM mine", &number), VT_OK);
    assert_int_equal(number, 42);
    assert_int_equal(vt_sql_number(db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", &number),
                     VT_OK);
    assert_int_equal(number, 0);
    sqlite3_close(db);
}

static void refuses_the_file_of_a_newer_version(void **state) {
    directory *at = *state;
    vt_store_close(open_store(at->data, VT_STORE_SERVE));
    run_sql(at->database, "PRAGMA user_version = 2");
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_NEWER, "newer version");
    assert_refused(at->data, VT_STORE_READ, VT_ERR_NEWER, "newer version");
}

static void goes_on_with_an_empty_file(void **state) {
    directory *at = *state;
    assert_int_equal(mkdir(at->data, 0700), 0);
    write_file(at->database, "", 0);
    vt_store_close(open_store(at->data, VT_STORE_SERVE));
}

/* As a process leaves it that is killed: the log has what the database has not. */
static void leave_a_log(directory *at) {
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_sql_exec(vt_store_writer(store), "INSERT INTO meta VALUES ('test', x'00')"), VT_OK);
    assert_int_equal(vt_store_commit(store), VT_OK);
    vt_store_close(store);
}

static off_t log_size(directory *at) {
    char path[KIT_PATH_MAX];
    struct stat found;
    kit_path(path, at->data, "votes.db-wal");
    return stat(path, &found) == 0 ? found.st_size : -1;
}

static int64_t file_number(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    int64_t number = -1;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(vt_sql_number(db, sql, &number), VT_OK);
    sqlite3_close(db);
    return number;
}

static void copies_a_log_that_was_left_into_the_database(void **state) {
    directory *at = *state;
    leave_a_log(at);
    assert_true(log_size(at) > 0);
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_int_equal(vt_store_settled(store), VT_OK);
    assert_int_equal(log_size(at), 0);
    vt_store_close(store);
}

/* A copy of the one file, without its log, is at least a ledger. */
static void has_its_tables_in_the_database_from_the_start(void **state) {
    directory *at = *state;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_int_equal(log_size(at), 0);
    vt_store_close(store);
    kit_path(at->database, at->data, "votes.db-wal");
    unlink(at->database);
    kit_path(at->database, at->data, "votes.db");
    assert_int_equal(file_number(at->database, "SELECT count(*) FROM meta WHERE key = 'ledger_id'"), 1);
}

static void waits_for_a_reader_before_it_writes(void **state) {
    directory *at = *state;
    sqlite3 *reader = NULL;
    leave_a_log(at);
    assert_int_equal(sqlite3_open(at->database, &reader), SQLITE_OK);
    assert_int_equal(vt_sql_exec(reader, "BEGIN; SELECT count(*) FROM meta"), VT_OK);
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_int_equal(vt_store_settled(store), VT_ERR_BUSY);
    assert_int_equal(vt_store_begin(store), VT_ERR_BUSY);
    assert_true(log_size(at) > 0);
    assert_int_equal(vt_sql_exec(reader, "COMMIT"), VT_OK);
    sqlite3_close(reader);
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_store_settled(store), VT_OK);
    assert_int_equal(vt_store_rollback(store), VT_OK);
    vt_store_close(store);
}

static void does_not_destroy_a_log_without_its_database(void **state) {
    static const vt_store_mode modes[] = {VT_STORE_SERVE, VT_STORE_READ};
    directory *at = *state;
    leave_a_log(at);
    off_t size = log_size(at);
    assert_true(size > 0);
    assert_int_equal(truncate(at->database, 0), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_refused(at->data, modes[i], VT_ERR_CORRUPT, "missing or empty");
    }
    unlink(at->database);
    for (size_t i = 0; i < 2; i++) {
        assert_refused(at->data, modes[i], VT_ERR_CORRUPT, "missing or empty");
    }
    assert_int_equal(log_size(at), size);
}

/* Debian builds SQLite to read names as URIs: "file:data" would be the file data/votes.db of another directory. */
static void takes_a_name_for_a_name(void **state) {
    directory *at = *state;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(at->parent), 0);
    assert_int_equal(mkdir("data", 0700), 0);
    vt_store_close(open_store("file:data", VT_STORE_SERVE));
    assert_int_equal(access("file:data/votes.db", F_OK), 0);
    assert_int_not_equal(access("data/votes.db", F_OK), 0);
    vt_store_close(open_store("file:data", VT_STORE_READ));
    kit_remove("file:data");
    assert_int_equal(chdir(before), 0);
}

static void cuts_back_a_log_that_has_grown(void **state) {
    enum { LIMIT = 64 * 1048576 };
    directory *at = *state;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_sql_exec(vt_store_writer(store), "INSERT INTO meta VALUES ('large', zeroblob(66 * 1048576))"),
                     VT_OK);
    assert_int_equal(vt_store_commit(store), VT_OK);
    assert_true(log_size(at) > LIMIT);
    assert_int_equal(vt_store_checkpoint_if_due(store), VT_OK);
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_sql_exec(vt_store_writer(store), "INSERT INTO meta VALUES ('next', x'00')"), VT_OK);
    assert_int_equal(vt_store_commit(store), VT_OK);
    assert_true(log_size(at) <= LIMIT);
    vt_store_close(store);
}

static void says_that_a_table_is_missing(void **state) {
    directory *at = *state;
    vt_store_close(open_store(at->data, VT_STORE_SERVE));
    run_sql(at->database, "DROP TABLE meta");
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_CORRUPT, "no such table: meta");
}

static void sees_a_file_without_its_id(void **state) {
    directory *at = *state;
    vt_store_close(open_store(at->data, VT_STORE_SERVE));
    run_sql(at->database, "DELETE FROM meta");
    assert_refused(at->data, VT_STORE_SERVE, VT_ERR_CORRUPT, "votes.db");
}

static int64_t ask(sqlite3 *db, const char *sql) {
    int64_t number = -1;
    assert_int_equal(vt_sql_number(db, sql, &number), VT_OK);
    return number;
}

static void writes_durably_and_reads_only(void **state) {
    directory *at = *state;
    sqlite3 *reader = NULL;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    sqlite3 *writer = vt_store_writer(store);
    assert_int_equal(ask(writer, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(ask(writer, "PRAGMA synchronous"), 2);
    assert_int_equal(ask(writer, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_equal(vt_store_connect(store, &reader), VT_OK);
    assert_int_equal(ask(reader, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_not_equal(vt_sql_exec(reader, "DELETE FROM meta"), VT_OK);
    sqlite3_close(reader);
    vt_store_close(store);
}

static void shows_readers_what_is_committed(void **state) {
    directory *at = *state;
    sqlite3 *reader = NULL;
    vt_store *store = open_store(at->data, VT_STORE_SERVE);
    vt_store *other = open_store(at->data, VT_STORE_READ);
    assert_int_equal(vt_store_connect(other, &reader), VT_OK);
    const char *insert = "INSERT INTO contest (version, at_ms, definition, link) VALUES (1, 2, '{}', x'00')";
    const char *count = "SELECT count(*) FROM contest";
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_sql_exec(vt_store_writer(store), insert), VT_OK);
    assert_int_equal(ask(reader, count), 0);
    assert_int_equal(vt_store_rollback(store), VT_OK);
    assert_int_equal(vt_store_begin(store), VT_OK);
    assert_int_equal(vt_sql_exec(vt_store_writer(store), insert), VT_OK);
    assert_int_equal(vt_store_commit(store), VT_OK);
    assert_int_equal(ask(reader, count), 1);
    assert_int_equal(vt_store_checkpoint(store), VT_OK);
    assert_int_equal(ask(reader, count), 1);
    sqlite3_close(reader);
    vt_store_close(other);
    vt_store_close(store);
}

/* One thread that writes all the time. */
typedef struct busy_writer {
    vt_store *store;
    _Atomic int commits;
    _Atomic bool stop;
} busy_writer;

static void *write_on_and_on(void *context) {
    busy_writer *self = context;
    while (!self->stop) {
        if (vt_store_begin(self->store) != VT_OK || vt_store_commit(self->store) != VT_OK) {
            break;
        }
        self->commits++;
    }
    return NULL;
}

static void gives_everybody_a_turn(void **state) {
    enum { TURNS = 200 };
    directory *at = *state;
    pthread_t thread;
    busy_writer busy = {.store = open_store(at->data, VT_STORE_SERVE)};
    assert_int_equal(pthread_create(&thread, NULL, write_on_and_on, &busy), 0);
    while (busy.commits == 0) {
        usleep(100);
    }
    for (int i = 0; i < TURNS; i++) {
        assert_int_equal(vt_store_begin(busy.store), VT_OK);
        assert_int_equal(vt_store_commit(busy.store), VT_OK);
    }
    busy.stop = true;
    pthread_join(thread, NULL);
    vt_store_close(busy.store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_the_directory_and_keeps_the_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_each_file_an_id_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_served_by_one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_path_that_is_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_a_file_that_is_not_sqlite_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_the_database_of_others_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_the_file_of_a_newer_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_with_an_empty_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_a_log_that_was_left_into_the_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_its_tables_in_the_database_from_the_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_for_a_reader_before_it_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_destroy_a_log_without_its_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_a_name_for_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_back_a_log_that_has_grown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_that_a_table_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_a_file_without_its_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_durably_and_reads_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_readers_what_is_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_everybody_a_turn, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
