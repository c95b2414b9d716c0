/* One bounded query: filter, order, limit, one round trip. */
#ifndef VT_MONGO_MONGO_FIND_H
#define VT_MONGO_MONGO_FIND_H

#include "base/err.h"

#include <mongoc/mongoc.h>
#include <stdint.h>

enum { VT_MONGO_FIND_LIMIT_MAX = 2000 };

typedef struct vt_mongo_find {
    const bson_t *filter;
    const bson_t *sort;   /* NULL: any order */
    const bson_t *fields; /* what to return; NULL: all */
    uint32_t limit;       /* 1..VT_MONGO_FIND_LIMIT_MAX; with fields, so that all fits into one answer (16 MiB) */
    uint32_t timeout_ms;  /* the server stops then, too */
    const mongoc_read_prefs_t *preference; /* NULL: the URL's */
} vt_mongo_find;

/* Called with each document, in order; borrowed during the call. An error ends the query. */
typedef vt_err vt_mongo_row(void *context, const bson_t *document);

/* Errors of `row`; those of vt_mongo_err, and *error says more then. */
VT_MUST_CHECK vt_err vt_mongo_find_rows(mongoc_collection_t *collection, const vt_mongo_find *find, vt_mongo_row *row,
                                        void *context, bson_error_t *error);

#endif
