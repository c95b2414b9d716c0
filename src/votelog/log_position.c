#include "votelog/log_position.h"

#include "mongo/mongo_bson.h"
#include "mongo/mongo_find.h"
#include "votelog/log_key.h"

#include <stdio.h>

enum { DUPLICATE_KEY = 11000 };

typedef struct stored_position {
    vt_log_position position;
    bson_oid_t generation;
} stored_position;

static vt_err read_position(void *context, const bson_t *document) {
    stored_position *out = context;
    vt_log_position *position = &out->position;
    bson_iter_t iter;
    position->has_mark = bson_has_field(document, "mark");
    bool is_whole = vt_bson_number(document, "next", &position->next) && position->next >= 0 &&
                    vt_bson_bool(document, "is_rebuilding", &position->is_rebuilding) &&
                    (!position->has_mark || vt_bson_bytes(document, "mark", position->mark.bytes, VT_ID_LEN)) &&
                    bson_iter_init_find(&iter, document, "generation") && BSON_ITER_HOLDS_OID(&iter);
    if (!is_whole) {
        return VT_ERR_CORRUPT;
    }
    bson_oid_copy(bson_iter_oid(&iter), &out->generation);
    position->exists = true;
    return VT_OK;
}

vt_err vt_log_position_load(vt_log_access *access, int32_t partition, vt_log_claim *claim, vt_log_position *out) {
    stored_position stored = {0};
    bson_error_t error = {0};
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append_partition(&filter, &access->ledger_id, partition);
    vt_mongo_find find = {.filter = &filter,
                          .limit = 1,
                          .timeout_ms = vt_mongo_timeout_ms(access->mongo),
                          .preference = access->preference};
    vt_err err = vt_mongo_find_rows(access->positions, &find, read_position, &stored, &error);
    bson_destroy(&filter);
    if (err == VT_ERR_CORRUPT) {
        snprintf(access->reason, sizeof access->reason, "the vote log's position of partition %d is damaged",
                 partition);
        return err;
    }
    if (err != VT_OK) {
        return vt_log_access_fail(access, &error);
    }
    bool is_ours = claim->is_rebuilding && bson_oid_equal(&claim->generation, &stored.generation);
    *claim = (vt_log_claim){is_ours && stored.position.is_rebuilding, stored.generation};
    *out = stored.position;
    return VT_OK;
}

vt_err vt_log_position_create(vt_log_access *access, int32_t partition, int64_t next, vt_log_claim *claim) {
    vt_log_claim made = {0};
    bson_error_t error = {0};
    bson_t document = BSON_INITIALIZER;
    bson_oid_init(&made.generation, NULL);
    vt_log_key_append_partition(&document, &access->ledger_id, partition);
    BSON_APPEND_INT32(&document, "partition", partition);
    BSON_APPEND_INT64(&document, "next", next);
    BSON_APPEND_BOOL(&document, "is_rebuilding", false);
    BSON_APPEND_OID(&document, "generation", &made.generation);
    bool is_made = mongoc_collection_insert_one(access->positions, &document, NULL, NULL, &error);
    bson_destroy(&document);
    if (!is_made) {
        vt_err err = vt_log_access_fail(access, &error);
        return error.domain == MONGOC_ERROR_SERVER && error.code == DUPLICATE_KEY ? VT_ERR_MOVED : err;
    }
    *claim = made;
    return VT_OK;
}

/* Changes the position that is like `filter`. VT_ERR_MOVED when there is none, unless it is made then. */
static vt_err update(vt_log_access *access, const bson_t *filter, const bson_t *change, bool makes) {
    bson_error_t error = {0};
    bson_t reply; /* libmongoc initialises it in any case */
    bson_t *options = BCON_NEW("upsert", BCON_BOOL(makes));
    int64_t matched = 0;
    vt_err err = VT_OK;
    if (!mongoc_collection_update_one(access->positions, filter, change, options, &reply, &error)) {
        err = vt_log_access_fail(access, &error);
    } else if (!makes && (!vt_bson_number(&reply, "matchedCount", &matched) || matched != 1)) {
        snprintf(access->reason, sizeof access->reason, "another position stands in the vote log");
        err = VT_ERR_MOVED;
    }
    bson_destroy(options);
    bson_destroy(&reply);
    return err;
}

static void append_claim(bson_t *to, const vt_log_claim *claim) {
    BSON_APPEND_BOOL(to, "is_rebuilding", claim->is_rebuilding);
    BSON_APPEND_OID(to, "generation", &claim->generation);
}

vt_err vt_log_position_move(vt_log_access *access, int32_t partition, const vt_log_claim *claim, int64_t from,
                            int64_t next, const vt_id *mark) {
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append_partition(&filter, &access->ledger_id, partition);
    BSON_APPEND_INT64(&filter, "next", from);
    append_claim(&filter, claim);
    bson_t *change = BCON_NEW("$set", "{", "next", BCON_INT64(next), "mark",
                              BCON_BIN(BSON_SUBTYPE_BINARY, mark->bytes, VT_ID_LEN), "}");
    vt_err err = update(access, &filter, change, false);
    bson_destroy(change);
    bson_destroy(&filter);
    return err;
}

vt_err vt_log_position_begin_rebuild(vt_log_access *access, int32_t partition, int64_t next, vt_log_claim *claim) {
    vt_log_claim begun = {.is_rebuilding = true};
    bson_oid_init(&begun.generation, NULL);
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append_partition(&filter, &access->ledger_id, partition);
    bson_t *change = BCON_NEW("$set", "{", "partition", BCON_INT32(partition), "next", BCON_INT64(next),
                              "is_rebuilding", BCON_BOOL(true), "generation", BCON_OID(&begun.generation), "}",
                              "$unset", "{", "mark", BCON_UTF8(""), "}");
    vt_err err = update(access, &filter, change, true);
    bson_destroy(change);
    bson_destroy(&filter);
    if (err == VT_OK) {
        *claim = begun;
    }
    return err;
}

vt_err vt_log_position_end_rebuild(vt_log_access *access, int32_t partition, vt_log_claim *claim) {
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append_partition(&filter, &access->ledger_id, partition);
    BSON_APPEND_OID(&filter, "generation", &claim->generation);
    bson_t *change = BCON_NEW("$set", "{", "is_rebuilding", BCON_BOOL(false), "}");
    vt_err err = update(access, &filter, change, false);
    bson_destroy(change);
    bson_destroy(&filter);
    if (err == VT_OK) {
        claim->is_rebuilding = false;
    }
    return err;
}
