#include "cmd/config_url.h"

#include <string.h>

static const char stars[] = "***";

/* Where the shown URL is written; what does not fit is dropped. */
typedef struct sink {
    char *out;
    size_t size;
    size_t len;
} sink;

static void put(sink *to, const char *bytes, size_t len) {
    size_t room = to->size - 1 - to->len;
    size_t taken = len < room ? len : room;
    memcpy(to->out + to->len, bytes, taken);
    to->len += taken;
    to->out[to->len] = '\0';
}

static bool is_secret_name(vt_slice name) {
    static const char *const words[] = {"password", "passwd", "secret", "token", "mechanismproperties"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        for (size_t at = 0; at + len <= name.len; at++) {
            if (vt_slice_eq_nocase(vt_slice_of(name.ptr + at, len), vt_slice_of(words[i], len))) {
                return true;
            }
        }
    }
    return false;
}

/* "?name=value&name=value" */
static void put_options(sink *to, const char *options) {
    while (*options != '\0') {
        size_t len = strcspn(options + 1, "&;") + 1;
        size_t name_len = strcspn(options, "=");
        if (name_len < len && is_secret_name(vt_slice_of(options, name_len))) {
            put(to, options, name_len + 1);
            put(to, stars, sizeof stars - 1);
        } else {
            put(to, options, len);
        }
        options += len;
    }
}

void vt_config_url_redact(const char *url, char *out, size_t size) {
    sink to = {.out = out, .size = size};
    out[0] = '\0';
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end == NULL ? url : scheme_end + 3;
    /* The last one of the whole: a password that should have been percent-encoded may hold anything. */
    const char *at = strrchr(authority, '@');
    const char *colon = at == NULL ? NULL : memchr(authority, ':', (size_t) (at - authority));
    const char *rest = at == NULL ? authority : at;
    put(&to, url, (size_t) ((colon != NULL ? colon + 1 : rest) - url));
    if (colon != NULL) {
        put(&to, stars, sizeof stars - 1);
    }
    size_t path_len = strcspn(rest, "?");
    put(&to, rest, path_len);
    put_options(&to, rest + path_len);
}
