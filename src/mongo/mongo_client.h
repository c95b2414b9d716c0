/* Connections to MongoDB for one vote log, pooled, and what their errors mean.
 *
 * Every collection that comes from here writes with w: majority and j: true and reads with majority, whatever the URL
 * says: what is acknowledged must not be rolled back, and what is shown neither. The URL's read preference holds for
 * who does not give another one. */
#ifndef VT_MONGO_MONGO_CLIENT_H
#define VT_MONGO_MONGO_CLIENT_H

#include "mongo/mongo_url.h"

#include <mongoc/mongoc.h>
#include <stdint.h>

typedef struct vt_mongo vt_mongo;

/* Makes the pool; waits for no server, though the address of mongodb+srv:// is asked for here. `timeout_ms`
 * (10..60,000) is for finding a server, for connecting and for each answer, where the URL does not say otherwise;
 * `connections_max` at least 1. The caller owns *out. On error `reason` says why: VT_ERR_BAD_CONFIG,
 * VT_ERR_BUSY (no name server answers for mongodb+srv://, or the name is not there: try again), VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_mongo_open(const vt_mongo_url *url, uint32_t timeout_ms, uint32_t connections_max,
                                   vt_mongo **out, char reason[VT_MONGO_REASON_MAX]);

/* Everything borrowed must be back. Accepts NULL. */
void vt_mongo_close(vt_mongo *mongo);

/* A connection for one thread until vt_mongo_return. Any thread. VT_ERR_BUSY when all are lent for `timeout_ms`. */
VT_MUST_CHECK vt_err vt_mongo_borrow(vt_mongo *mongo, mongoc_client_t **out);
void vt_mongo_return(vt_mongo *mongo, mongoc_client_t *client); /* accepts NULL */

/* The log's collection, or with a suffix (".position") one beside it. The caller owns it (mongoc_collection_destroy);
 * it lives no longer than the loan of `client`. */
mongoc_collection_t *vt_mongo_collection(const vt_mongo *mongo, mongoc_client_t *client, const char *suffix);

/* How long each answer may take. */
uint32_t vt_mongo_timeout_ms(const vt_mongo *mongo);

/* What an error of libmongoc means (of its error API 2, which the pool uses).
 * VT_ERR_BUSY    no server, a timeout, a broken connection, another primary, a full disk: whether a write was executed
 *                is not known
 * VT_ERR_SYSTEM  all other errors of the server or the library (no permission, wrong password …) */
vt_err vt_mongo_err(const bson_error_t *error);

/* Whether it refuses the user: a wrong password, none where one is needed, or no right. At the start that is a mistake
 * of the settings; of a server that took the user before it may pass, as after a failover. */
bool vt_mongo_is_refusal(const bson_error_t *error);

/* The same as vt_mongo_err for the server's code alone, as it stands in the reply to a bulk. */
vt_err vt_mongo_code_err(int32_t code);

#endif
