#include "port_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOWEST = 10000, ATTEMPTS_MAX = 1000 };

/* The first port that outgoing connections use. */
static uint32_t ceiling(void) {
    unsigned first = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &first), 1);
    fclose(file);
    assert_in_range(first, LOWEST + ATTEMPTS_MAX, UINT16_MAX);
    return first;
}

/* What a killed server's connections left behind does not count, as the servers see it. */
static bool is_free(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int reuse = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse), 0);
    bool is_it = bind(fd, (struct sockaddr *) &address, sizeof address) == 0;
    close(fd);
    return is_it;
}

uint16_t port_kit_free(void) {
    uint32_t end = ceiling();
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        uint32_t random;
        assert_int_equal(getrandom(&random, sizeof random, 0), sizeof random);
        uint16_t port = (uint16_t) (LOWEST + random % (end - LOWEST));
        if (is_free(port)) {
            return port;
        }
    }
    fail_msg("no free port between %d and %u", LOWEST, end);
    return 0;
}
