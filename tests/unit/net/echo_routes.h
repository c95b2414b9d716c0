/* Routes that the tests of the network engine share. */
#ifndef VT_TEST_ECHO_ROUTES_H
#define VT_TEST_ECHO_ROUTES_H

#include "net/router.h"

#include <stdatomic.h>

/* A thread that answers requests later. */
typedef struct echo_later echo_later;

echo_later *echo_later_open(void);
void echo_later_close(echo_later *later); /* answers what waits, joins */

/* `later` NULL: the …/later routes keep their replies in echo_kept instead. */
vt_route_table echo_routes(echo_later *later);

enum { ECHO_KEPT_MAX = 64, ECHO_BODY_BYTES_MAX = 4096 };

/* Replies that were kept, for tests that answer by hand. */
typedef struct echo_kept {
    vt_reply replies[ECHO_KEPT_MAX];
    unsigned count;
    unsigned half_closed;
} echo_kept;

extern echo_kept echo_kept_now;

/* How often a handler was called, on all loops. */
extern atomic_uint echo_calls_count;

#endif
