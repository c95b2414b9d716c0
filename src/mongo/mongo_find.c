#include "mongo/mongo_find.h"

#include "base/assert.h"
#include "mongo/mongo_client.h"

/* All in the first answer: a cursor that stays open on the server would cost a second question to close it. */
static bson_t *options_new(const vt_mongo_find *find) {
    bson_t *options = BCON_NEW("limit", BCON_INT64(find->limit), "batchSize", BCON_INT32((int32_t) find->limit),
                               "singleBatch", BCON_BOOL(true), "maxTimeMS", BCON_INT64(find->timeout_ms));
    if (find->sort != NULL) {
        BSON_APPEND_DOCUMENT(options, "sort", find->sort);
    }
    if (find->fields != NULL) {
        BSON_APPEND_DOCUMENT(options, "projection", find->fields);
    }
    return options;
}

vt_err vt_mongo_find_rows(mongoc_collection_t *collection, const vt_mongo_find *find, vt_mongo_row *row, void *context,
                          bson_error_t *error) {
    VT_ASSERT(find->limit >= 1 && find->limit <= VT_MONGO_FIND_LIMIT_MAX);
    bson_t *options = options_new(find);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, find->filter, options, find->preference);
    const bson_t *document;
    vt_err err = VT_OK;
    /* The server keeps to the limit, yet `row` may rely on it. */
    for (uint32_t i = 0; err == VT_OK && i < find->limit && mongoc_cursor_next(cursor, &document); i++) {
        err = row(context, document);
    }
    if (err == VT_OK && mongoc_cursor_error(cursor, error)) {
        err = vt_mongo_err(error);
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    return err;
}
