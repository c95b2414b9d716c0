#include "kafka_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 64, TURN_MS = 5, CHUNK = 65536 };

/* The two ends of a connection. */
typedef struct pair {
    int client;
    int broker;
} pair;

static struct {
    _Atomic bool is_up;
    _Atomic int mode;
    _Atomic bool ends;
    int listener;
    struct sockaddr_in address; /* of the listener */
    struct sockaddr_in broker;
    pthread_t thread;
    pair pairs[PAIRS_MAX];
    size_t count;
    _Atomic(rd_kafka_t *) producer;
} gate;

void __real_rd_kafka_destroy(rd_kafka_t *handle);
void __wrap_rd_kafka_destroy(rd_kafka_t *handle);
rd_kafka_t *__real_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t text_size);
rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t text_size);

static pthread_mutex_t breaking = PTHREAD_MUTEX_INITIALIZER;

static int connect_to_gate(int fd, const struct sockaddr *address, int len, const char *id, void *context) {
    (void) address;
    (void) len;
    (void) id;
    (void) context;
    int code = connect(fd, (struct sockaddr *) &gate.address, sizeof gate.address);
    return code == 0 || errno == EINPROGRESS ? 0 : errno;
}

rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t text_size) {
    bool is_ours = type == RD_KAFKA_PRODUCER && gate.is_up;
    if (is_ours) {
        rd_kafka_conf_set_connect_cb(conf, connect_to_gate);
    }
    rd_kafka_t *handle = __real_rd_kafka_new(type, conf, text, text_size);
    if (is_ours) {
        gate.producer = handle;
    }
    return handle;
}

static void cut(size_t i) {
    close(gate.pairs[i].client);
    close(gate.pairs[i].broker);
    gate.pairs[i] = gate.pairs[--gate.count];
}

static void admit(void) {
    int client = accept(gate.listener, NULL, NULL);
    if (client < 0) {
        return;
    }
    int broker = socket(AF_INET, SOCK_STREAM, 0);
    if (gate.mode == KAFKA_GATE_SHUT || gate.count == PAIRS_MAX ||
        connect(broker, (struct sockaddr *) &gate.broker, sizeof gate.broker) != 0) {
        close(client);
        close(broker);
        return;
    }
    gate.pairs[gate.count++] = (pair){client, broker};
}

/* Moves what is there; false when the connection is over. */
static bool move(int from, int to) {
    static char bytes[CHUNK];
    ssize_t len = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    for (ssize_t sent = 0; sent < len;) {
        ssize_t more = send(to, bytes + sent, (size_t) (len - sent), MSG_NOSIGNAL);
        if (more <= 0) {
            return false;
        }
        sent += more;
    }
    return len > 0;
}

/* Waits a moment for something that may pass: in the other modes for a moment only, so that they can change. */
static void await_bytes(void) {
    struct pollfd fds[1 + 2 * PAIRS_MAX] = {{.fd = gate.listener, .events = POLLIN}};
    nfds_t count = 1;
    for (size_t i = 0; i < gate.count; i++) {
        short requests = gate.mode == KAFKA_GATE_OPEN || gate.mode == KAFKA_GATE_DEAF ? POLLIN : 0;
        short replies = gate.mode == KAFKA_GATE_OPEN ? POLLIN : 0;
        fds[count++] = (struct pollfd){.fd = requests == 0 ? -1 : gate.pairs[i].client, .events = requests};
        fds[count++] = (struct pollfd){.fd = replies == 0 ? -1 : gate.pairs[i].broker, .events = replies};
    }
    poll(fds, count, TURN_MS);
    if ((fds[0].revents & POLLIN) != 0) {
        admit();
    }
}

static void *run(void *context) {
    (void) context;
    while (!gate.ends) {
        await_bytes();
        for (size_t i = gate.count; i-- > 0;) {
            int mode = gate.mode;
            bool lives = mode != KAFKA_GATE_SHUT;
            if (mode == KAFKA_GATE_OPEN || mode == KAFKA_GATE_DEAF) {
                lives = move(gate.pairs[i].client, gate.pairs[i].broker);
            }
            if (mode == KAFKA_GATE_OPEN) {
                lives = lives && move(gate.pairs[i].broker, gate.pairs[i].client);
            }
            if (!lives) {
                cut(i);
            }
        }
    }
    while (gate.count > 0) {
        cut(0);
    }
    return NULL;
}

void kafka_gate_raise(const vt_kafka_target *target, kafka_gate_mode mode) {
    socklen_t len = sizeof gate.address;
    const char *colon = strrchr(target->url.brokers, ':');
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int) (colon - target->url.brokers), target->url.brokers);
    gate.broker = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(colon + 1))};
    assert_int_equal(inet_pton(AF_INET, host, &gate.broker.sin_addr), 1);
    gate.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    gate.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(gate.listener, (struct sockaddr *) &gate.address, sizeof gate.address), 0);
    assert_int_equal(listen(gate.listener, PAIRS_MAX), 0);
    assert_int_equal(getsockname(gate.listener, (struct sockaddr *) &gate.address, &len), 0);
    gate.mode = (int) mode;
    gate.ends = false;
    gate.is_up = true;
    assert_int_equal(pthread_create(&gate.thread, NULL, run, NULL), 0);
}

void kafka_gate_set(kafka_gate_mode mode) {
    gate.mode = (int) mode;
}

void kafka_gate_remove(void) {
    gate.is_up = false;
    gate.ends = true;
    pthread_join(gate.thread, NULL);
    close(gate.listener);
}

rd_kafka_t *kafka_gate_producer(void) {
    return gate.producer;
}

rd_kafka_resp_err_t kafka_gate_break_producer(void) {
    pthread_mutex_lock(&breaking);
    rd_kafka_resp_err_t code =
        rd_kafka_test_fatal_error(gate.producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "made by a test");
    pthread_mutex_unlock(&breaking);
    return code;
}

void __wrap_rd_kafka_destroy(rd_kafka_t *handle) {
    pthread_mutex_lock(&breaking);
    pthread_mutex_unlock(&breaking);
    __real_rd_kafka_destroy(handle);
}
