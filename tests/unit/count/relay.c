#include "relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay {
    int listener;
    uint16_t port;
    uint16_t server_port;
    const char *word;
    char first;
    int lost;
    pthread_t thread;
};

static int socket_at(uint16_t port, bool listens) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = listens ? bind(fd, (struct sockaddr *) &address, sizeof address)
                       : connect(fd, (struct sockaddr *) &address, sizeof address);
    if (fd < 0 || code != 0 || (listens && listen(fd, 8) != 0)) {
        abort();
    }
    return fd;
}

/* False: that side is at its end. */
static bool hand_over(int from, int to, char *buf, size_t size, ssize_t *len) {
    *len = recv(from, buf, size, 0);
    return *len > 0 && send(to, buf, (size_t) *len, MSG_NOSIGNAL) == *len;
}

static void serve(relay *self, int client, int server) {
    static char buf[1 << 16];
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    bool is_asked = false;
    bool goes_on = true;
    while (goes_on && poll(fds, 2, -1) > 0) {
        ssize_t len = 0;
        if (fds[1].revents != 0) {
            bool is_it = is_asked && recv(server, buf, 1, MSG_PEEK) == 1 && buf[0] == self->first;
            self->lost += is_it;
            goes_on = !is_it && hand_over(server, client, buf, sizeof buf, &len);
        } else {
            len = recv(client, buf, sizeof buf, MSG_PEEK);
            is_asked = len > 0 && self->lost == 0 && memmem(buf, (size_t) len, self->word, strlen(self->word)) != NULL;
            bool is_it = is_asked && self->first == 0;
            self->lost += is_it;
            goes_on = !is_it && hand_over(client, server, buf, sizeof buf, &len);
        }
    }
    close(client);
    close(server);
}

static void *run(void *context) {
    relay *self = context;
    for (int client = accept(self->listener, NULL, NULL); client >= 0; client = accept(self->listener, NULL, NULL)) {
        serve(self, client, socket_at(self->server_port, false));
    }
    return NULL;
}

relay *relay_open(uint16_t server_port, const char *word, char first) {
    relay *self = calloc(1, sizeof *self);
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    *self = (relay){.server_port = server_port, .word = word, .first = first, .listener = socket_at(0, true)};
    if (getsockname(self->listener, (struct sockaddr *) &address, &len) != 0) {
        abort();
    }
    self->port = ntohs(address.sin_port);
    if (pthread_create(&self->thread, NULL, run, self) != 0) {
        abort();
    }
    return self;
}

uint16_t relay_port(const relay *self) {
    return self->port;
}

int relay_close(relay *self) {
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
    int lost = self->lost;
    free(self);
    return lost;
}
