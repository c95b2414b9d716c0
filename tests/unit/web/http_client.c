#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SILENCE_MAX_S = 20, REQUEST_BYTES_MAX = 4096 };

static void client_connect(http_client *client, const char *address, int receive_bytes) {
    const char *colon = strrchr(address, ':');
    assert_non_null(colon);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(colon + 1))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(client->socket >= 0);
    struct timeval silence = {.tv_sec = SILENCE_MAX_S};
    assert_int_equal(setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence), 0);
    if (receive_bytes > 0) {
        int size = receive_bytes;
        assert_int_equal(setsockopt(client->socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    }
    assert_int_equal(connect(client->socket, (struct sockaddr *) &to, sizeof to), 0);
}

void http_client_open(http_client *client, const char *address, const char *method, const char *target,
                      const char *headers, int receive_bytes) {
    client->len = 0;
    client->bytes[0] = '\0';
    client_connect(client, address, receive_bytes);
    char request[REQUEST_BYTES_MAX];
    int len = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: test\r\n%s\r\n", method, target, headers);
    assert_true(len > 0 && (size_t) len < sizeof request);
    assert_int_equal(send(client->socket, request, (size_t) len, MSG_NOSIGNAL), len);
}

void http_client_send(const http_client *client, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = send(client->socket, bytes, len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        bytes += sent;
        len -= (size_t) sent;
    }
}

void http_client_close(http_client *client) {
    close(client->socket);
}

bool http_client_receive(http_client *client) {
    assert_true(client->len < HTTP_CLIENT_BYTES_MAX);
    ssize_t got = recv(client->socket, client->bytes + client->len, HTTP_CLIENT_BYTES_MAX - client->len, 0);
    if (got <= 0) {
        return false;
    }
    client->len += (size_t) got;
    client->bytes[client->len] = '\0';
    return true;
}

const char *http_client_wait(http_client *client, const char *text) {
    const size_t overlap = strlen(text) - 1;
    const char *found = strstr(client->bytes, text);
    size_t seen = client->len;
    while (found == NULL && http_client_receive(client)) {
        found = strstr(client->bytes + (seen > overlap ? seen - overlap : 0), text);
        seen = client->len;
    }
    return found;
}

void http_client_take(http_client *client, const char *end) {
    const char *found = strstr(client->bytes, end);
    assert_non_null(found);
    size_t used = (size_t) (found - client->bytes) + strlen(end);
    memmove(client->bytes, client->bytes + used, client->len - used + 1);
    client->len -= used;
}

int http_client_fetch(http_client *client, const char *address, const char *target, const char *headers) {
    char all[REQUEST_BYTES_MAX];
    snprintf(all, sizeof all, "%sConnection: close\r\n", headers);
    http_client_open(client, address, "GET", target, all, 0);
    while (http_client_receive(client)) {
    }
    http_client_close(client);
    int status = 0;
    assert_int_equal(sscanf(client->bytes, "HTTP/1.1 %d", &status), 1);
    return status;
}

const char *http_client_body(const http_client *client) {
    const char *end = strstr(client->bytes, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

bool http_client_has_header(const http_client *client, const char *line) {
    const char *end = strstr(client->bytes, "\r\n\r\n");
    size_t len = strlen(line);
    for (const char *at = strstr(client->bytes, "\r\n"); at != NULL && at < end; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, line, len) == 0 && at[2 + len] == '\r') {
            return true;
        }
    }
    return false;
}
