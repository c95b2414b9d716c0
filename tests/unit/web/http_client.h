/* A blocking HTTP/1.1 client for tests: one request a connection, and streams read event by event. */
#ifndef VT_TESTS_WEB_HTTP_CLIENT_H
#define VT_TESTS_WEB_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_CLIENT_BYTES_MAX = 8388608 };

typedef struct http_client {
    int socket;
    size_t len;
    char bytes[HTTP_CLIENT_BYTES_MAX + 1]; /* what was received and not taken yet, terminated */
} http_client;

/* Connects to "127.0.0.1:port" and sends a request for `target`; `headers` are whole lines ending in CRLF, or "".
 * `receive_bytes` is a size for SO_RCVBUF, 0 for the system's. */
void http_client_open(http_client *client, const char *address, const char *method, const char *target,
                      const char *headers, int receive_bytes);

/* Sends the body of a request whose headers told its length. */
void http_client_send(const http_client *client, const char *bytes, size_t len);

void http_client_close(http_client *client);

/* Receives some more; false at the end or after 20 s of silence. */
bool http_client_receive(http_client *client);

/* Receives until `text` occurs in what was not taken; NULL when it never comes. */
const char *http_client_wait(http_client *client, const char *text);

/* Takes everything up to and with the first `end`. */
void http_client_take(http_client *client, const char *end);

/* A whole answer: receives to its end (the request asks for Connection: close). The status. */
int http_client_fetch(http_client *client, const char *address, const char *target, const char *headers);

/* Of a whole answer: the body; whether a header line occurs (exact, "name: value"). */
const char *http_client_body(const http_client *client);
bool http_client_has_header(const http_client *client, const char *line);

#endif
