/* The life of a role, in a process of its own: it is asked over its listeners, gets signals, and ends with a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../web/http_client.h"
#include "cmd/service.h"
#include "port_kit.h"

enum { WAIT_MS = 20000, STEP_US = 10000 };

/* What the test and the process of the role share. */
typedef struct stage {
    atomic_int connect_err; /* what connect says */
    atomic_int open_err;
    atomic_bool fails; /* the role breaks once it is ready */
    atomic_int connects;
    atomic_int steps[4]; /* connect, open, stop, close: when each was called last */
    atomic_int clock;
    vt_service *service;
} stage;

enum { CONNECT, OPEN, STOP, CLOSE };

static stage *shared;
static http_client *client;
static char public_address[32];
static char admin_address[32];
static pid_t child;

static void note(stage *self, int step) {
    atomic_store(&self->steps[step], atomic_fetch_add(&self->clock, 1) + 1);
}

static vt_err role_connect(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    stage *self = context;
    (void) service;
    note(self, CONNECT);
    atomic_fetch_add(&self->connects, 1);
    snprintf(reason, VT_SERVICE_REASON_MAX, "other: is away");
    return (vt_err) atomic_load(&self->connect_err);
}

static vt_err role_open(void *context, vt_service *service, char reason[VT_SERVICE_REASON_MAX]) {
    stage *self = context;
    note(self, OPEN);
    self->service = service;
    snprintf(reason, VT_SERVICE_REASON_MAX, "cannot open");
    return (vt_err) atomic_load(&self->open_err);
}

static void answer(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    vt_reply_http(reply,
                  &(vt_http_answer){.status = 200, .content_type = VT_SLICE("text/plain"), .body = VT_SLICE("votes")});
}

static void answer_too_early(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    vt_reply_http(reply,
                  &(vt_http_answer){.status = 503, .content_type = VT_SLICE("text/html"), .body = VT_SLICE("soon")});
}

static vt_route_table role_waiting(void) {
    static const vt_route route = {.kind = VT_ROUTE_NO_PAGE, .handle = answer_too_early};
    return (vt_route_table){&route, 1, NULL};
}

static uint32_t role_routes(void *context, vt_route_table tables[VT_LISTENERS_TABLES_MAX]) {
    static const vt_route route = {VT_ROUTE_HTTP, "GET", "/votes", 0, answer, NULL};
    tables[0] = (vt_route_table){&route, 1, context};
    return 1;
}

static void role_state(void *context, vt_admin_state *out) {
    const stage *self = context;
    const vt_contest contest = {.name = VT_SLICE("the contest"), .version = 3, .partitions = 6};
    out->ledger = atomic_load(&self->steps[OPEN]) > 0 ? "kafka" : "too early";
    vt_service_state_contest(out, &contest);
}

static void role_ready(void *context, const char *address, const char *admin) {
    stage *self = context;
    (void) address;
    (void) admin;
    if (atomic_load(&self->fails)) {
        vt_service_fail(self->service, "worker_failed", VT_ERR_CORRUPT, "the store is damaged");
    }
}

static void role_stop(void *context) {
    note(context, STOP);
}

static void role_close(void *context) {
    note(context, CLOSE);
}

static void pick_address(char out[32]) {
    snprintf(out, 32, "127.0.0.1:%u", (unsigned) port_kit_free());
}

static const vt_role whole = {
    .needs = "other",
    .connect = role_connect,
    .open = role_open,
    .waiting = role_waiting,
    .routes = role_routes,
    .state = role_state,
    .ready = role_ready,
    .stop = role_stop,
    .close = role_close,
};

static const char *environment(void *context, const char *name) {
    (void) context;
    (void) name;
    return NULL;
}

/* Starts the role in a process of its own. */
static void start(vt_role role, bool is_public) {
    static vt_config config;
    char reason[VT_CONFIG_REASON_MAX];
    const char *const argv[] = {"--ledger=kafka://h:1/t", "--admin-listen",   admin_address, "--threads=2",
                                "--drain-timeout=1s",     "--log-level=error"};
    assert_int_equal(
        vt_config_parse(VT_COMMAND_INGEST, sizeof argv / sizeof *argv, argv, environment, NULL, &config, reason),
        VT_OK);
    role.listen = is_public ? public_address : NULL;
    role.routes = is_public ? role.routes : NULL;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(vt_service_run(&config, &role, shared));
    }
}

