/* The data directory of an embedded votatón: one SQLite file, one process, one connection that writes.
 *
 *   DIR/votes.db   the database (schema.c), in WAL mode, with votes.db-wal and votes.db-shm beside it
 *   DIR/lock       held with flock(2) by the process that serves or rebuilds
 *
 * SQLite up to 3.51 can lose a commit when two connections write or checkpoint at the same moment (the "WAL-reset
 * bug"). Here exactly one connection in one process does either; every other one is read-only.
 *
 * Checkpoints are run by us and not by SQLite, which ignores their errors: an fsync of the database file that failed
 * must be seen, as a later one may succeed without having written anything. The log is cut back to 64 MiB when it
 * begins anew.
 *
 * What a start finds in the log is on the disk for certain only after a complete checkpoint: before that nothing may be
 * written behind it, and no vote in it be answered (vt_store_settled).
 */
#ifndef VT_SQLITE_STORE_H
#define VT_SQLITE_STORE_H

#include "sqlite/sql.h"
#include "vote/identity.h"

typedef struct vt_store vt_store;

typedef enum vt_store_mode {
    VT_STORE_SERVE, /* locks the directory, makes what is missing, reads and writes */
    VT_STORE_READ,  /* no lock, reads only: beside a server too */
} vt_store_mode;

enum { VT_STORE_REASON_MAX = 256 };

/* Opens `dir` (copied); SERVE makes it (mode 0700, one level) and its database when they are missing.
 * With SERVE a log that was left behind is copied into the database; when the disk is full or another program reads,
 * the store opens all the same, unsettled. The caller owns *out. On error `reason` says in one line what is wrong.
 *   VT_ERR_IN_USE     SERVE: another process holds the directory
 *   VT_ERR_NOT_FOUND  READ: there is no database
 *   VT_ERR_NOT_OURS   votes.db is not SQLite's, or another program's
 *   VT_ERR_NEWER      a newer version of votatón made it
 *   VT_ERR_CORRUPT    also: a log without its database
 *   VT_ERR_FULL, VT_ERR_BUSY, VT_ERR_IO, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY */
VT_MUST_CHECK vt_err vt_store_open(const char *dir, vt_store_mode mode, vt_store **out,
                                   char reason[VT_STORE_REASON_MAX]);

/* Closes the file and the lock. All that was opened on the store must be closed before. Accepts NULL. */
void vt_store_close(vt_store *store);

/* The random identity that was made with the file. */
vt_id vt_store_ledger_id(const vt_store *store);

/* VT_OK when all that a start found in the log is durable in the database, and always with READ. VT_ERR_FULL or
 * VT_ERR_BUSY: not yet, and why not; vt_store_begin tries again. Any thread. */
vt_err vt_store_settled(const vt_store *store);

/* A read-only connection of its own, for one thread at a time. The caller closes *out with sqlite3_close, after its
 * statements. A read on it never waits for the writer. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_store_connect(const vt_store *store, sqlite3 **out);

/* The connection that writes; NULL when opened with READ. Statements may be prepared on it while nobody writes, and be
 * stepped between vt_store_begin and vt_store_commit or vt_store_rollback only. */
sqlite3 *vt_store_writer(const vt_store *store);

/* Begins a transaction, when it is this thread's turn: who waits longest is next. Settles the store first if need be.
 * Any thread. SERVE only. VT_ERR_BUSY when another program writes to the file, or reads it while the store is to be
 * settled; errors of vt_sql_err; nothing has begun then. */
VT_MUST_CHECK vt_err vt_store_begin(vt_store *store);

/* Makes the transaction durable (fsync) and ends the turn. On error nothing has ended: ask sqlite3_errmsg, then call
 * vt_store_rollback.
 *   VT_ERR_FULL     the disk is full; nothing of it is stored
 *   VT_ERR_UNKNOWN  the disk is full; it is not known whether it is stored (a later transaction would overwrite it)
 *   other errors of vt_sql_err: it is not known either, and the store must not be written to again */
VT_MUST_CHECK vt_err vt_store_commit(vt_store *store);

/* Takes the transaction back and ends the turn. Errors of vt_sql_err; the turn ends nevertheless. */
VT_MUST_CHECK vt_err vt_store_rollback(vt_store *store);

/* Copies the write-ahead log into the database once it has grown enough, as far as readers allow. Errors of
 * vt_sql_err. After any other than VT_ERR_FULL and VT_ERR_BUSY the store must not be written to again. */
VT_MUST_CHECK vt_err vt_store_checkpoint_if_due(vt_store *store);

/* The same to the end, and empties the log: for an orderly stop. */
VT_MUST_CHECK vt_err vt_store_checkpoint(vt_store *store);

#endif
