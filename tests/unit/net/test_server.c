/* The server with real sockets: several threads, a port in use, limits, slow readers, and drains under load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "echo_routes.h"

#include "net/loop.h"
#include "net/server.h"
#include "net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

typedef struct fixture {
    echo_later *later;
    vt_router *router;
    vt_metrics *metrics;
    vt_server *server;
    struct sockaddr_in address;
} fixture;

static fixture *open_server(uint32_t threads, const vt_server_limits *limits) {
    fixture *made = calloc(1, sizeof *made);
    assert_non_null(made);
    made->later = echo_later_open();
    vt_route_table table = echo_routes(made->later);
    assert_int_equal(vt_router_open(&table, 1, &made->router), VT_OK);
    assert_int_equal(vt_metrics_open(&made->metrics), VT_OK);
    vt_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = threads,
        .router = made->router,
        .metrics = made->metrics,
        .name = "test",
        .limits = limits == NULL ? vt_server_limits_default() : *limits,
    };
    char reason[VT_SERVER_REASON_MAX];
    assert_int_equal(vt_server_open(&options, &made->server, reason), VT_OK);
    made->address.sin_family = AF_INET;
    made->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    made->address.sin_port = htons((uint16_t) atoi(strrchr(vt_server_address(made->server), ':') + 1));
    return made;
}

static void close_server(fixture *made) {
    echo_later_close(made->later);
    vt_server_close(made->server);
    vt_router_close(made->router);
    vt_metrics_close(made->metrics);
    free(made);
}

static int dial(const fixture *made) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *) &made->address, sizeof made->address), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until `wanted` was seen or the peer has closed; false for the latter or when patience ends. */
static bool hear(int fd, const char *wanted, char *text, size_t text_max) {
    size_t len = 0;
    while (len + 1 < text_max) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&waiting, 1, PATIENCE_MS) == 1 ? recv(fd, text + len, text_max - 1 - len, 0) : -1;
        if (got <= 0) {
            return false;
        }
        len += (size_t) got;
        text[len] = '\0';
        if (wanted != NULL && strstr(text, wanted) != NULL) {
            return true;
        }
    }
    return false;
}

