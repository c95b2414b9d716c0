#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/fd_limit.h"

#include <sys/resource.h>

static void set(rlim_t soft, rlim_t hard) {
    const struct rlimit limit = {soft, hard};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t soft_limit(void) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

/* One after the other, as a hard limit can only fall. */
static void the_soft_limit_follows_as_far_as_the_hard_one_lets_it(void **state) {
    (void) state;
    struct rlimit first;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &first), 0);
    if (first.rlim_max < 4096) {
        print_message("skipped: the hard limit of open files is below 4096\n");
        skip();
    }
    set(100, 4096);
    assert_int_equal(vt_fd_limit_raise(2000), 2000);
    assert_int_equal(soft_limit(), 2000 + VT_FD_LIMIT_RESERVE);
    assert_int_equal(vt_fd_limit_raise(1000), 1000);
    assert_int_equal(soft_limit(), 2000 + VT_FD_LIMIT_RESERVE); /* never lowered */
    assert_int_equal(vt_fd_limit_raise(20000), 4096 - VT_FD_LIMIT_RESERVE);
    assert_int_equal(soft_limit(), 4096);
    set(100, 100);
    assert_int_equal(vt_fd_limit_raise(20000), 50);
    assert_int_equal(vt_fd_limit_raise(10), 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_soft_limit_follows_as_far_as_the_hard_one_lets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
