/* A connection to the vote log, lent to one thread: its collections, whose ledger's documents, and why a call failed.
 */
#ifndef VT_VOTELOG_LOG_ACCESS_H
#define VT_VOTELOG_LOG_ACCESS_H

#include "mongo/mongo_client.h"
#include "vote/identity.h"

typedef struct vt_log_access {
    vt_mongo *mongo; /* borrowed */
    mongoc_client_t *client;
    mongoc_collection_t *log;
    mongoc_collection_t *positions;
    const mongoc_read_prefs_t *preference; /* borrowed; NULL: the URL's */
    vt_id ledger_id;
    bool was_let_in;                  /* the server has taken the user */
    char reason[VT_MONGO_REASON_MAX]; /* one line */
} vt_log_access;

/* Takes a connection from `mongo`. VT_ERR_BUSY when all are lent. */
VT_MUST_CHECK vt_err vt_log_access_init(vt_log_access *access, vt_mongo *mongo, const vt_id *ledger_id);
/* Gives it back. One that is zero, or was not initialised by an error, has nothing to give back. */
void vt_log_access_release(vt_log_access *access);

/* Keeps the error's words as the reason; returns what it means: a refusal of who was let in before is VT_ERR_BUSY. */
vt_err vt_log_access_fail(vt_log_access *access, const bson_error_t *error);

#endif
