/* Without file descriptors or memory the server turns new connections away, serves the others, and recovers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "echo_routes.h"

#include "net/server.h"
#include "net/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define GET "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

enum { PATIENCE_MS = 10000, THREADS = 2, CLIENTS = 24, DESCRIPTORS = 128, CALM_MS = 500 };

static atomic_bool has_no_memory;

void *__real_calloc(size_t count, size_t len);
void *__wrap_calloc(size_t count, size_t len);

/* The linker's --wrap: connections cannot be allocated while has_no_memory is set. */
void *__wrap_calloc(size_t count, size_t len) {
    return atomic_load(&has_no_memory) && len == sizeof(vt_tcp) ? NULL : __real_calloc(count, len);
}

typedef struct fixture {
    vt_router *router;
    vt_metrics *metrics;
    vt_server *server;
    struct sockaddr_in address;
    int fillers[DESCRIPTORS];
    unsigned fillers_count;
} fixture;

static vt_err try_open(fixture *made, char reason[VT_SERVER_REASON_MAX]) {
    vt_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = THREADS,
        .router = made->router,
        .metrics = made->metrics,
        .name = "test",
        .limits = vt_server_limits_default(),
    };
    return vt_server_open(&options, &made->server, reason);
}

static int set_up(void **state) {
    fixture *made = calloc(1, sizeof *made);
    assert_non_null(made);
    vt_route_table table = echo_routes(NULL);
    assert_int_equal(vt_router_open(&table, 1, &made->router), VT_OK);
    assert_int_equal(vt_metrics_open(&made->metrics), VT_OK);
    *state = made;
    return 0;
}

static void start(fixture *made) {
    char reason[VT_SERVER_REASON_MAX];
    assert_int_equal(try_open(made, reason), VT_OK);
    made->address.sin_family = AF_INET;
    made->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    made->address.sin_port = htons((uint16_t) atoi(strrchr(vt_server_address(made->server), ':') + 1));
}

static void free_descriptors(fixture *made, unsigned count) {
    for (; count > 0 && made->fillers_count > 0; count--) {
        close(made->fillers[--made->fillers_count]);
    }
}

static int tear_down(void **state) {
    fixture *made = *state;
    atomic_store(&has_no_memory, false);
    free_descriptors(made, DESCRIPTORS);
    vt_server_close(made->server);
    vt_router_close(made->router);
    vt_metrics_close(made->metrics);
    free(made);
    return 0;
}

/* Uses every descriptor up but `left`. */
static void use_descriptors(fixture *made, unsigned left) {
    int fd = 0;
    while (fd >= 0 && made->fillers_count < DESCRIPTORS) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            made->fillers[made->fillers_count++] = fd;
        }
    }
    assert_true(fd < 0);
    free_descriptors(made, left);
}

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

static void ask(const fixture *made, int fd) {
    assert_int_equal(connect(fd, (const struct sockaddr *) &made->address, sizeof made->address), 0);
    assert_int_equal(send(fd, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
}

/* Whether an answer with that status line comes. */
static bool hears(int fd, const char *wanted) {
    char text[1024];
    size_t len = 0;
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    while (len < strlen(wanted)) {
        ssize_t got = poll(&waiting, 1, PATIENCE_MS) == 1 ? recv(fd, text + len, sizeof text - len, 0) : -1;
        if (got <= 0) {
            return false;
        }
        len += (size_t) got;
    }
    return memcmp(text, wanted, strlen(wanted)) == 0;
}

static int64_t cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Everything that is short makes the same: 503 for the new ones, and work for the old one. */
static void assert_others_are_served(fixture *made, int old, int fds[CLIENTS]) {
    int64_t before = cpu_ms();
    for (int i = 0; i < CLIENTS; i++) {
        ask(made, fds[i]);
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_true(hears(fds[i], "HTTP/1.1 503 "));
        assert_int_equal(send(old, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
        assert_true(hears(old, "HTTP/1.1 200 "));
    }
    usleep(CALM_MS * 1000);
    assert_true(cpu_ms() - before < CALM_MS); /* a loop that spins takes all of it */
    for (int i = 0; i < CLIENTS; i++) {
        close(fds[i]);
    }
}

static void assert_recovers(fixture *made) {
    for (int i = 0; i < CLIENTS; i++) {
        int fd = open_socket();
        ask(made, fd);
        assert_true(hears(fd, "HTTP/1.1 200 "));
        close(fd);
    }
}

static void assert_refusals_are_counted(fixture *made) {
    vt_buf out;
    const char *page;
    vt_buf_init(&out, 1 << 20);
    assert_int_equal(vt_metrics_render(made->metrics, &out), VT_OK);
    assert_int_equal(vt_buf_cstr(&out, &page), VT_OK);
    const char *found = strstr(page, "votaton_connections_refused_total{listener=\"test\"} ");
    assert_non_null(found);
    assert_true(atoi(strchr(found, ' ')) >= CLIENTS);
    vt_buf_release(&out);
}

static void without_descriptors_others_are_served(void **state) {
    fixture *made = *state;
    start(made);
    int old = open_socket();
    ask(made, old);
    assert_true(hears(old, "HTTP/1.1 200 "));
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = open_socket();
    }
    use_descriptors(made, 0);
    assert_others_are_served(made, old, fds);
    free_descriptors(made, DESCRIPTORS);
    assert_refusals_are_counted(made);
    assert_recovers(made);
    close(old);
}

static void without_memory_others_are_served(void **state) {
    fixture *made = *state;
    start(made);
    int old = open_socket();
    ask(made, old);
    assert_true(hears(old, "HTTP/1.1 200 "));
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = open_socket();
    }
    atomic_store(&has_no_memory, true);
    assert_others_are_served(made, old, fds);
    atomic_store(&has_no_memory, false);
    assert_refusals_are_counted(made);
    assert_recovers(made);
    close(old);
}

static void a_start_without_descriptors_says_why(void **state) {
    fixture *made = *state;
    char reason[VT_SERVER_REASON_MAX] = "";
    use_descriptors(made, 1); /* enough to bind */
    assert_int_equal(try_open(made, reason), VT_ERR_SYSTEM);
    assert_null(made->server);
    free_descriptors(made, DESCRIPTORS);
    assert_memory_equal(reason, "cannot listen on 127.0.0.1:", 27);
    assert_true(reason[27] >= '1' && reason[27] <= '9');
    assert_non_null(strstr(reason, ": Too many open files"));
}

int main(void) {
    const struct rlimit few = {DESCRIPTORS, DESCRIPTORS};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_descriptors_others_are_served, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_others_are_served, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_without_descriptors_says_why, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
