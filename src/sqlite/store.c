#include "sqlite/store.h"

#include "base/assert.h"
#include "sqlite/data_dir.h"
#include "sqlite/schema.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert((int) VT_STORE_REASON_MAX == (int) VT_DATA_DIR_REASON_MAX, "one reason for both");

enum {
    BUSY_TIMEOUT_MS = 2000,      /* how long to wait for a lock that another program holds */
    CHECKPOINT_DUE_PAGES = 4096, /* 16 MiB of write-ahead log */
};

typedef enum statement { BEGIN, COMMIT, ROLLBACK, STATEMENTS } statement;
static const char *const statements_sql[STATEMENTS] = {"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"};

struct vt_store {
    char path[PATH_MAX]; /* of votes.db */
    int lock_fd;         /* -1: not locked */
    vt_id ledger_id;
    sqlite3 *writer; /* NULL when read-only */
    sqlite3_stmt *statements[STATEMENTS];
    int wal_pages; /* in the log after the last commit */

    /* VT_OK once what a start found in the log is durable in the database. Written in turn. */
    _Atomic vt_err settled;

    /* A turnstile: who wants to write waits at `gate` and leaves it once it has `turn`. Without the gate the ledger,
     * which commits one group after the other, would always be faster than anybody else. */
    pthread_mutex_t gate;
    pthread_mutex_t turn;
};

/* ---- connections ---- */

/* What every connection shares: nobody but us checkpoints, nobody else's schema is trusted, memory has a bound. */
static vt_err configure(sqlite3 *db, const char *pragmas) {
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_wal_autocheckpoint(db, 0);
    return vt_sql_exec(db, pragmas);
}

/* Sets *out on errors too, so that the caller can ask for the message. */
static vt_err open_database(const char *path, int flags, const char *pragmas, sqlite3 **out) {
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    vt_err err = db == NULL ? VT_ERR_NO_MEMORY : vt_sql_err(db, code);
    if (err == VT_OK) {
        err = configure(db, pragmas);
    }
    *out = db;
    return err;
}

vt_err vt_store_connect(const vt_store *store, sqlite3 **out) {
    sqlite3 *db = NULL;
    vt_err err = open_database(store->path, SQLITE_OPEN_READONLY,
                               "PRAGMA cache_size = -1024; PRAGMA mmap_size = 0; PRAGMA query_only = 1;", &db);
    if (err != VT_OK) {
        sqlite3_close(db);
        return err;
    }
    *out = db;
    return VT_OK;
}

