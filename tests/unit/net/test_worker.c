/* A worker that the test turns by hand: what was answered before the end is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "echo_routes.h"

#include "net/listen.h"
#include "net/worker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS_MAX = 1000 };

static vt_worker *open_worker(const vt_router *router, vt_worker_shared *shared, struct sockaddr_in *address) {
    char reason[VT_SERVER_REASON_MAX];
    vt_listen_address bound;
    int fd;
    assert_int_equal(vt_listen_parse("127.0.0.1:0", &bound, reason), VT_OK);
    assert_int_equal(vt_listen_bind(&bound, &fd, reason), VT_OK);
    socklen_t len = sizeof *address;
    assert_int_equal(getsockname(fd, (struct sockaddr *) address, &len), 0);
    vt_worker *worker = calloc(1, sizeof *worker);
    assert_non_null(worker);
    vt_loop_options options = {.router = router, .limits = vt_server_limits_default(), .name = "test"};
    int error = 0;
    assert_int_equal(vt_worker_open(worker, options, shared, fd, &error), VT_OK);
    return worker;
}

static void the_last_answers_are_sent_before_the_end(void **state) {
    (void) state;
    echo_kept_now = (echo_kept){0};
    vt_route_table table = echo_routes(NULL);
    vt_router *router;
    assert_int_equal(vt_router_open(&table, 1, &router), VT_OK);
    vt_worker_shared shared = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct sockaddr_in address;
    vt_worker *worker = open_worker(router, &shared, &address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *) &address, sizeof address), 0);
    const char request[] = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    for (int i = 0; i < TURNS_MAX && echo_kept_now.count == 0; i++) {
        uv_run(&worker->uv, UV_RUN_ONCE);
    }
    assert_int_equal(echo_kept_now.count, 1);
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("a/b"), .body = VT_SLICE("the last")};
    vt_reply_http(echo_kept_now.replies[0], &answer);
    vt_worker_close(worker);
    char text[1024];
    ssize_t len = recv(fd, text, sizeof text, 0);
    assert_true(len > 0);
    assert_non_null(memmem(text, (size_t) len, "the last", strlen("the last")));
    close(fd);
    free(worker);
    vt_router_close(router);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_answers_are_sent_before_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
