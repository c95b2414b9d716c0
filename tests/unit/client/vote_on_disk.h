/* A file that holds one vote for "A". */
#ifndef VT_TEST_CLIENT_VOTE_ON_DISK_H
#define VT_TEST_CLIENT_VOTE_ON_DISK_H

#include "base/assert.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char vt_test_vote_path[] = "/tmp/vt-vote-XXXXXX";

/* Made at the first call. */
static inline const char *vt_test_vote_on_disk(void) {
    static bool is_made;
    if (!is_made) {
        is_made = true;
        int fd = mkstemp(vt_test_vote_path);
        VT_ASSERT(fd >= 0);
        FILE *file = fdopen(fd, "w");
        fputs("{\"name\":\"A\",\"album\":\"a\",\"year\":\"1\",\"rank\":\"2\"}\n", file);
        fclose(file);
    }
    return vt_test_vote_path;
}

/* A cmocka tear-down. */
static inline int vt_test_remove_vote(void **state) {
    (void) state;
    unlink(vt_test_vote_path);
    return 0;
}

#endif
