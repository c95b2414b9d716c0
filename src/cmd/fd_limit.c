#include "cmd/fd_limit.h"

#include <sys/resource.h>

static uint32_t connections_that_fit(rlim_t files, uint32_t connections_max) {
    rlim_t left = files >= 2 * VT_FD_LIMIT_RESERVE ? files - VT_FD_LIMIT_RESERVE : files / 2;
    if (left >= connections_max) {
        return connections_max;
    }
    return left == 0 ? 1 : (uint32_t) left;
}

uint32_t vt_fd_limit_raise(uint32_t connections_max) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return connections_max; /* a kernel that does not tell; the listener copes with what comes */
    }
    rlim_t wanted = (rlim_t) connections_max + VT_FD_LIMIT_RESERVE;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max,
                                .rlim_max = limit.rlim_max};
        limit = setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit;
    }
    return connections_that_fit(limit.rlim_cur, connections_max);
}
