#include "votelog/log_access.h"

#include <stdio.h>

vt_err vt_log_access_init(vt_log_access *access, vt_mongo *mongo, const vt_id *ledger_id) {
    *access = (vt_log_access){.mongo = mongo, .ledger_id = *ledger_id};
    vt_err err = vt_mongo_borrow(mongo, &access->client);
    if (err == VT_OK) {
        access->log = vt_mongo_collection(mongo, access->client, "");
        access->positions = vt_mongo_collection(mongo, access->client, ".position");
    }
    return err;
}

void vt_log_access_release(vt_log_access *access) {
    if (access->client != NULL) {
        mongoc_collection_destroy(access->log);
        mongoc_collection_destroy(access->positions);
        vt_mongo_return(access->mongo, access->client);
        access->client = NULL;
    }
}

vt_err vt_log_access_fail(vt_log_access *access, const bson_error_t *error) {
    snprintf(access->reason, sizeof access->reason, "MongoDB: %.500s", error->message);
    return access->was_let_in && vt_mongo_is_refusal(error) ? VT_ERR_BUSY : vt_mongo_err(error);
}