/* The status of a GET; 0 when nobody listens. */
static int get(const char *address, const char *target) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t) atoi(strchr(address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_there = connect(fd, (const struct sockaddr *) &to, sizeof to) == 0;
    close(fd);
    return is_there ? http_client_fetch(client, address, target, "") : 0;
}

static void wait_for(const char *address, const char *target, int status) {
    int got = -1;
    for (int waited_us = 0; got != status && waited_us < WAIT_MS * 1000; waited_us += STEP_US) {
        got = get(address, target);
        if (got != status) {
            usleep(STEP_US);
        }
    }
    assert_int_equal(got, status);
}

static void assert_exit(int code) {
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    child = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
    assert_true(atomic_load(&shared->steps[STOP]) > 0);
    assert_true(atomic_load(&shared->steps[CLOSE]) > atomic_load(&shared->steps[STOP]));
}

static int open_stage(void **state) {
    (void) state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    client = calloc(1, sizeof *client);
    pick_address(public_address);
    pick_address(admin_address);
    return shared == MAP_FAILED || client == NULL;
}

static int close_stage(void **state) {
    (void) state;
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        child = 0;
    }
    free(client);
    return munmap(shared, sizeof *shared);
}

static void test_waits_for_others_and_says_so(void **state) {
    (void) state;
    atomic_store(&shared->connect_err, VT_ERR_BUSY);
    start(whole, true);
    wait_for(public_address, "/livez", 200);
    wait_for(public_address, "/readyz", 503);
    for (int i = 0; i < WAIT_MS && atomic_load(&shared->connects) < 2; i++) {
        usleep(1000);
    }
    assert_int_equal(get(public_address, "/readyz"), 503);
    assert_non_null(strstr(http_client_body(client), "other: is away"));
    assert_int_equal(get(public_address, "/votes"), 503);
    assert_true(http_client_has_header(client, "retry-after: 1"));
    assert_non_null(strstr(http_client_body(client), "\"code\":\"busy\""));
    assert_int_equal(http_client_fetch(client, public_address, "/votes", "Accept: text/html\r\n"), 503);
    assert_string_equal(http_client_body(client), "soon");
    assert_int_equal(get(admin_address, "/readyz"), 503);
    assert_int_equal(get(admin_address, "/metrics"), 200);
    assert_int_equal(get(admin_address, "/status"), 200);
    assert_non_null(strstr(http_client_body(client), "\"role\":\"ingest\""));
    assert_null(strstr(http_client_body(client), "too early"));
    assert_int_equal(atomic_load(&shared->steps[OPEN]), 0);
    atomic_store(&shared->connect_err, VT_OK);
    wait_for(public_address, "/readyz", 200);
    assert_int_equal(get(public_address, "/votes"), 200);
    assert_string_equal(http_client_body(client), "votes");
    assert_int_equal(http_client_fetch(client, public_address, "/nothing", "Accept: text/html\r\n"), 404);
    assert_int_equal(get(public_address, "/nothing"), 404);
    assert_int_equal(get(admin_address, "/status"), 200);
    assert_non_null(strstr(http_client_body(client), "\"partitions\":6"));
    kill(child, SIGTERM);
    assert_exit(VT_EXIT_OK);
}

static void test_a_signal_ends_the_wait(void **state) {
    (void) state;
    atomic_store(&shared->connect_err, VT_ERR_BUSY);
    start(whole, false);
    wait_for(admin_address, "/readyz", 503);
    kill(child, SIGTERM);
    assert_exit(VT_EXIT_OK);
    assert_int_equal(atomic_load(&shared->steps[OPEN]), 0);
}

static void test_what_cannot_become_right_ends_it(void **state) {
    (void) state;
    atomic_store(&shared->connect_err, VT_ERR_OTHER_LEDGER);
    start(whole, true);
    assert_exit(VT_EXIT_FAILED);
    assert_int_equal(atomic_load(&shared->connects), 1);
    assert_int_equal(atomic_load(&shared->steps[OPEN]), 0);
}

static void test_without_others_it_opens_at_once(void **state) {
    (void) state;
    vt_role alone = whole;
    alone.connect = NULL;
    start(alone, true);
    wait_for(public_address, "/votes", 200);
    assert_int_equal(get(public_address, "/readyz"), 200);
    kill(child, SIGINT);
    assert_exit(VT_EXIT_OK);
    atomic_store(&shared->open_err, VT_ERR_GONE);
    start(alone, true);
    assert_exit(VT_EXIT_OK);
    atomic_store(&shared->open_err, VT_ERR_BUSY);
    start(alone, true);
    assert_exit(VT_EXIT_FAILED);
}

static void test_a_role_that_breaks_ends_with_a_code(void **state) {
    (void) state;
    atomic_store(&shared->fails, true);
    start(whole, false);
    assert_exit(VT_EXIT_FAILED);
    assert_true(atomic_load(&shared->steps[OPEN]) > 0);
}

static void test_an_address_in_use_ends_it(void **state) {
    (void) state;
    strcpy(public_address, admin_address);
    start(whole, true);
    assert_exit(VT_EXIT_FAILED);
    assert_int_equal(atomic_load(&shared->connects), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_waits_for_others_and_says_so),        TEST(test_a_signal_ends_the_wait),
        TEST(test_what_cannot_become_right_ends_it),    TEST(test_without_others_it_opens_at_once),
        TEST(test_a_role_that_breaks_ends_with_a_code), TEST(test_an_address_in_use_ends_it),
    };
    return cmocka_run_group_tests_name("cmd/service", tests, NULL, NULL);
}