static void requests_are_answered_on_every_thread(void **state) {
    (void) state;
    fixture *made = open_server(2, NULL);
    char text[1024];
    for (int i = 0; i < 16; i++) {
        int fd = dial(made);
        say(fd, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        assert_true(hear(fd, "\r\n\r\nabc", text, sizeof text));
        close(fd);
    }
    close_server(made);
}

static void a_port_in_use_is_refused(void **state) {
    (void) state;
    fixture *made = open_server(1, NULL);
    vt_server_options options = {
        .listen = vt_server_address(made->server),
        .threads = 1,
        .router = made->router,
        .name = "second",
        .limits = vt_server_limits_default(),
    };
    vt_server *second = NULL;
    char reason[VT_SERVER_REASON_MAX] = "";
    assert_int_equal(vt_server_open(&options, &second, reason), VT_ERR_IN_USE);
    assert_null(second);
    assert_non_null(strstr(reason, vt_server_address(made->server)));
    options.listen = "127.0.0.1";
    assert_int_equal(vt_server_open(&options, &second, reason), VT_ERR_BAD_CONFIG);
    options.listen = "192.0.2.1:0";
    assert_int_equal(vt_server_open(&options, &second, reason), VT_ERR_BAD_CONFIG);
    options.listen = "::1:80";
    assert_int_equal(vt_server_open(&options, &second, reason), VT_ERR_BAD_CONFIG);
    close_server(made);
}

static void connections_beyond_the_limit_are_turned_away(void **state) {
    (void) state;
    vt_server_limits limits = vt_server_limits_default();
    limits.connections_max = 2;
    fixture *made = open_server(1, &limits);
    char text[1024];
    int first = dial(made);
    int second = dial(made);
    say(first, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    say(second, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(first, "hello", text, sizeof text));
    assert_true(hear(second, "hello", text, sizeof text));
    int third = dial(made);
    assert_false(hear(third, NULL, text, sizeof text));
    assert_memory_equal(text, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(text, "\"overloaded\""));
    close(third);
    close(first);
    /* The place is free again as soon as the server has seen the end. */
    bool is_served = false;
    for (int i = 0; i < 1000 && !is_served; i++) {
        int fd = dial(made);
        if (send(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 32, MSG_NOSIGNAL) > 0) {
            is_served = hear(fd, "200 OK", text, sizeof text);
        }
        close(fd);
    }
    assert_true(is_served);
    close(second);
    close_server(made);
}

static void a_slow_reader_is_cut_and_nobody_else(void **state) {
    (void) state;
    vt_server_limits limits = vt_server_limits_default();
    limits.write_ms = 300;
    fixture *made = open_server(1, &limits);
    int slow = dial(made);
    int small = 4096;
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    static char request[4096 + 128];
    int head = snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n");
    memset(request + head, 'x', 4096);
    ssize_t sent = 0;
    struct pollfd waiting = {.fd = slow, .events = POLLOUT};
    /* Asks without reading until the server's backpressure stops it, then until it is cut. */
    while (sent >= 0) {
        assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1);
        sent = send(slow, request, (size_t) head + 4096, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            sent = 0;
        }
    }
    assert_true(errno == ECONNRESET || errno == EPIPE);
    close(slow);
    char text[1024];
    int other = dial(made);
    say(other, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(other, "hello", text, sizeof text));
    close(other);
    close_server(made);
}

static void viewers_of_a_drained_server_see_the_end(void **state) {
    (void) state;
    fixture *made = open_server(1, NULL);
    char text[1024];
    int viewer = dial(made);
    say(viewer, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(viewer, "data: first", text, sizeof text));
    int idle = dial(made);
    assert_int_equal(vt_server_drain(made->server, 5000), 0);
    assert_false(hear(viewer, NULL, text, sizeof text));
    assert_non_null(strstr(text, "0\r\n\r\n"));
    assert_false(hear(idle, NULL, text, sizeof text));
    close(viewer);
    close(idle);
    close_server(made);
}

typedef struct load {
    const fixture *made;
    atomic_uint answered;
    atomic_uint broken;
} load;

/* Requests on one connection after another until the server takes no more. */
static void *run_load(void *context) {
    load *shared = context;
    bool is_over = false;
    while (!is_over) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const struct sockaddr *address = (const struct sockaddr *) &shared->made->address;
        is_over = connect(fd, address, sizeof shared->made->address) != 0;
        char text[1024] = "";
        bool is_open = !is_over;
        while (is_open) {
            text[0] = '\0';
            const char *request = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
            bool is_sent = send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t) strlen(request);
            is_open = is_sent && hear(fd, "\r\n\r\nabc", text, sizeof text);
            if (is_open) {
                atomic_fetch_add(&shared->answered, 1);
            } else if (text[0] != '\0') {
                atomic_fetch_add(&shared->broken, 1); /* an answer that stopped half-way */
            }
            is_open = is_open && strstr(text, "connection: close") == NULL;
        }
        close(fd);
    }
    return NULL;
}

static void a_drain_under_load_breaks_no_answer(void **state) {
    (void) state;
    enum { CLIENTS = 8, WARM = 500 };
    fixture *made = open_server(2, NULL);
    load shared = {.made = made};
    pthread_t threads[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_load, &shared), 0);
    }
    while (atomic_load(&shared.answered) < WARM) {
        usleep(1000);
    }
    assert_int_equal(vt_server_drain(made->server, 10000), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&shared.broken), 0);
    close_server(made);
}

static void a_drain_gives_up_after_its_time(void **state) {
    (void) state;
    fixture *made = open_server(1, NULL);
    int fd = dial(made);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
    assert_int_equal(vt_server_drain(made->server, 300), 0); /* the request was never accepted whole */
    close(fd);
    close_server(made);
}

typedef struct drain {
    vt_server *server;
    uint32_t timeout_ms;
    uint32_t unserved;
} drain;

static void *run_drain(void *context) {
    drain *one = context;
    one->unserved = vt_server_drain(one->server, one->timeout_ms);
    return NULL;
}

static void a_request_that_crosses_the_close_is_not_reset(void **state) {
    (void) state;
    fixture *made = open_server(1, NULL);
    char text[1024];
    int fd = dial(made);
    say(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(fd, "hello", text, sizeof text));
    drain one = {made->server, 5000, 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_drain, &one), 0);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1); /* the server has closed its side */
    say(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(recv(fd, text, sizeof text, 0), 0);
    int error = 0;
    socklen_t len = sizeof error;
    usleep(50000); /* a reset would be here by now */
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    assert_int_equal(error, 0);
    close(fd);
    pthread_join(thread, NULL);
    assert_int_equal(one.unserved, 0);
    close_server(made);
}

/* An HTTP/2 connection with a request to /echo whose body lacks its last byte; the fields are literals (RFC 7541
 * §6.2.2). */
