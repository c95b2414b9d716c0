#include "client/target.h"

#include "base/slice.h"

#include <netdb.h>
#include <stdio.h>

enum { HTTP_PORT_DEFAULT = 80, PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

static const char default_path[] = "/v1/votes";

static bool take_scheme(const char **rest, vt_target *target) {
    static const struct {
        const char *prefix;
        vt_target_scheme scheme;
    } schemes[] = {{"http://", VT_TARGET_HTTP}, {"grpc://", VT_TARGET_GRPC}};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].prefix);
        if (strncmp(*rest, schemes[i].prefix, len) == 0) {
            target->scheme = schemes[i].scheme;
            *rest += len;
            return true;
        }
    }
    return false;
}

/* Takes the host, with or without the brackets of an IPv6 literal (RFC 3986 §3.2.2). */
static bool take_host(const char **rest, vt_target *target) {
    bool bracketed = **rest == '[';
    const char *start = *rest + (bracketed ? 1 : 0);
    size_t len = strcspn(start, bracketed ? "]/?#" : ":/?#@");
    if (len == 0 || len >= sizeof target->host || (bracketed && start[len] != ']')) {
        return false;
    }
    memcpy(target->host, start, len);
    target->host[len] = '\0';
    *rest = start + len + (bracketed ? 1 : 0);
    return true;
}

/* Takes ":PORT"; without one only HTTP has a default. */
static bool take_port(const char **rest, vt_target *target) {
    if (**rest != ':') {
        target->port = HTTP_PORT_DEFAULT;
        return target->scheme == VT_TARGET_HTTP;
    }
    size_t digits = strspn(*rest + 1, "0123456789");
    if (digits == 0 || digits > PORT_DIGITS_MAX) {
        return false;
    }
    uint32_t port = 0;
    for (size_t i = 1; i <= digits; i++) {
        port = port * 10 + (uint32_t) ((*rest)[i] - '0');
    }
    if (port == 0 || port > PORT_MAX) {
        return false;
    }
    target->port = (uint16_t) port;
    *rest += 1 + digits;
    return true;
}

/* Everything that may stand in a request line: no space, no control character, no fragment. */
static bool take_path(const char *rest, vt_target *target) {
    size_t len = strlen(rest);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) rest[i];
        if (c <= ' ' || c == '#' || c >= 0x7f) {
            return false;
        }
    }
    if (target->scheme == VT_TARGET_GRPC) {
        target->path[0] = '\0';
        return len == 0 || strcmp(rest, "/") == 0;
    }
    if (len == 0) {
        memcpy(target->path, default_path, sizeof default_path);
        return true;
    }
    if (rest[0] != '/' || len >= sizeof target->path) {
        return false;
    }
    memcpy(target->path, rest, len + 1);
    return true;
}

vt_err vt_target_parse(const char *setting, const char *url, vt_target *out, vt_reason *reason) {
    vt_target target = {0};
    const char *rest = url;
    if (!take_scheme(&rest, &target)) {
        vt_reason_set(reason, "%s %s: must start with http:// or grpc:// (TLS is left to a proxy)", setting, url);
        return VT_ERR_BAD_CONFIG;
    }
    if (!take_host(&rest, &target)) {
        vt_reason_set(reason, "%s %s: a host is needed, as in http://HOST:PORT", setting, url);
        return VT_ERR_BAD_CONFIG;
    }
    if (!take_port(&rest, &target)) {
        vt_reason_set(reason, "%s %s: a port from 1 to %d is needed behind the host", setting, url, PORT_MAX);
        return VT_ERR_BAD_CONFIG;
    }
    if (!take_path(rest, &target)) {
        vt_reason_set(reason, "%s %s: %s", setting, url,
                      target.scheme == VT_TARGET_GRPC ? "a gRPC target has no path" : "the path is not valid");
        return VT_ERR_BAD_CONFIG;
    }
    bool ipv6 = strchr(target.host, ':') != NULL;
    snprintf(target.authority, sizeof target.authority, ipv6 ? "[%s]:%u" : "%s:%u", target.host,
             (unsigned) target.port);
    *out = target;
    return VT_OK;
}

vt_err vt_target_resolve(vt_target *target, vt_reason *reason) {
    char port[PORT_DIGITS_MAX + 1];
    snprintf(port, sizeof port, "%u", (unsigned) target->port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(target->host, port, &hints, &found);
    if (error != 0) {
        vt_reason_set(reason, "cannot find the host %s: %s", target->host, gai_strerror(error));
        return VT_ERR_NOT_FOUND;
    }
    uint32_t count = 0;
    for (struct addrinfo *item = found; item != NULL && count < VT_TARGET_ADDRESSES_MAX; item = item->ai_next) {
        if (item->ai_addrlen <= sizeof target->addresses[0]) {
            memcpy(&target->addresses[count], item->ai_addr, item->ai_addrlen);
            count++;
        }
    }
    freeaddrinfo(found);
    if (count == 0) {
        vt_reason_set(reason, "the host %s has no address", target->host);
        return VT_ERR_NOT_FOUND;
    }
    target->addresses_count = count;
    return VT_OK;
}
