#include "mongo/mongo_url.h"

#include "mongo/mongo_init.h"

#include <mongoc/mongoc.h>
#include <stdio.h>

/* The parts of the text; all borrow from it. */
typedef struct url_parts {
    vt_slice server;  /* scheme, user and hosts */
    vt_slice path;    /* behind the slash */
    vt_slice options; /* from the question mark on */
} url_parts;

static vt_err refuse(char reason[VT_MONGO_REASON_MAX], const char *why) {
    snprintf(reason, VT_MONGO_REASON_MAX, "%.*s", VT_MONGO_REASON_MAX - 1, why);
    return VT_ERR_BAD_CONFIG;
}

/* The place of the first of the bytes in `set`, or the length. */
static size_t find_any(vt_slice text, size_t from, const char *set) {
    size_t i = from;
    while (i < text.len && strchr(set, text.ptr[i]) == NULL) {
        i++;
    }
    return i;
}

static bool is_printable(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool split(vt_slice text, url_parts *out) {
    const vt_slice schemes[] = {VT_SLICE("mongodb://"), VT_SLICE(VT_MONGO_SRV_SCHEME)};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (vt_slice_starts_with(text, schemes[i])) {
            size_t slash = find_any(text, schemes[i].len, "/?");
            size_t question = find_any(text, slash, "?");
            size_t path = slash < question ? slash + 1 : slash;
            out->server = vt_slice_of(text.ptr, slash);
            out->path = vt_slice_of(text.ptr + path, question - path);
            out->options = vt_slice_of(text.ptr + question, text.len - question);
            return true;
        }
    }
    return false;
}

static bool is_name(vt_slice name, bool takes_dots) {
    if (name.len == 0 || name.len > VT_MONGO_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = vt_ascii_lower(name.ptr[i]);
        bool is_dot = takes_dots && c == '.' && i > 0 && i + 1 < name.len;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || is_dot)) {
            return false;
        }
    }
    return !vt_slice_starts_with(name, VT_SLICE("system."));
}

static vt_err read_path(vt_slice path, vt_mongo_url *out, char reason[VT_MONGO_REASON_MAX]) {
    size_t dot = find_any(path, 0, ".");
    vt_slice database = path.len == 0 ? VT_SLICE(VT_MONGO_DATABASE_DEFAULT) : vt_slice_of(path.ptr, dot);
    vt_slice collection =
        dot == path.len ? VT_SLICE(VT_MONGO_COLLECTION_DEFAULT) : vt_slice_of(path.ptr + dot + 1, path.len - dot - 1);
    if (!is_name(database, false)) {
        return refuse(reason, "the database's name must have 1 to 63 of a-z, A-Z, 0-9, _ and -");
    }
    if (!is_name(collection, true)) {
        return refuse(reason, "the collection's name must have 1 to 63 of a-z, A-Z, 0-9, _, - and inner dots");
    }
    snprintf(out->database, sizeof out->database, "%.*s", (int) database.len, database.ptr);
    snprintf(out->collection, sizeof out->collection, "%.*s", (int) collection.len, collection.ptr);
    return VT_OK;
}

/* libmongoc quotes parts of the URL: not where one may be a secret (a user's, or a key file's password). */
static bool may_quote(const char *uri) {
    return strchr(uri, '@') == NULL && strcasestr(uri, "password") == NULL && strcasestr(uri, "authMechanism") == NULL;
}

static vt_err check_uri(const char *text, char reason[VT_MONGO_REASON_MAX]) {
    bson_error_t error = {0};
    vt_mongo_init();
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
    if (uri == NULL) {
        return refuse(reason, may_quote(text) ? error.message
                                              : "libmongoc cannot read it: are special characters of the user and the "
                                                "password percent-encoded, and are all options known?");
    }
    mongoc_uri_destroy(uri);
    return VT_OK;
}

vt_err vt_mongo_url_parse(vt_slice text, vt_mongo_url *out, char reason[VT_MONGO_REASON_MAX]) {
    vt_mongo_url url;
    url_parts parts;
    if (!is_printable(text)) {
        return refuse(reason, "it must be printable ASCII without spaces");
    }
    if (!split(text, &parts)) {
        return refuse(reason, "it must begin with mongodb:// or mongodb+srv://");
    }
    if (text.len >= VT_MONGO_URI_BYTES_MAX) {
        return refuse(reason, "it is too long");
    }
    vt_err err = read_path(parts.path, &url, reason);
    if (err != VT_OK) {
        return err;
    }
    snprintf(url.uri, sizeof url.uri, "%.*s/%.*s", (int) parts.server.len, parts.server.ptr, (int) parts.options.len,
             parts.options.ptr);
    err = check_uri(url.uri, reason);
    if (err == VT_OK) {
        *out = url;
    }
    return err;
}
