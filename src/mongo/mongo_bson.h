/* Reading documents that came from outside: every type and size is checked. */
#ifndef VT_MONGO_MONGO_BSON_H
#define VT_MONGO_MONGO_BSON_H

#include "base/slice.h"

#include <mongoc/mongoc.h>
#include <stdint.h>

/* Each is false when the field at `path` ("data.name") is absent or of another type; *out is unchanged then. */

/* A text; borrows from the document. Its bytes are not checked. */
bool vt_bson_text(const bson_t *document, const char *path, vt_slice *out);
/* A binary of exactly `len` bytes, of any subtype. */
bool vt_bson_bytes(const bson_t *document, const char *path, uint8_t *out, size_t len);
/* An integer of either size. */
bool vt_bson_number(const bson_t *document, const char *path, int64_t *out);
/* A Date: milliseconds since 1970. */
bool vt_bson_date(const bson_t *document, const char *path, int64_t *out);
bool vt_bson_bool(const bson_t *document, const char *path, bool *out);
/* An array, with an iterator before its first element. */
bool vt_bson_array(const bson_t *document, const char *path, bson_iter_t *out);

#endif