static int remember_wal_pages(void *context, sqlite3 *db, const char *schema, int pages) {
    vt_store *store = context;
    (void) db;
    (void) schema;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static vt_err checkpoint_now(vt_store *store, int mode) {
    vt_err err = vt_sql_err(store->writer, sqlite3_wal_checkpoint_v2(store->writer, NULL, mode, NULL, NULL));
    store->wal_pages = err == VT_OK ? 0 : store->wal_pages;
    return err;
}

/* What the log holds at a start may be in the page cache only: the process that wrote it died before the fsync, or had
 * one fail. Then a record found in it must not be answered, and what is appended behind it would be lost with it. A
 * checkpoint writes all of it again, to another file, and empties the log. */
static vt_err settle(vt_store *store) {
    vt_err err = checkpoint_now(store, SQLITE_CHECKPOINT_TRUNCATE);
    atomic_store(&store->settled, err);
    return err;
}

/* Only now that the file is known to be ours, or empty, may anything about it be changed. */
static vt_err prepare_to_write(vt_store *store, vt_schema_state state) {
    vt_err err = vt_sql_exec(store->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    if (err == VT_OK && state == VT_SCHEMA_EMPTY) {
        vt_id id;
        if (getrandom(id.bytes, sizeof id.bytes, 0) != (ssize_t) sizeof id.bytes) {
            return VT_ERR_SYSTEM;
        }
        err = vt_schema_create(store->writer, &id);
    }
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(store->writer, statements_sql[i], &store->statements[i]);
    }
    sqlite3_wal_hook(store->writer, remember_wal_pages, store);
    return err;
}

static void explain(const vt_store *store, sqlite3 *db, vt_err err, char *reason) {
    switch ((int) err) {
    case VT_ERR_NOT_OURS:
        snprintf(reason, VT_STORE_REASON_MAX, "%.200s is not a votaton database", store->path);
        return;
    case VT_ERR_NEWER:
        snprintf(reason, VT_STORE_REASON_MAX, "%.200s was written by a newer version of votaton", store->path);
        return;
    case VT_ERR_FULL:
        snprintf(reason, VT_STORE_REASON_MAX, "%.200s: the disk is full", store->path);
        return;
    default:
        snprintf(reason, VT_STORE_REASON_MAX, "%.140s: %.100s", store->path,
                 db == NULL || sqlite3_errcode(db) == SQLITE_OK ? vt_err_text(err) : sqlite3_errmsg(db));
    }
}

/* Beside an empty database SQLite takes a log for a left-over and deletes it, with the votes in it. */
static vt_err refuse_orphaned_log(const vt_store *store, char *reason) {
    char log[PATH_MAX + sizeof "-wal"];
    struct stat found;
    snprintf(log, sizeof log, "%s-wal", store->path);
    bool has_database = stat(store->path, &found) == 0 && found.st_size > 0;
    if (has_database || stat(log, &found) != 0 || found.st_size == 0) {
        return VT_OK;
    }
    snprintf(reason, VT_STORE_REASON_MAX,
             "%.140s is missing or empty, but its log votes.db-wal may hold votes: bring the file back", store->path);
    return VT_ERR_CORRUPT;
}

static vt_err open_to_serve(vt_store *store, char *reason) {
    vt_schema_state state;
    vt_err err = open_database(store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               "PRAGMA cache_size = -8192; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                               "PRAGMA journal_size_limit = 67108864;",
                               &store->writer);
    if (err == VT_OK) {
        err = vt_schema_inspect(store->writer, &state);
    }
    if (err == VT_OK) {
        err = prepare_to_write(store, state);
    }
    if (err == VT_OK) {
        err = settle(store);
        err = err == VT_ERR_FULL || err == VT_ERR_BUSY ? VT_OK : err;
    }
    if (err == VT_OK) {
        err = vt_schema_ledger_id(store->writer, &store->ledger_id);
    }
    if (err != VT_OK) {
        explain(store, store->writer, err, reason);
    }
    return err;
}

static vt_err lock_and_open(vt_store *store, const char *dir, char *reason) {
    vt_err err = vt_data_dir_make(dir, reason);
    if (err == VT_OK) {
        err = vt_data_dir_lock(dir, &store->lock_fd, reason);
    }
    if (err == VT_OK) {
        err = refuse_orphaned_log(store, reason);
    }
    if (err == VT_OK) {
        err = open_to_serve(store, reason);
    }
    /* SQLite syncs the directory too, but ignores whether that succeeds. */
    return err == VT_OK ? vt_data_dir_sync(dir, reason) : err;
}

static vt_err open_to_read(vt_store *store, char *reason) {
    vt_err err = refuse_orphaned_log(store, reason);
    if (err == VT_OK && access(store->path, F_OK) != 0) {
        snprintf(reason, VT_STORE_REASON_MAX, "%.140s: %.100s", store->path, strerror(errno));
        err = VT_ERR_NOT_FOUND;
    }
    if (err != VT_OK) {
        return err;
    }
    sqlite3 *db = NULL;
    vt_schema_state state = VT_SCHEMA_EMPTY;
    err = vt_store_connect(store, &db);
    if (err == VT_OK) {
        err = vt_schema_inspect(db, &state);
    }
    if (err == VT_OK) {
        err = state == VT_SCHEMA_OURS ? vt_schema_ledger_id(db, &store->ledger_id) : VT_ERR_NOT_OURS;
    }
    if (err != VT_OK) {
        explain(store, db, err, reason);
    }
    sqlite3_close(db);
    return err;
}

/* ---- the store ---- */

/* SQLite's statistics of memory take a lock at every allocation, and nobody asks for them. */
static void configure_library(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* SQLite may be built to read a name that begins with "file:" as a URI, which names another file. */
static vt_err name_database(vt_store *store, const char *dir, char *reason) {
    const char *prefix = strncmp(dir, "file:", 5) == 0 ? "./" : "";
    if (snprintf(store->path, sizeof store->path, "%s%s/votes.db", prefix, dir) < (int) sizeof store->path) {
        return VT_OK;
    }
    snprintf(reason, VT_STORE_REASON_MAX, "the path of the data directory is too long");
    return VT_ERR_SYSTEM;
}

vt_err vt_store_open(const char *dir, vt_store_mode mode, vt_store **out, char reason[VT_STORE_REASON_MAX]) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    VT_ASSERT(sqlite3_threadsafe() != 0);
    vt_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        snprintf(reason, VT_STORE_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    store->lock_fd = -1;
    pthread_mutex_init(&store->gate, NULL);
    pthread_mutex_init(&store->turn, NULL);

    vt_err err = name_database(store, dir, reason);
    if (err == VT_OK) {
        err = mode == VT_STORE_READ ? open_to_read(store, reason) : lock_and_open(store, dir, reason);
    }
    if (err != VT_OK) {
        vt_store_close(store);
        return err;
    }
    *out = store;
    return VT_OK;
}

void vt_store_close(vt_store *store) {
    if (store == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    int code = sqlite3_close(store->writer);
    VT_ASSERT(code == SQLITE_OK);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    pthread_mutex_destroy(&store->gate);
    pthread_mutex_destroy(&store->turn);
    free(store);
}

vt_id vt_store_ledger_id(const vt_store *store) {
    return store->ledger_id;
}

sqlite3 *vt_store_writer(const vt_store *store) {
    return store->writer;
}

vt_err vt_store_settled(const vt_store *store) {
    return atomic_load(&store->settled);
}

static void take_turn(vt_store *store) {
    pthread_mutex_lock(&store->gate);
    pthread_mutex_lock(&store->turn);
    pthread_mutex_unlock(&store->gate);
}

vt_err vt_store_begin(vt_store *store) {
    VT_ASSERT(store->writer != NULL);
    take_turn(store);
    vt_err err = vt_store_settled(store) == VT_OK ? VT_OK : settle(store);
    if (err == VT_OK) {
        err = vt_sql_run(store->statements[BEGIN]);
    }
    if (err != VT_OK) {
        pthread_mutex_unlock(&store->turn);
    }
    return err;
}

/* vt_sql_err does not know enough here: SQLite keeps no errno for a failed COMMIT, but may have an older one. */
static vt_err commit_err(sqlite3 *db, int code) {
    if (code == SQLITE_IOERR_SHMSIZE) {
        /* The log has the transaction, but its index in memory has no room for it. */
        return VT_ERR_UNKNOWN;
    }
    vt_err err = vt_sql_err(db, code);
    return err == VT_ERR_FULL && code != SQLITE_FULL ? VT_ERR_IO : err;
}

vt_err vt_store_commit(vt_store *store) {
    int code = sqlite3_step(store->statements[COMMIT]);
    vt_err err = code == SQLITE_DONE ? VT_OK : commit_err(store->writer, code);
    sqlite3_reset(store->statements[COMMIT]);
    if (err == VT_OK) {
        pthread_mutex_unlock(&store->turn);
    }
    return err;
}

vt_err vt_store_rollback(vt_store *store) {
    /* After some errors SQLite has rolled back by itself. */
    vt_err err = sqlite3_get_autocommit(store->writer) ? VT_OK : vt_sql_run(store->statements[ROLLBACK]);
    pthread_mutex_unlock(&store->turn);
    return err;
}

vt_err vt_store_checkpoint_if_due(vt_store *store) {
    take_turn(store);
    vt_err err = store->wal_pages < CHECKPOINT_DUE_PAGES ? VT_OK : checkpoint_now(store, SQLITE_CHECKPOINT_PASSIVE);
    pthread_mutex_unlock(&store->turn);
    return err;
}

vt_err vt_store_checkpoint(vt_store *store) {
    take_turn(store);
    vt_err err = checkpoint_now(store, SQLITE_CHECKPOINT_TRUNCATE);
    pthread_mutex_unlock(&store->turn);
    return err;
}
