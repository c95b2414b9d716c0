/* `votaton health`: asks the server beside whether it is ready. */
#include "cmd/config.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEALTH_TIMEOUT_S = 3 };

/* "HOST:PORT" or "[HOST]:PORT" into its two parts. The table of settings has checked its form. */
static void split(const char *address, char host[VT_CONFIG_TEXT_MAX + 1], const char **port) {
    const char *colon = strrchr(address, ':');
    bool has_brackets = address[0] == '[';
    size_t len = (size_t) (colon - address) - (has_brackets ? 2 : 0);
    memcpy(host, address + (has_brackets ? 1 : 0), len);
    host[len] = '\0';
    *port = colon + 1;
}

static int connect_to(const char *address) {
    char host[VT_CONFIG_TEXT_MAX + 1];
    const char *port;
    split(address, host, &port);
    /* A server that listens on every address is asked on loopback. */
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(any ? "localhost" : host, port, &hints, &found) != 0) {
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct timeval timeout = {.tv_sec = HEALTH_TIMEOUT_S};
        if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0 ||
                        connect(fd, a->ai_addr, a->ai_addrlen) != 0)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* Whether the answer's status line (RFC 9112 §4) says 200. */
static bool is_ready(int fd) {
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char expected[] = "HTTP/1.1 200";
    char answer[sizeof expected - 1];
    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t) (sizeof request - 1) &&
           recv(fd, answer, sizeof answer, MSG_WAITALL) == (ssize_t) sizeof answer &&
           memcmp(answer, expected, sizeof answer) == 0;
}

int vt_cmd_health(const vt_config *config) {
    int fd = connect_to(config->admin_listen);
    if (fd < 0) {
        printf("not reachable at %s\n", config->admin_listen);
        return VT_EXIT_NO;
    }
    bool ready = is_ready(fd);
    close(fd);
    puts(ready ? "ready" : "not ready");
    return ready ? VT_EXIT_OK : VT_EXIT_NO;
}
