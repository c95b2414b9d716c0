#include "mongo/mongo_client.h"

#include "base/assert.h"
#include "mongo/mongo_init.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLLECTION_BYTES_MAX = VT_MONGO_NAME_BYTES_MAX + 32 };
enum { UNAUTHORIZED = 13, AUTHENTICATION_FAILED = 18 }; /* error_codes.yml of MongoDB */

struct vt_mongo {
    mongoc_client_pool_t *pool;
    mongoc_write_concern_t *write_concern;
    mongoc_read_concern_t *read_concern;
    uint32_t timeout_ms;
    char database[VT_MONGO_NAME_BYTES_MAX + 1];
    char collection[VT_MONGO_NAME_BYTES_MAX + 1];
};

static bool set_timeouts(mongoc_uri_t *uri, uint32_t timeout_ms) {
    static const char *const names[] = {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, MONGOC_URI_CONNECTTIMEOUTMS,
                                        MONGOC_URI_SOCKETTIMEOUTMS, MONGOC_URI_WAITQUEUETIMEOUTMS};
    bool is_set = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        is_set = is_set && (mongoc_uri_has_option(uri, names[i]) ||
                            mongoc_uri_set_option_as_int32(uri, names[i], (int32_t) timeout_ms));
    }
    return is_set;
}

/* The library repeats no writes: every write of ours may be repeated (documents have ids of their own, positions move
 * by compare-and-set), and who calls loads the position and goes on from there anyway. One repetition is enough, and an
 * answer takes no longer than the timeout says. */
static bool set_options(mongoc_uri_t *uri, uint32_t timeout_ms) {
    if (mongoc_uri_get_appname(uri) == NULL && !mongoc_uri_set_appname(uri, "votaton")) {
        return false;
    }
    return set_timeouts(uri, timeout_ms) && mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
}

static vt_err open_pool(vt_mongo *mongo, const char *text, uint32_t connections_max, char reason[VT_MONGO_REASON_MAX]) {
    bson_error_t error = {0};
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
    if (uri == NULL || !set_options(uri, mongo->timeout_ms)) {
        snprintf(reason, VT_MONGO_REASON_MAX, "libmongoc does not take the address");
    } else {
        mongo->pool = mongoc_client_pool_new_with_error(uri, &error);
        if (mongo->pool == NULL) {
            snprintf(reason, VT_MONGO_REASON_MAX, "libmongoc: %.200s", error.message);
        }
    }
    mongoc_uri_destroy(uri);
    if (mongo->pool == NULL) {
        bool is_name = error.domain == MONGOC_ERROR_STREAM && error.code == MONGOC_ERROR_STREAM_NAME_RESOLUTION;
        return is_name ? VT_ERR_BUSY : VT_ERR_BAD_CONFIG;
    }
    mongoc_client_pool_max_size(mongo->pool, connections_max);
    mongoc_client_pool_set_error_api(mongo->pool, MONGOC_ERROR_API_VERSION_2);
    return VT_OK;
}