static const char half_http2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                 "\0\0\0\4\0\0\0\0\0"
                                 "\0\0\x37\1\4\0\0\0\1"
                                 "\0\7:method\4POST\0\7:scheme\4http\0\5:path\5/echo\0\12:authority\1a"
                                 "\0\0\1\0\0\0\0\0\1x";
static const char rest_http2[] = "\0\0\1\0\1\0\0\0\1y";
static const char half_http1[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx";

static void say_bytes(int fd, const char *bytes, size_t len) {
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

/* Reads until these bytes were seen; false when the peer has closed. */
static bool hear_bytes(int fd, const char *wanted, size_t len) {
    char bytes[1024];
    size_t got = 0;
    while (got < sizeof bytes) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        ssize_t more = poll(&waiting, 1, PATIENCE_MS) == 1 ? recv(fd, bytes + got, sizeof bytes - got, 0) : -1;
        if (more <= 0) {
            return false;
        }
        got += (size_t) more;
        if (memmem(bytes, got, wanted, len) != NULL) {
            return true;
        }
    }
    return false;
}

/* The rest of both requests comes when the drain has given up, as long as the server has not closed. */
static void assert_nobody_is_called_after_a_drain(uint32_t timeout_ms) {
    fixture *made = open_server(2, NULL);
    int whole = dial(made);
    say_bytes(whole, half_http2, sizeof half_http2 - 1);
    say_bytes(whole, rest_http2, sizeof rest_http2 - 1);
    assert_true(hear_bytes(whole, "xy", 2));
    close(whole);
    int http1 = dial(made);
    int http2 = dial(made);
    say(http1, half_http1);
    say_bytes(http2, half_http2, sizeof half_http2 - 1);
    struct pollfd waiting = {.fd = http2, .events = POLLIN};
    assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1); /* its SETTINGS: the session is there */
    atomic_store(&echo_calls_count, 0);
    assert_int_equal(vt_server_drain(made->server, timeout_ms), 0);
    bool is_sent = send(http1, "y", 1, MSG_NOSIGNAL) == 1;
    is_sent = send(http2, rest_http2, sizeof rest_http2 - 1, MSG_NOSIGNAL) > 0 && is_sent;
    (void) is_sent; /* a connection may be closed already */
    usleep(100000); /* nothing tells that something will not happen */
    assert_int_equal(atomic_load(&echo_calls_count), 0);
    close_server(made);
    close(http1);
    close(http2);
}

static void nobody_is_called_after_a_drain(void **state) {
    (void) state;
    assert_nobody_is_called_after_a_drain(0);
    assert_nobody_is_called_after_a_drain(50);
    assert_nobody_is_called_after_a_drain(400);
}

static void metrics_count_what_happened(void **state) {
    (void) state;
    fixture *made = open_server(1, NULL);
    char text[4096];
    int fd = dial(made);
    say(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(fd, "not_found", text, sizeof text));
    assert_int_equal(vt_server_drain(made->server, 5000), 0); /* the loop adds its counts in its next turn */
    vt_buf out;
    const char *page;
    vt_buf_init(&out, 1 << 20);
    assert_int_equal(vt_metrics_render(made->metrics, &out), VT_OK);
    assert_int_equal(vt_buf_cstr(&out, &page), VT_OK);
    assert_non_null(strstr(page, "votaton_connections_total{listener=\"test\"} 1\n"));
    assert_non_null(strstr(page, "votaton_requests_total{listener=\"test\",protocol=\"http1\",outcome=\"ok\"} 1\n"));
    assert_non_null(
        strstr(page, "votaton_requests_total{listener=\"test\",protocol=\"http1\",outcome=\"client_error\"} 1\n"));
    vt_buf_release(&out);
    close(fd);
    close_server(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_on_every_thread),
        cmocka_unit_test(a_port_in_use_is_refused),
        cmocka_unit_test(connections_beyond_the_limit_are_turned_away),
        cmocka_unit_test(a_slow_reader_is_cut_and_nobody_else),
        cmocka_unit_test(viewers_of_a_drained_server_see_the_end),
        cmocka_unit_test(a_drain_under_load_breaks_no_answer),
        cmocka_unit_test(a_drain_gives_up_after_its_time),
        cmocka_unit_test(a_request_that_crosses_the_close_is_not_reset),
        cmocka_unit_test(nobody_is_called_after_a_drain),
        cmocka_unit_test(metrics_count_what_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
