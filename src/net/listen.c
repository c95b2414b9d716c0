#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOST_MAX = 256, PORT_MAX_LEN = 5 };

/* Cuts "[host]:port" or "host:port" in two. */
static bool split(const char *text, char host[HOST_MAX], char port[PORT_MAX_LEN + 1]) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) > PORT_MAX_LEN) {
        return false;
    }
    size_t len = (size_t) (colon - text);
    const char *from = text;
    bool has_brackets = len >= 2 && from[0] == '[' && from[len - 1] == ']';
    if (has_brackets) {
        from++;
        len -= 2;
    } else if (memchr(from, ':', len) != NULL) {
        return false; /* IPv6 without brackets */
    }
    if (len >= HOST_MAX || strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        return false;
    }
    memcpy(host, from, len);
    host[len] = '\0';
    snprintf(port, PORT_MAX_LEN + 1, "%s", colon + 1);
    return strtoul(port, NULL, 10) <= 65535;
}

vt_err vt_listen_parse(const char *text, vt_listen_address *out, char reason[VT_SERVER_REASON_MAX]) {
    char host[HOST_MAX];
    char port[PORT_MAX_LEN + 1];
    if (!split(text, host, port)) {
        snprintf(reason, VT_SERVER_REASON_MAX, "\"%.100s\" is not HOST:PORT", text);
        return VT_ERR_BAD_CONFIG;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (host[0] == '\0') {
        hints.ai_family = AF_INET;
    }
    int failed = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &found);
    if (failed != 0) {
        snprintf(reason, VT_SERVER_REASON_MAX, "\"%.100s\": %s", text, gai_strerror(failed));
        return VT_ERR_BAD_CONFIG;
    }
    *out = (vt_listen_address){.len = found->ai_addrlen};
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return VT_OK;
}

static vt_err explain(const vt_listen_address *address, const char *what, char reason[VT_SERVER_REASON_MAX]) {
    int error = errno;
    char text[VT_LISTEN_TEXT_MAX];
    vt_listen_format(address, text);
    snprintf(reason, VT_SERVER_REASON_MAX, "%s %s: %s", what, text, strerror(error));
    switch (error) {
    case EADDRINUSE:
        return VT_ERR_IN_USE;
    case EADDRNOTAVAIL:
    case EACCES:
        return VT_ERR_BAD_CONFIG;
    default:
        return VT_ERR_SYSTEM;
    }
}

static vt_err open_bound(const vt_listen_address *address, bool is_shared, int *out_fd,
                         char reason[VT_SERVER_REASON_MAX]) {
    const int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return explain(address, "cannot open a socket for", reason);
    }
    bool is_set = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (is_shared) {
        /* Accepted sockets inherit the last two. */
        is_set = is_set && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
                 setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
                 setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    }
    if (!is_set || bind(fd, (const struct sockaddr *) &address->storage, address->len) != 0) {
        vt_err err = explain(address, "cannot bind", reason);
        close(fd);
        return err;
    }
    *out_fd = fd;
    return VT_OK;
}

vt_err vt_listen_probe(const vt_listen_address *address, char reason[VT_SERVER_REASON_MAX]) {
    int fd;
    vt_err err = open_bound(address, false, &fd, reason);
    if (err == VT_OK) {
        close(fd);
    }
    return err;
}

vt_err vt_listen_bind(vt_listen_address *address, int *out_fd, char reason[VT_SERVER_REASON_MAX]) {
    int fd;
    vt_err err = open_bound(address, true, &fd, reason);
    if (err != VT_OK) {
        return err;
    }
    socklen_t len = sizeof address->storage;
    if (getsockname(fd, (struct sockaddr *) &address->storage, &len) != 0) {
        err = explain(address, "cannot name", reason);
        close(fd);
        return err;
    }
    address->len = len;
    *out_fd = fd;
    return VT_OK;
}

void vt_listen_format(const vt_listen_address *address, char out[VT_LISTEN_TEXT_MAX]) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &address->storage, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
        snprintf(out, VT_LISTEN_TEXT_MAX, "[%s]:%u", host, ntohs(in6.sin6_port));
    } else {
        struct sockaddr_in in4;
        memcpy(&in4, &address->storage, sizeof in4);
        inet_ntop(AF_INET, &in4.sin_addr, host, sizeof host);
        snprintf(out, VT_LISTEN_TEXT_MAX, "%s:%u", host, ntohs(in4.sin_port));
    }
}