vt_err vt_mongo_open(const vt_mongo_url *url, uint32_t timeout_ms, uint32_t connections_max, vt_mongo **out,
                     char reason[VT_MONGO_REASON_MAX]) {
    VT_ASSERT(timeout_ms >= 10 && timeout_ms <= 60000 && connections_max > 0);
    vt_mongo_init();
    vt_mongo *mongo = calloc(1, sizeof *mongo);
    if (mongo == NULL) {
        snprintf(reason, VT_MONGO_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    mongo->timeout_ms = timeout_ms;
    memcpy(mongo->database, url->database, sizeof mongo->database);
    memcpy(mongo->collection, url->collection, sizeof mongo->collection);
    vt_err err = open_pool(mongo, url->uri, connections_max, reason);
    if (err != VT_OK) {
        free(mongo);
        return err;
    }
    mongo->write_concern = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(mongo->write_concern, (int32_t) timeout_ms);
    mongoc_write_concern_set_journal(mongo->write_concern, true);
    mongo->read_concern = mongoc_read_concern_new();
    mongoc_read_concern_set_level(mongo->read_concern, MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    *out = mongo;
    return VT_OK;
}

void vt_mongo_close(vt_mongo *mongo) {
    if (mongo == NULL) {
        return;
    }
    mongoc_write_concern_destroy(mongo->write_concern);
    mongoc_read_concern_destroy(mongo->read_concern);
    mongoc_client_pool_destroy(mongo->pool);
    free(mongo);
}

vt_err vt_mongo_borrow(vt_mongo *mongo, mongoc_client_t **out) {
    mongoc_client_t *client = mongoc_client_pool_pop(mongo->pool);
    if (client == NULL) {
        return VT_ERR_BUSY;
    }
    *out = client;
    return VT_OK;
}

void vt_mongo_return(vt_mongo *mongo, mongoc_client_t *client) {
    if (client != NULL) {
        mongoc_client_pool_push(mongo->pool, client);
    }
}

mongoc_collection_t *vt_mongo_collection(const vt_mongo *mongo, mongoc_client_t *client, const char *suffix) {
    char name[COLLECTION_BYTES_MAX];
    int len = snprintf(name, sizeof name, "%s%s", mongo->collection, suffix);
    VT_ASSERT(len > 0 && (size_t) len < sizeof name);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, mongo->database, name);
    mongoc_collection_set_write_concern(collection, mongo->write_concern);
    mongoc_collection_set_read_concern(collection, mongo->read_concern);
    return collection;
}

uint32_t vt_mongo_timeout_ms(const vt_mongo *mongo) {
    return mongo->timeout_ms;
}

/* The codes after which the same command may succeed, from MongoDB's error_codes.yml: its RetriableError, NetworkError,
 * NotPrimaryError, ShutdownError and ExceededTimeLimitError categories, and what a busy or full server says. */
vt_err vt_mongo_code_err(int32_t code) {
    static const int32_t busy[] = {
        6,     /* HostUnreachable */
        7,     /* HostNotFound */
        24,    /* LockTimeout */
        46,    /* LockBusy */
        50,    /* MaxTimeMSExpired */
        64,    /* WriteConcernTimeout */
        79,    /* UnknownReplWriteConcern */
        89,    /* NetworkTimeout */
        91,    /* ShutdownInProgress */
        100,   /* UnsatisfiableWriteConcern */
        112,   /* WriteConflict */
        133,   /* FailedToSatisfyReadPreference */
        134,   /* ReadConcernMajorityNotAvailableYet */
        189,   /* PrimarySteppedDown */
        202,   /* NetworkInterfaceExceededTimeLimit */
        262,   /* ExceededTimeLimit */
        290,   /* TransactionExceededLifetimeLimitSeconds */
        9001,  /* SocketException */
        10058, /* NotPrimary, of old servers */
        10107, /* NotWritablePrimary */
        11600, /* InterruptedAtShutdown */
        11601, /* Interrupted */
        11602, /* InterruptedDueToReplStateChange */
        13435, /* NotPrimaryNoSecondaryOk */
        13436, /* NotPrimaryOrSecondary */
        14031, /* OutOfDiskSpace */
    };
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++) {
        if (busy[i] == code) {
            return VT_ERR_BUSY;
        }
    }
    return VT_ERR_SYSTEM;
}

bool vt_mongo_is_refusal(const bson_error_t *error) {
    bool is_login = error->domain == MONGOC_ERROR_CLIENT && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE;
    bool is_servers = error->domain == MONGOC_ERROR_SERVER || error->domain == MONGOC_ERROR_WRITE_CONCERN;
    return is_login || (is_servers && (error->code == UNAUTHORIZED || error->code == AUTHENTICATION_FAILED));
}

vt_err vt_mongo_err(const bson_error_t *error) {
    switch (error->domain) {
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_SERVER_SELECTION:
        return VT_ERR_BUSY;
    case MONGOC_ERROR_SERVER:
    case MONGOC_ERROR_WRITE_CONCERN:
        return vt_mongo_code_err((int32_t) error->code);
    case MONGOC_ERROR_PROTOCOL:
        /* A connection that broke in the middle of an answer. */
        return error->code == MONGOC_ERROR_PROTOCOL_INVALID_REPLY ? VT_ERR_BUSY : VT_ERR_SYSTEM;
    default:
        return VT_ERR_SYSTEM;
    }
}
