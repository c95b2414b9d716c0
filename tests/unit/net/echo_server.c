/* A server for load tools and conformance suites: answers at once, later, and in streams.
 *
 *   echo_server HOST:PORT [threads]      prints its address; SIGTERM drains, then ends it
 *
 * HTTP: GET / and /hello, POST /echo (the body), POST /later (the body, from another thread), GET /events (a stream).
 * gRPC: /test.Echo/Unary, /test.Echo/Later, /test.Echo/Stream.
 */
#include "net/loop.h"
#include "net/server.h"
#include "net/stream.h"

#include "echo_routes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: echo_server HOST:PORT [threads]\n");
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);

    echo_later *later = echo_later_open();
    vt_route_table table = echo_routes(later);
    vt_router *router = NULL;
    vt_metrics *metrics = NULL;
    vt_server *server = NULL;
    char reason[VT_SERVER_REASON_MAX];
    if (vt_router_open(&table, 1, &router) != VT_OK || vt_metrics_open(&metrics) != VT_OK) {
        return 1;
    }
    vt_server_options options = {
        .listen = argv[1],
        .threads = argc > 2 ? (uint32_t) atoi(argv[2]) : 1,
        .router = router,
        .metrics = metrics,
        .name = "echo",
        .limits = vt_server_limits_default(),
    };
    if (vt_server_open(&options, &server, reason) != VT_OK) {
        fprintf(stderr, "%s\n", reason);
        return 1;
    }
    printf("%s\n", vt_server_address(server));
    fflush(stdout);
    int signal_number;
    sigwait(&ends, &signal_number);
    uint32_t unserved = vt_server_drain(server, 5000);
    echo_later_close(later);
    vt_server_close(server);
    vt_router_close(router);
    vt_metrics_close(metrics);
    return unserved == 0 ? 0 : 1;
}
