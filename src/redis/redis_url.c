#include "redis/redis_url.h"

#include <stdio.h>
#include <string.h>

enum {
    PORT_MAX = 65535,
    DATABASE_MAX = 1 << 20, /* servers are configured with 16; this only keeps numbers small */
    KEY_LEN_MAX = 64,
};

static const char refusal_form[] = "redis://[[user]:password@]host[:port][/database][?key=NAME]";

static vt_err refuse(char reason[VT_REDIS_REASON_MAX], const char *why) {
    (void) snprintf(reason, VT_REDIS_REASON_MAX, "%s; the form is %s", why, refusal_form);
    return VT_ERR_BAD_CONFIG;
}

/* Cuts `text` at the first (or the last) `separator`: what is before it goes to *head, what is behind stays. False,
 * and nothing changes, when there is none. */
static bool cut(vt_slice *text, const char *separator, vt_slice *head) {
    if (separator == NULL) {
        return false;
    }
    *head = vt_slice_of(text->ptr, (size_t) (separator - text->ptr));
    *text = vt_slice_of(separator + 1, text->len - head->len - 1);
    return true;
}

static const char *first_of(vt_slice text, char c) {
    return text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
}

static const char *last_of(vt_slice text, char c) {
    return text.len == 0 ? NULL : memrchr(text.ptr, c, text.len);
}

static int hex_digit(char c) {
    char lower = vt_ascii_lower(c);
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Undoes percent-encoding (RFC 3986 §2.1). False for a damaged or too long text, and for a zero byte. */
static bool decode(vt_slice text, char out[VT_REDIS_TEXT_MAX + 1]) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char) (high * 16 + low);
            i += 2;
        }
        if (c == '\0' || len == VT_REDIS_TEXT_MAX) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

static bool parse_number(vt_slice text, uint32_t max, uint32_t *out) {
    uint32_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        number = number * 10 + (uint32_t) (text.ptr[i] - '0');
        if (number > max) {
            return false;
        }
    }
    *out = number;
    return text.len > 0;
}

static vt_err parse_account(vt_slice account, vt_redis_url *url, char reason[VT_REDIS_REASON_MAX]) {
    vt_slice user;
    if (!cut(&account, first_of(account, ':'), &user)) {
        return refuse(reason, "a password has a colon before it (redis://:password@host)");
    }
    if (account.len == 0) {
        return refuse(reason, "the password is empty");
    }
    if (!decode(user, url->user) || !decode(account, url->password)) {
        return refuse(reason, "user or password is too long or has a % that is no escape (write %25 for %)");
    }
    return VT_OK;
}

/* "host", "host:port", "[::1]", "[::1]:port". */
static vt_err parse_address(vt_slice address, vt_redis_url *url, char reason[VT_REDIS_REASON_MAX]) {
    vt_slice host = address;
    vt_slice port = {0};
    bool has_port = false;
    if (address.len > 0 && address.ptr[0] == '[') {
        vt_slice rest = vt_slice_of(address.ptr + 1, address.len - 1);
        if (!cut(&rest, first_of(rest, ']'), &host) || (rest.len > 0 && rest.ptr[0] != ':')) {
            return refuse(reason, "the address in brackets is damaged");
        }
        has_port = rest.len > 0;
        port = has_port ? vt_slice_of(rest.ptr + 1, rest.len - 1) : rest;
    } else if (cut(&address, first_of(address, ':'), &host)) {
        has_port = true;
        port = address;
    }
    if (host.len == 0 || host.len > VT_REDIS_TEXT_MAX || memchr(host.ptr, '\0', host.len) != NULL) {
        return refuse(reason, "the host is missing or too long");
    }
    uint32_t number = VT_REDIS_PORT_DEFAULT;
    if (has_port && (!parse_number(port, PORT_MAX, &number) || number == 0)) {
        return refuse(reason, "the port is not a number of 1 to 65535");
    }
    memcpy(url->host, host.ptr, host.len);
    url->port = (uint16_t) number;
    return VT_OK;
}

static bool is_key_char(char c) {
    char lower = vt_ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("._:-", c) != NULL);
}

static vt_err parse_query(vt_slice query, vt_redis_url *url, char reason[VT_REDIS_REASON_MAX]) {
    vt_slice name;
    if (!cut(&query, first_of(query, '='), &name) || !vt_slice_eq(name, VT_SLICE("key"))) {
        return refuse(reason, "only ?key=NAME is known");
    }
    bool is_key = query.len > 0 && query.len <= KEY_LEN_MAX;
    for (size_t i = 0; is_key && i < query.len; i++) {
        is_key = is_key_char(query.ptr[i]);
    }
    if (!is_key) {
        return refuse(reason, "the key is not 1 to 64 letters, digits or any of ._:-");
    }
    memcpy(url->key, query.ptr, query.len);
    url->key[query.len] = '\0';
    return VT_OK;
}

vt_err vt_redis_url_parse(vt_slice text, vt_redis_url *out, char reason[VT_REDIS_REASON_MAX]) {
    vt_redis_url url = {.port = VT_REDIS_PORT_DEFAULT, .key = VT_REDIS_KEY_DEFAULT};
    vt_slice scheme = VT_SLICE("redis://");
    if (vt_slice_starts_with(text, VT_SLICE("rediss://"))) {
        return refuse(reason, "TLS to Redis (rediss://) is not supported");
    }
    if (!vt_slice_starts_with(text, scheme)) {
        return refuse(reason, "not a redis:// URL");
    }
    vt_slice rest = vt_slice_of(text.ptr + scheme.len, text.len - scheme.len);
    vt_err err = VT_OK;
    vt_slice part;
    /* The password may hold anything but the last @, so the account goes first. */
    if (cut(&rest, last_of(rest, '@'), &part)) {
        err = parse_account(part, &url, reason);
    }
    vt_slice query = rest;
    if (err == VT_OK && cut(&query, first_of(query, '?'), &part)) {
        rest = part;
        err = parse_query(query, &url, reason);
    }
    vt_slice database = rest;
    if (err == VT_OK && cut(&database, first_of(database, '/'), &part)) {
        rest = part;
        if (database.len > 0 && !parse_number(database, DATABASE_MAX, &url.database)) {
            err = refuse(reason, "the database is not a number");
        }
    }
    if (err == VT_OK) {
        err = parse_address(rest, &url, reason);
    }
    if (err == VT_OK) {
        *out = url;
    }
    return err;
}
