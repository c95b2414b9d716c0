#include "mongo/mongo_bson.h"

static bool find(const bson_t *document, const char *path, bson_iter_t *out) {
    bson_iter_t iter;
    return bson_iter_init(&iter, document) && bson_iter_find_descendant(&iter, path, out);
}

bool vt_bson_text(const bson_t *document, const char *path, vt_slice *out) {
    bson_iter_t iter;
    if (!find(document, path, &iter) || !BSON_ITER_HOLDS_UTF8(&iter)) {
        return false;
    }
    uint32_t len = 0;
    const char *text = bson_iter_utf8(&iter, &len);
    *out = vt_slice_of(text, len);
    return true;
}

bool vt_bson_bytes(const bson_t *document, const char *path, uint8_t *out, size_t len) {
    bson_iter_t iter;
    if (!find(document, path, &iter) || !BSON_ITER_HOLDS_BINARY(&iter)) {
        return false;
    }
    uint32_t found = 0;
    const uint8_t *bytes = NULL;
    bson_iter_binary(&iter, NULL, &found, &bytes);
    if (bytes == NULL || found != len) {
        return false;
    }
    memcpy(out, bytes, len);
    return true;
}

bool vt_bson_number(const bson_t *document, const char *path, int64_t *out) {
    bson_iter_t iter;
    if (!find(document, path, &iter) || !BSON_ITER_HOLDS_INT(&iter)) {
        return false;
    }
    *out = bson_iter_as_int64(&iter);
    return true;
}

bool vt_bson_date(const bson_t *document, const char *path, int64_t *out) {
    bson_iter_t iter;
    if (!find(document, path, &iter) || !BSON_ITER_HOLDS_DATE_TIME(&iter)) {
        return false;
    }
    *out = bson_iter_date_time(&iter);
    return true;
}

bool vt_bson_bool(const bson_t *document, const char *path, bool *out) {
    bson_iter_t iter;
    if (!find(document, path, &iter) || !BSON_ITER_HOLDS_BOOL(&iter)) {
        return false;
    }
    *out = bson_iter_bool(&iter);
    return true;
}

bool vt_bson_array(const bson_t *document, const char *path, bson_iter_t *out) {
    bson_iter_t iter;
    return find(document, path, &iter) && BSON_ITER_HOLDS_ARRAY(&iter) && bson_iter_recurse(&iter, out);
}
