/* A vote log's URL: mongodb://…[/db[.collection]][?options], as libmongoc takes it but for the path. */
#ifndef VT_MONGO_MONGO_URL_H
#define VT_MONGO_MONGO_URL_H

#include "base/err.h"
#include "base/slice.h"

enum { VT_MONGO_URI_BYTES_MAX = 1023, VT_MONGO_NAME_BYTES_MAX = 63, VT_MONGO_REASON_MAX = 512 };

#define VT_MONGO_SRV_SCHEME "mongodb+srv://"
#define VT_MONGO_DATABASE_DEFAULT "votaton"
#define VT_MONGO_COLLECTION_DEFAULT "logs"

typedef struct vt_mongo_url {
    char uri[VT_MONGO_URI_BYTES_MAX + 1];       /* for libmongoc: without the path, so users are those of `admin` unless
                                                   authSource says otherwise */
    char database[VT_MONGO_NAME_BYTES_MAX + 1]; /* [a-zA-Z0-9_-] */
    char collection[VT_MONGO_NAME_BYTES_MAX + 1]; /* [a-zA-Z0-9._-], no dot at an end, not system.… */
} vt_mongo_url;

/* Takes mongodb:// and mongodb+srv://. Without a path: votaton.logs; "/db": db.logs; the first dot ends the database's
 * name. VT_ERR_BAD_CONFIG, and `reason` says what is wrong, without secrets; *out is unchanged then. */
VT_MUST_CHECK vt_err vt_mongo_url_parse(vt_slice text, vt_mongo_url *out, char reason[VT_MONGO_REASON_MAX]);

#endif
